// postrider bounce …: what came back, read by hand, looked at and decided.
#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <iostream>
#include <map>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/rates.h"
#include "daemon/commands/reader.h"
#include "daemon/mail_files.h"
#include "daemon/returns.h"
#include "daemon/webhooks/arrival.h"
#include "mail/message.h"
#include "store/read_reports.h"
#include "store/reports.h"

namespace postrider::daemon::commands {

namespace {

using mail::Finding;
using mail::ReportKind;

struct Arguments {
  std::string path;
  std::string name;
  std::string report;
  std::vector<std::int64_t> reports;
  std::string older_than;
  store::BounceFilter filter;
  std::string kind;
  bool unrecognised = false;
  bool raw = false;
  bool suppress = false;
  bool json = false;
};

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json json_finding(const Finding& finding) {
  return {{"recipient", or_null(finding.recipient)},
          {"status", or_null(finding.status)},
          {"code", finding.code == 0 ? Json() : Json(finding.code)},
          {"kind", kind_name(finding.kind)},
          {"reason", or_null(finding.reason)},
          {"text", finding.text},
          {"rule", or_null(finding.rule)}};
}

/// "550 5.1.1", "-"
std::string digits_of(const Finding& finding) {
  std::string digits = finding.code == 0 ? "" : std::to_string(finding.code);
  if (!finding.status.empty()) digits += (digits.empty() ? "" : " ") + finding.status;
  return digits.empty() ? "-" : digits;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : printable(text); }

/// The same reading as of what arrives; written as it is read.
class Classification {
 public:
  explicit Classification(bool json) : json_(json) {
    if (json_) std::cout << "[";
  }

  void add(const std::string& file, std::string_view message) {
    const auto report = mail::read_report(mail::read_message(message));
    for (const auto& finding : report.findings) {
      if (json_)
        add_json(file, report, finding);
      else
        add_line(file, finding);
    }
  }

  void end() const {
    if (json_) std::cout << (rows_ == 0 ? "]" : "\n]") << "\n";
    if (!json_ && rows_ == 0) std::cerr << "no message there\n";
  }

 private:
  void add_json(const std::string& file, const mail::Report& report, const Finding& finding) {
    Json one{{"file", printable(file)}};
    one.update(json_finding(finding));
    one["from_person"] = report.from_person;
    std::cout << (rows_++ == 0 ? "\n" : ",\n")
              << one.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void add_line(const std::string& file, const Finding& finding) {
    const auto row = [](std::string_view recipient, std::string_view kind, std::string_view digits,
                        std::string_view reason, std::string_view name) {
      return padded(recipient, 36) + "  " + padded(kind, 12) + "  " + padded(digits, 10) + "  " +
             padded(reason, 16) + "  " + std::string(name);
    };
    if (rows_++ == 0)
      std::cout << coloured(row("RECIPIENT", "KIND", "CODE", "REASON", "FILE"), "1") << "\n";
    std::cout << row(or_dash(finding.recipient), kind_name(finding.kind), digits_of(finding),
                     or_dash(finding.reason), printable(file))
              << "\n";
    const auto rule = finding.rule.empty() ? "" : " [" + finding.rule + "]";
    if (!finding.text.empty())
      std::cout << "  " << coloured(fitting(finding.text + rule, 110), "2") << "\n";
  }

  const bool json_;
  std::int64_t rows_ = 0;
};

int classify(const Common&, const Arguments& args) {
  Classification classification(args.json);
  value_of(each_message(args.path, [&](const std::string& name, std::string_view message) {
    classification.add(name, message);
  }));
  classification.end();
  return done;
}

std::string_view name_of(store::Filed taken) {
  switch (taken) {
    case store::Filed::known:
      return "known";
    case store::Filed::matched:
      return "matched";
    case store::Filed::left:
      return "left";
    case store::Filed::erased:
      return "erased";
    case store::Filed::kept:
      return "kept";
    case store::Filed::forwarded:
      return "forwarded";
    case store::Filed::asked:
      return "asked";
    case store::Filed::person:
      break;
  }
  return "replies";
}

struct CountName {
  std::string_view name, words;
};

/// In the order in which they are told.
constexpr auto count_names = std::to_array<CountName>({
    {"read", "read"},
    {"matched", "  about a mail of ours, and done"},
    {"left", "  asked to leave, and did"},
    {"forwarded", "  people's replies, sent on"},
    {"replies", "  people's replies, kept"},
    {"asked", "  may want to leave, and are asked"},
    {"erased", "  about an erased address, and not kept"},
    {"kept", "  not understood or of no mail of ours, kept"},
    {"known", "  read before"},
    {"skipped", "skipped"},
});

using Counts = std::map<std::string_view, std::int64_t>;

void print(Counts& counts, bool json) {
  if (json) {
    Json document = Json::object();
    for (const auto& each : count_names) document[std::string(each.name)] = counts[each.name];
    print_json(document);
    return;
  }
  Table table({{"MESSAGES"}, {"COUNT", Align::right}});
  for (const auto& each : count_names)
    table.add({std::string(each.words), with_thousands(counts[each.name])});
  table.print();
}

/// What reading needs beside the newsletter.
struct Reading {
  explicit Reading(Newsletter& newsletter)
      : keys(std::make_shared<const TokenKeys>(keys_of(newsletter.settings))),
        returns(newsletter.settings, keys, *newsletter.database),
        reports(*newsletter.database, bounce_policy(newsletter.settings)) {}

  static TokenKeys keys_of(const config::Settings& settings) {
    require_token_keys(settings);
    return value_of(TokenKeys::load_or_create(settings.storage.secrets));
  }

  std::shared_ptr<const TokenKeys> keys;
  Returns returns;
  store::Reports reports;
};

/// What is no message, or is not looked for one.
class Skipping {
 public:
  void add(const std::string& name, std::string_view why) {
    ++count_;
    const auto line = printable(name) + ": " + std::string(why);
    if (first_.empty()) first_ = line;
    if (count_ <= most_told_) lines_ += "skipped " + line + "\n";
  }

  /// Where nothing else is there.
  void refuse() const {
    if (count_ > 0) throw Refusal("there is no message; " + first_);
  }

  /// How many.
  std::int64_t tell() const {
    std::cerr << lines_;
    if (count_ > most_told_)
      std::cerr << "skipped " << with_thousands(count_ - most_told_) << " more\n";
    return count_;
  }

 private:
  static constexpr std::int64_t most_told_ = 20;
  std::int64_t count_ = 0;
  std::string first_, lines_;
};

int import(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  Reading reading(newsletter);
  Counts counts;
  Skipping skipping;
  auto& database = *newsletter.database;
  const auto take = [&](const std::string& name, std::string_view message) {
    if (const auto why = why_no_message(message); !why.empty()) return skipping.add(name, why);
    const auto arrival = reading.returns.read(message, "import");
    auto filed = store::Filed::known;
    bool is_new = false;
    database.transact([&] {
      const auto newest = store::newest_report(database);
      filed = reading.reports.take(arrival, newsletter.clock.now());
      is_new = store::newest_report(database) != newest;
    });
    ++counts["read"];
    ++counts[is_new ? name_of(filed) : "known"];
  };
  value_of(each_message(args.path, take, [&](const std::string& name, std::string_view why) {
    skipping.add(name, why);
  }));
  if (counts["read"] == 0) skipping.refuse();
  counts["skipped"] = skipping.tell();
  print(counts, args.json);
  return done;
}

int replay(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  Reading reading(newsletter);
  std::int64_t read = 0, changed = 0, last = 0;
  while (const auto kept = reading.reports.next_kept(last)) {
    last = kept->id;
    ++read;
    const auto provider = webhooks::provider_of(kept->source);
    const auto arrival = provider ? webhooks::read_kept(*provider, kept->message, reading.returns,
                                                        *newsletter.database)
                                  : std::optional(reading.returns.read(kept->message, "replay"));
    if (arrival) changed += reading.reports.replay(kept->id, *arrival, newsletter.clock.now());
  }
  if (args.json)
    print_json({{"read", read}, {"understood", changed}});
  else
    std::cout << counted(read, "kept message") << " read again, " << with_thousands(changed)
              << " of them understood now.\n";
  return done;
}

[[noreturn]] void refuse_report(const std::string& report) {
  throw Refusal("there is no report " + printable(report) +
                "; `postrider bounce list` shows those there are");
}

std::int64_t number_of(const std::string& report) {
  std::int64_t number = 0;
  const auto* const end = report.data() + report.size();
  if (const auto [last, error] = std::from_chars(report.data(), end, number);
      error != std::errc() || last != end)
    refuse_report(report);
  return number;
}

int undo(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  store::Reports reports(*newsletter.database, bounce_policy(newsletter.settings));
  const auto undone = value_of(reports.undo(number_of(args.report), newsletter.clock.now()));
  if (args.json) {
    print_json({{"report", number_of(args.report)},
                {"readers", undone.readers},
                {"standing", undone.standing}});
    return done;
  }
  std::cout << "Report " << args.report << " is taken back: ";
  if (undone.standing.empty())
    std::cout << (undone.readers == 0 ? "it had changed nothing"
                                      : "all that it had changed is as before");
  else
    std::cout << "report " << undone.standing.front()
              << " of the same mail stands, and what follows, follows by that";
  std::cout << ".\n";
  return done;
}

int forget(const Common& common, const Arguments& args) {
  if (args.reports.empty() == args.older_than.empty())
    throw Refusal("say which: the reports' numbers, or --older-than");
  const auto age =
      args.older_than.empty() ? Duration::zero() : value_of(parse_duration(args.older_than));
  Newsletter newsletter(common);
  store::Reports reports(*newsletter.database, bounce_policy(newsletter.settings));
  auto forgotten = static_cast<std::int64_t>(args.reports.size());
  if (args.reports.empty())
    forgotten = reports.forget_older(newsletter.clock.now() - age);
  else
    newsletter.database->transact([&] {
      for (const auto report : args.reports) value_of(reports.forget(report));
    });
  if (args.json)
    print_json({{"forgotten", forgotten}});
  else
    std::cout << counted(forgotten, "kept message") << " forgotten.\n";
  return done;
}

/// A domain as it is written, in ASCII; what is none, as it is.
std::string ascii_domain(const std::string& written) {
  const auto address = mail::parse_address("x@" + written);
  return address ? address->domain : to_lower(written);
}

[[noreturn]] void refuse_release(Newsletter& newsletter, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& breaker : store::Breakers(*newsletter.database).held())
    names.push_back(printable(breaker.name()));
  const bool known = newsletter.ledger.find_issue(name) ||
                     store::is_domain_of_readers(*newsletter.database, ascii_domain(name));
  throw Refusal((known ? "nothing is held back at " + printable(name)
                       : "there is no issue " + printable(name) + ", nor a reader at that domain") +
                "; " +
                (names.empty() ? "nowhere is anything held back now"
                               : "held back are: " + join(names, ", ")));
}

int release(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  store::Breakers breakers(*newsletter.database);
  const auto now = newsletter.clock.now();
  std::optional<store::Breakers::Released> released;
  newsletter.database->transact([&] {
    released = breakers.release(ascii_domain(args.name), args.suppress, now);
    if (!released) released = breakers.release(args.name, args.suppress, now);
  });
  if (!released) refuse_release(newsletter, args.name);
  const auto issue = newsletter.ledger.find_issue(released->breaker.issue);
  const bool paused = issue && issue->state == queue::IssueState::paused;
  if (args.json) {
    auto document = json_breaker(released->breaker);
    document.erase("withheld");
    document.update(
        {{"suppressed", args.suppress}, {"readers", released->readers}, {"paused", paused}});
    print_json(document);
    return done;
  }
  std::cout << printable(released->breaker.name()) << " is released; "
            << (args.suppress ? "suppressed: " : "mailed on: ")
            << counted(released->readers, "reader") << ".\n";
  if (paused)
    std::cout << "The issue is paused; `postrider issue resume " << issue->slug << "` goes on.\n";
  return done;
}

// Listing --------------------------------------------------------------------------------------

/// What became of the notice that was made of it; empty: none was.
std::string_view answer_of(const store::Bounce& bounce) {
  using queue::DeliveryState;
  if (bounce.answer.empty()) return {};
  const bool forward = bounce.answer == to_string(queue::NoticeKind::forward);
  switch (bounce.answer_state) {
    case DeliveryState::accepted:
      return forward ? "forwarded" : "asked";
    case DeliveryState::bounced:
    case DeliveryState::failed:
    case DeliveryState::cancelled:
      return forward ? "forward_failed" : "ask_failed";
    case DeliveryState::queued:
    case DeliveryState::claimed:
    case DeliveryState::sending:
    case DeliveryState::in_doubt:
      break;
  }
  return forward ? "forwarding" : "asking";
}

Json effects_of(const store::Bounce& bounce) {
  auto told = Json::array();
  const auto effects = bounce.effects;
  if (effects & store::effect::delivery) told.push_back("bounced");
  if (effects & store::effect::suppressed) told.push_back("suppressed");
  if (effects & store::effect::left) told.push_back("unsubscribed");
  if (effects & store::effect::withheld) told.push_back("withheld");
  if (effects == store::effect::counted) told.push_back("counted");
  if (const auto answer = answer_of(bounce); !answer.empty()) told.push_back(answer);
  return told;
}

std::string effects_in_words(const store::Bounce& bounce) {
  if (bounce.undone) return "taken back";
  std::vector<std::string> words;
  for (const auto& word : effects_of(bounce))
    words.push_back(replace_all(word.get<std::string>(), "_", " "));
  return words.empty() ? "-" : join(words, ", ");
}

Json to_json(const store::Bounce& bounce) {
  Json one{{"report", bounce.report ? Json(*bounce.report) : Json()},
           {"source", bounce.source},
           {"at", json_time(bounce.at)},
           {"email", or_null(bounce.email)},
           {"issue", or_null(bounce.issue)},
           {"notice", or_null(bounce.notice)}};
  one.update(json_finding(bounce.finding));
  one["effects"] = effects_of(bounce);
  one["undone"] = bounce.undone;
  return one;
}

store::BounceFilter filter_of(Newsletter& newsletter, const Arguments& args) {
  auto filter = args.filter;
  if (!filter.issue.empty()) filter.issue = newsletter.issue(filter.issue).slug;
  if (!filter.domain.empty()) filter.domain = ascii_domain(filter.domain);
  if (!filter.domain.empty() && !store::is_domain_of_readers(*newsletter.database, filter.domain))
    throw Refusal("there is no reader at " + printable(args.filter.domain));
  if (!filter.email.empty()) {
    const auto address = value_of(mail::parse_address(filter.email));
    find_reader(newsletter, filter.email);
    filter.email = address.canonical();
  }
  if (args.unrecognised) {
    filter.kind = ReportKind::unrecognised;
    filter.kept = true;
  }
  if (args.kind.empty()) return filter;
  filter.kind = mail::parse_kind(args.kind);
  if (!filter.kind)
    throw Refusal("--kind " + printable(args.kind) +
                  ": write hard, soft, policy, content, complaint, auto_reply, delayed or "
                  "unrecognised");
  return filter;
}

std::string row_of(std::string_view report, std::string_view time, std::string_view email,
                   std::string_view kind, std::string_view digits, std::string_view reason,
                   std::string_view issue, std::string_view effects) {
  return padded(report, 7) + "  " + padded(time, 21) + "  " + padded(email, 32) + "  " +
         padded(kind, 12) + "  " + padded(digits, 10) + "  " + padded(reason, 16) + "  " +
         padded(issue, 20) + "  " + std::string(effects);
}

/// A bounce as two lines, as `classify` has them: what it says of whom, and in which words.
std::string in_lines(const Newsletter& newsletter, const store::Bounce& bounce, bool whole) {
  const auto& finding = bounce.finding;
  auto second = "by " + bounce.source;
  if (!finding.recipient.empty()) second += ", of " + finding.recipient;
  if (!finding.text.empty()) second += ": " + finding.text;
  if (!finding.rule.empty()) second += " [" + finding.rule + "]";
  return row_of(bounce.report ? std::to_string(*bounce.report) : "-", newsletter.time(bounce.at),
                bounce.email.empty() ? "?" : printable(bounce.email), kind_name(finding.kind),
                digits_of(finding), or_dash(finding.reason),
                or_dash(bounce.issue.empty() ? bounce.notice : bounce.issue),
                effects_in_words(bounce)) +
         "\n  " + coloured(whole ? printable(second) : fitting(second, 150), "2") + "\n";
}

std::string head_of_rows() {
  return coloured(row_of("REPORT", "TIME", "READER", "KIND", "CODE", "REASON", "ISSUE", "EFFECT"),
                  "1") +
         "\n";
}

void list_as_text(Newsletter& newsletter, store::Bounces& bounces,
                  const store::BounceFilter& filter) {
  std::int64_t count = 0;
  bounces.each(filter, [&](const store::Bounce& bounce) {
    if (++count == 1) std::cout << head_of_rows();
    std::cout << in_lines(newsletter, bounce, false);
  });
  std::cout.flush();
  std::cerr << (count == filter.most ? "the newest " : "") << counted(count, "bounce") << "\n";
  if (count == 0 && !filter.email.empty())
    std::cerr
        << "`postrider bounce list --unmatched` shows what names an address without a proof\n";
  for (const auto& breaker : store::Breakers(*newsletter.database).held())
    std::cerr << breaker_in_words(breaker, newsletter) << "\n";
}

int list(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  store::Bounces bounces(*newsletter.database, bounce_policy(newsletter.settings));
  const auto filter = filter_of(newsletter, args);
  if (!args.json) {
    list_as_text(newsletter, bounces, filter);
    return done;
  }
  bool first = true;
  std::cout << "[";
  bounces.each(filter, [&](const store::Bounce& bounce) {
    std::cout << (std::exchange(first, false) ? "\n" : ",\n")
              << to_json(bounce).dump(-1, ' ', false, Json::error_handler_t::replace);
  });
  std::cout << (first ? "]" : "\n]") << "\n";
  return done;
}

// One report -----------------------------------------------------------------------------------

void print_message(const std::string& message) {
  for (const auto line : split(message, '\n'))
    std::cout << printable(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line) << "\n";
}

int show(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto policy = bounce_policy(newsletter.settings);
  const auto number = number_of(args.report);
  const auto report = store::Reports(*newsletter.database, policy).find(number);
  if (!report) refuse_report(args.report);
  if (args.raw) {
    if (!report->message) throw Refusal("the message of report " + args.report + " is not kept");
    std::cout << *report->message;
    return done;
  }
  std::vector<store::Bounce> all;
  store::Bounces(*newsletter.database, policy)
      .each({.report = number}, [&](const store::Bounce& one) { all.push_back(one); });
  if (args.json) {
    auto said = Json::array();
    for (const auto& bounce : all) said.push_back(to_json(bounce));
    print_json({{"report", number},
                {"source", report->source},
                {"at", json_time(report->at)},
                {"undone", report->undone},
                {"bounces", said},
                {"message", report->message ? Json(*report->message) : Json()}});
    return done;
  }
  std::cout << head_of_rows();
  for (const auto& bounce : all) std::cout << in_lines(newsletter, bounce, true);
  std::cout << "\n";
  if (report->message)
    print_message(*report->message);
  else
    std::cout << "Its message is not kept.\n";
  return done;
}

}  // namespace

void add_bounce(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<Arguments>();
  auto* bounce = app.add_subcommand("bounce", "What came back: reports, complaints, replies");
  bounce->require_subcommand(1);
  using Work = int (*)(const Common&, const Arguments&);
  const auto add_command = [&](const std::string& name, const std::string& text, Work work) {
    auto* added = bounce->add_subcommand(name, text);
    added->callback([&command, &common, args, work] {
      command = [&common, args, work] { return work(common, *args); };
    });
    return added;
  };
  const auto add_json = [&args](CLI::App* added) {
    added->add_flag("--json", args->json, "One JSON document instead of text");
    return added;
  };
  constexpr auto path =
      "A message, an mbox, a Maildir or a folder of messages; - reads one or an "
      "mbox from standard input";
  auto* listing =
      add_json(add_command("list", "What came back and what followed, the newest first", list));
  listing->add_option("--reader", args->filter.email, "Only of this reader")->type_name("EMAIL");
  listing->add_option("--issue", args->filter.issue, "Only of this issue")->type_name("SLUG");
  listing->add_option("--domain", args->filter.domain, "Only of readers at this domain")
      ->type_name("DOMAIN");
  auto* kind = listing->add_option("--kind", args->kind, "Only of this kind: hard, soft, policy, …")
                   ->type_name("KIND");
  listing->add_flag("--unmatched", args->filter.unmatched, "Only what is of no mail of ours");
  listing
      ->add_flag("--unrecognised", args->unrecognised, "Only what was not understood and is kept")
      ->excludes(kind);
  listing->add_flag("--kept", args->filter.kept, "Only of messages that are kept in full");
  listing->add_option("--limit", args->filter.most, "Only so many of them")
      ->type_name("NUMBER")
      ->check(CLI::PositiveNumber);
  auto* shown = add_json(
      add_command("show", "One report: what it says, what followed, and its message", show));
  shown->add_option("REPORT", args->report, "Its number, as `bounce list` shows it")->required();
  shown->add_flag("--raw", args->raw, "The message alone, octet by octet");
  add_json(add_command("import", "Reads messages as if they had come back", import))
      ->add_option("PATH", args->path, path)
      ->required();
  add_json(add_command("classify", "What each message says; nothing is kept, no settings needed",
                       classify))
      ->add_option("PATH", args->path, path)
      ->required();
  add_json(add_command("replay", "Judges again what was kept since it was not understood", replay));
  add_json(add_command("undo", "Takes back what a report did", undo))
      ->add_option("REPORT", args->report, "Its number, as `bounce list` shows it")
      ->required();
  auto* forgotten = add_json(add_command(
      "forget", "Lets go of messages that are kept in full, without reading them", forget));
  forgotten->add_option("REPORT", args->reports, "Their numbers, as `bounce list` shows them");
  forgotten->add_option("--older-than", args->older_than, "All that are kept for longer, as 90d")
      ->type_name("DURATION");
  auto* released = add_json(add_command(
      "release", "Decides where many readers of a domain or an issue were gone at once", release));
  released->add_option("NAME", args->name, "The domain, or the issue's slug")->required();
  released->add_flag("--suppress", args->suppress,
                     "Suppress them; without this they are mailed on");
}

}  // namespace postrider::daemon::commands
