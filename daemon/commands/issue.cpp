// postrider issue …: what was published, to whom, and what became of it.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/slots.h"
#include "base/text.h"
#include "base/time_zone.h"
#include "daemon/commands/command.h"
#include "daemon/commands/local_hours.h"
#include "daemon/commands/output.h"
#include "daemon/commands/rates.h"
#include "daemon/draft_slots.h"
#include "store/approvals.h"
#include "store/corrections.h"
#include "store/slots.h"
#include "templates/draft.h"

namespace postrider::daemon::commands {

namespace {

std::string state_of(const queue::Issue& issue) {
  return std::string(to_string(issue.state)) +
         (issue.missing && !issue.started_at ? " (no file)" : "");
}

std::string kind_mark(const queue::Issue& issue) {
  if (!issue.corrects.empty()) return " (erratum)";
  return issue.version > 1 ? " (amended)" : "";
}

Json to_json(const queue::Issue& issue, Instant now) {
  Json excluded = Json::object();
  for (const auto& [reason, readers] : issue.excluded) excluded[reason] = readers;
  Json document{{"slug", issue.slug},
                {"title", issue.title},
                {"state", to_string(issue.state)},
                {"note", issue.note},
                {"lists", issue.lists},
                {"segment", issue.segment.empty() ? Json(nullptr) : Json(issue.segment)},
                {"draft", issue.path},
                {"version", issue.version},
                {"corrects", issue.corrects.empty() ? Json(nullptr) : Json(issue.corrects)},
                {"missing", issue.missing}};
  document.update(json_sums(issue.sums));
  document.update({{"excluded", excluded},
                   {"scheduled_at", json_time(issue.scheduled_at)},
                   {"started_at", json_time(issue.started_at)},
                   {"undo_until", json_time(issue.can_be_undone_until(now))},
                   {"finished_at", json_time(issue.finished_at)}});
  return document;
}

/// Whether its time is one that its lists' slots gave it.
bool has_slot(const queue::Issue& issue, store::Database& database) {
  if (!issue.started_at && (issue.missing || issue.state == queue::IssueState::cancelled))
    return false;
  return issue.scheduled_at && store::Slots(database).goes_by_slot(issue.id);
}

Json to_json(const queue::Issue& issue, Newsletter& newsletter, Instant now) {
  auto document = to_json(issue, now);
  document["by_slot"] = has_slot(issue, *newsletter.database);
  document.update(json_local_hours(newsletter, issue));
  return document;
}

std::string_view approval_state(const queue::Issue& issue,
                                const std::optional<store::Approval>& given, bool is_required) {
  if (given) return given->stands() ? "approved" : "void";
  return is_required && !issue.started_at ? "waiting" : "none";
}

void add_approval(Json& document, const queue::Issue& issue, Newsletter& newsletter) {
  const auto given = store::Approvals(*newsletter.database).of(issue.id);
  document["approval"] = approval_state(issue, given, newsletter.needs_approval());
  document["approved_by"] = given ? Json(given->by) : Json();
  document["approved_at"] = given ? json_time(given->at) : Json();
  document["approval_void"] = given && !given->stands() ? Json(given->void_why) : Json();
}

/// Who said that it may go out, or what it waits for; empty: neither.
std::string approval_in_words(const queue::Issue& issue, Newsletter& newsletter) {
  const auto given = store::Approvals(*newsletter.database).of(issue.id);
  const auto wanted = newsletter.needs_approval() && !issue.started_at
                          ? "; `postrider approve " + issue.slug + "`"
                          : std::string();
  if (!given) return wanted.empty() ? "" : "none yet" + wanted;
  const auto whose = "by " + given->by + ", " + newsletter.time(given->at);
  if (given->stands()) return whose + ", version " + given->shown().version();
  return "void since " + newsletter.time(given->void_at) + ": " + given->void_why + " (it was " +
         whose + ")" + wanted;
}

/// Behind its state in the list.
std::string approval_mark(const queue::Issue& issue, const Newsletter& newsletter) {
  const bool waits =
      issue.ready && !issue.started_at &&
      (issue.state == queue::IssueState::scheduled || issue.state == queue::IssueState::draft);
  return waits && !newsletter.may_go(issue) ? ", not approved" : "";
}

std::optional<Instant> last_time(const queue::Issue& issue) {
  if (issue.finished_at) return issue.finished_at;
  return issue.started_at ? issue.started_at : issue.scheduled_at;
}

/// When it is to be sent: by local time from when to when.
std::string planned_time(const queue::Issue& issue, Newsletter& newsletter) {
  const auto local = local_hours(newsletter, issue);
  return local.empty() ? newsletter.time(issue.scheduled_at) : local;
}

std::string slot_mark(const queue::Issue& issue, store::Database& database) {
  return !issue.started_at && has_slot(issue, database) ? " (slot)" : "";
}

int list(const Common& common, bool json) {
  Newsletter newsletter(common);
  const auto issues = newsletter.issues();
  if (json) {
    auto array = Json::array();
    const auto now = newsletter.clock.now();
    for (const auto& issue : issues) {
      array.push_back(to_json(issue, newsletter, now));
      add_approval(array.back(), issue, newsletter);
    }
    print_json(array);
    return done;
  }
  newsletter.tell_unclaimed();
  Table table({{"SLUG"},
               {"STATE"},
               {"TIME", Align::left, Table::uncut},
               {"AUDIENCE", Align::right},
               {"ACCEPTED", Align::right},
               {"TITLE"}});
  for (const auto& issue : issues) {
    const auto local = local_hours(newsletter, issue);
    table.add({issue.slug, state_of(issue) + kind_mark(issue) + approval_mark(issue, newsletter),
               (local.empty() ? newsletter.time(last_time(issue)) : local) +
                   slot_mark(issue, *newsletter.database),
               issue.started_at ? with_thousands(issue.sums.audience()) : "-",
               issue.started_at ? with_thousands(issue.sums.accepted) : "-", issue.title});
  }
  if (issues.empty())
    std::cerr << "No issues yet; the daemon (`postrider run`) reads the drafts folder.\n";
  table.print();
  return done;
}

void print_sums(const queue::Issue& issue) {
  Table table({{"READERS"}, {"", Align::right}});
  const auto& sums = issue.sums;
  for (const auto& [label, count] : {std::pair{"audience", sums.audience()},
                                     {"accepted", sums.accepted},
                                     {"deferred", sums.deferred},
                                     {"bounced", sums.bounced},
                                     {"failed", sums.failed},
                                     {"cancelled", sums.cancelled},
                                     {"in doubt", sums.in_doubt},
                                     {"pending", sums.pending}})
    table.add({label, with_thousands(count)});
  for (const auto& [reason, readers] : issue.excluded)
    table.add({"excluded: " + reason, with_thousands(readers)});
  table.print();
}

Json to_json(const std::vector<store::IssueVersion>& versions) {
  auto array = Json::array();
  for (const auto& version : versions) {
    if (version.version == 0) continue;
    Json row{{"version", version.version},
             {"frozen_at", json_time(version.frozen_at)},
             {"title", version.subject}};
    row.update(json_sums(version.readers));
    row.erase("audience");
    row["readers"] = version.readers.audience();
    array.push_back(std::move(row));
  }
  return array;
}

/// With those who have none yet, where it was amended.
void print_versions(const std::vector<store::IssueVersion>& versions,
                    const Newsletter& newsletter) {
  Table table({{"VERSION"},
               {"FROZEN"},
               {"ACCEPTED", Align::right},
               {"NOT SERVED", Align::right},
               {"SUBJECT"}});
  for (const auto& [number, frozen_at, subject, readers] : versions)
    table.add({number > 0 ? std::to_string(number) : "none yet", newsletter.time(frozen_at),
               with_thousands(readers.accepted),
               with_thousands(readers.audience() - readers.accepted), subject});
  std::cout << "\n";
  table.print();
}

/// What a delivery in that state after a try counts as in the sums.
std::string after_a_try(queue::DeliveryState state) {
  return state == queue::DeliveryState::queued ? "deferred" : std::string(to_string(state));
}

Json to_json(const std::vector<store::Shortfall>& shortfalls) {
  auto reasons = Json::array();
  for (const auto& reason : shortfalls)
    reasons.push_back({{"state", after_a_try(reason.state)},
                       {"code", reason.code},
                       {"enhanced", reason.enhanced},
                       {"reply", reason.reply},
                       {"readers", reason.readers}});
  return reasons;
}

void print_reasons(const std::vector<store::Shortfall>& shortfalls) {
  Table table(
      {{"NOT SERVED"}, {"READERS", Align::right}, {"REASON, AS TOLD TO ONE", Align::left, 100}});
  for (const auto& reason : shortfalls)
    table.add({after_a_try(reason.state), with_thousands(reason.readers),
               mail::Reply{reason.code, reason.enhanced, reason.reply}.str()});
  if (!shortfalls.empty()) std::cout << "\n";
  table.print();
}

/// Of an issue that has started.
struct CameBack {
  CameBack(store::Database& database, IssueId issue)
      : breaker(store::Breakers(database).held(issue)),
        decision(store::Breakers(database).decision(issue)),
        returned(store::Rates(database).of(issue)),
        domains(store::Rates(database).worst_domains(issue)) {}

  std::optional<store::Breaker> breaker;
  std::optional<store::Breakers::Decision> decision;
  store::Returned returned;
  std::vector<store::ReturnedOfDomain> domains;  // the worst
};

void add(Json& document, const CameBack& came_back) {
  document["rates"] = json_rates(came_back.returned);
  document["rates"]["domains"] = json_rates(came_back.domains);
  document["breaker"] = came_back.breaker ? json_breaker(*came_back.breaker) : Json(nullptr);
  Json released;
  if (const auto& decision = came_back.decision)
    released = {{"held_at", json_time(decision->held_at)},
                {"at", json_time(decision->at)},
                {"reason", decision->reason},
                {"suppressed", decision->suppressed}};
  document["released"] = released;
}

void print(const CameBack& came_back, const Newsletter& newsletter) {
  if (came_back.domains.empty()) return;
  std::cout << "\n";
  print_rates(came_back.returned);
  std::cout << "\n";
  print_rates(came_back.domains);
  if (const auto words = over_limit_in_words(came_back.returned); !words.empty())
    std::cout << "\n" << coloured("Too much came back: ", "31") << words << ".\n";
  if (came_back.breaker)
    std::cout << "\n" << breaker_in_words(*came_back.breaker, newsletter) << "\n";
  if (const auto& decision = came_back.decision)
    std::cout << "\nSuppressions were held back from " << newsletter.time(decision->held_at) << " ("
              << decision->reason << ") until you released them " << newsletter.time(decision->at)
              << ": readers were " << (decision->suppressed ? "suppressed" : "mailed on") << ".\n";
}

int show(const Common& common, const std::string& slug, bool json) {
  Newsletter newsletter(common);
  const auto now = newsletter.clock.now();
  const auto issue = newsletter.issue(slug);
  if (json) {
    auto document = to_json(issue, newsletter, now);
    add_approval(document, issue, newsletter);
    document["zones"] = json_zones(newsletter, issue);
    document["reasons"] = to_json(newsletter.ledger.shortfalls(issue.id));
    document["versions"] = to_json(store::Corrections(*newsletter.database).versions(issue));
    add(document, {*newsletter.database, issue.id});
    print_json(document);
    return done;
  }
  std::vector<std::pair<std::string, std::string>> pairs{
      {"Issue", issue.slug},
      {"Title", issue.title},
      {"State", state_of(issue)},
      {"Lists", join(issue.lists, ", ")},
      {"Draft", issue.path},
      {"Scheduled", planned_time(issue, newsletter) + slot_mark(issue, *newsletter.database)},
      {"Started", newsletter.time(issue.started_at)},
      {"Finished", newsletter.time(issue.finished_at)}};
  if (const auto until = issue.can_be_undone_until(now))
    pairs.insert(pairs.end() - 1,
                 {"Can be undone", "until " + newsletter.time(until) +
                                       ", by `postrider issue cancel " + slug + "`"});
  if (!issue.segment.empty()) pairs.insert(pairs.begin() + 4, {"Segment", issue.segment});
  if (!issue.corrects.empty()) pairs.insert(pairs.begin() + 2, {"Erratum of", issue.corrects});
  if (!issue.note.empty()) pairs.insert(pairs.begin() + 3, {"Note", issue.note});
  if (const auto approval = approval_in_words(issue, newsletter); !approval.empty())
    pairs.emplace_back("Approval", approval);
  print_pairs(pairs);
  if (issue.started_at) {
    std::cout << "\n";
    print_sums(issue);
    print_zones(newsletter, issue);
    if (issue.version > 1)
      print_versions(store::Corrections(*newsletter.database).versions(issue), newsletter);
    print_reasons(newsletter.ledger.shortfalls(issue.id));
    print(CameBack(*newsletter.database, issue.id), newsletter);
  }
  return done;
}

/// A state's name as the sums count it.
std::string counted_as(const store::Recipient& recipient) {
  switch (recipient.state) {
    case queue::DeliveryState::queued:
    case queue::DeliveryState::claimed:
      return recipient.attempts > 0 ? "deferred" : "pending";
    case queue::DeliveryState::sending:
      return "pending";
    default:
      return std::string(to_string(recipient.state));
  }
}

int recipients(const Common& common, const std::string& slug, bool json) {
  Newsletter newsletter(common);
  const auto issue = newsletter.issue(slug);
  if (!issue.started_at)
    throw Refusal("issue '" + slug + "' is " + state_of(issue) +
                  "; it has recipients once its sending has started");
  if (json)
    std::cout << "[";
  else
    print_csv_row(
        {"email", "state", "attempts", "code", "reply", "time", "host", "tls", "version"});
  bool first = true;
  // Written as they are read: the list may be larger than memory.
  newsletter.ledger.recipients(issue.id, [&](const store::Recipient& r) {
    if (json) {
      const Json row{{"email", r.email.empty() ? Json(nullptr) : Json(r.email)},
                     {"erased", r.email.empty()},
                     {"state", counted_as(r)},
                     {"attempts", r.attempts},
                     {"code", r.code > 0 ? Json(r.code) : Json(nullptr)},
                     {"enhanced", r.enhanced},
                     {"reply", r.reply},
                     {"time", json_time(r.time)},
                     {"host", r.peer.host},
                     {"tls", r.peer.tls},
                     {"version", r.version > 0 ? Json(r.version) : Json(nullptr)}};
      std::cout << (first ? "\n" : ",\n")
                << row.dump(-1, ' ', false, Json::error_handler_t::replace);
      first = false;
    } else {
      const auto reply = r.enhanced.empty() ? r.reply : r.enhanced + " " + r.reply;
      print_csv_row({r.email.empty() ? "(erased)" : r.email, counted_as(r),
                     std::to_string(r.attempts), r.code > 0 ? std::to_string(r.code) : "", reply,
                     r.time ? rfc3339(*r.time) : "", r.peer.host, r.peer.tls,
                     r.version > 0 ? std::to_string(r.version) : ""});
    }
  });
  if (json) std::cout << "\n]\n";
  return done;
}

int send(const Common& common, const std::string& slug) {
  Newsletter newsletter(common);
  newsletter.issue(slug);
  if (newsletter.needs_approval())
    throw Refusal("an approval is of a time, too, and now is another one: `postrider approve " +
                  slug + " --now` approves the issue and sends it now");
  const auto now = newsletter.clock.now();
  value_of(newsletter.ledger.schedule(slug, now, "operator", now));
  std::cout << "Issue '" << slug << "' goes out now.\n";
  newsletter.tell_whether_it_goes();
  return done;
}

Instant parse_time(const std::string& text, const config::Publication& publication) {
  if (const auto local = parse_local(text))
    return value_of(to_instant(*local, publication.timezone));
  const auto instant = parse_rfc3339(text);
  if (!instant)
    throw Refusal("'" + printable(text) + "' is no time; write \"2022-01-10 08:00\" (" +
                  publication.timezone + "), 2022-01-10T13:00:00Z, or slot");
  return *instant;
}

/// The draft of an issue that goes by it again.
templates::Draft draft_of(const queue::Issue& issue, const config::Storage& storage) {
  auto draft = templates::read_draft(storage.drafts / issue.path, storage.drafts);
  if (!draft) throw Refusal(to_string(draft.error().front()));
  return std::move(*draft);
}

/// Its send_at, which is to come.
Instant send_at_of(const templates::Draft& draft, const Newsletter& newsletter) {
  if (draft.local_time)
    throw Refusal(draft.file + " says a day by send_at; `postrider issue schedule " + draft.slug +
                  " DAY` names it (such as 2022-01-10)");
  if (std::holds_alternative<templates::SendNow>(*draft.send_at))
    throw Refusal(draft.file + " says send_at: now; `postrider issue send " + draft.slug +
                  "` sends it now");
  const auto* local = std::get_if<LocalTime>(&*draft.send_at);
  const auto time = local ? value_of(to_instant(*local, newsletter.settings.publication.timezone))
                          : std::get<Instant>(*draft.send_at);
  if (time < newsletter.clock.now())
    throw Refusal(draft.file + " says send_at: " + newsletter.time(time) +
                  ", which is past; `postrider issue send " + draft.slug + "` sends it now");
  return time;
}

/// Takes an operator's time back.
int schedule_by_draft(const Common& common, const std::string& slug) {
  Newsletter newsletter(common);
  const auto issue = newsletter.issue(slug);
  const auto now = newsletter.clock.now();
  Proof proof;
  if (issue.ready && !issue.missing && !issue.started_at) {
    proof.draft = draft_of(issue, newsletter.settings.storage);
    proof.lists = issue.lists;
    const auto rule = slot_rule(issue.lists, newsletter.settings.lists);
    if (!proof.draft->send_at && !rule.schedule)
      throw Refusal("issue '" + slug + "' has no slot to take: " +
                    (rule.trouble.empty() ? "its draft has no send_at, and its list no schedule"
                                          : "send_at " + rule.trouble));
  }
  std::optional<Instant> time;
  if (proof.draft && proof.draft->send_at) time = send_at_of(*proof.draft, newsletter);
  value_of(newsletter.ledger.schedule_by_draft(slug, time, "operator", now));
  const auto slots = expected_slots({proof}, newsletter.settings, newsletter.database.get(), now);
  if (issue.state == queue::IssueState::paused) std::cout << "It is not paused any more. ";
  std::cout << "Issue '" << slug << "' goes by its draft again: "
            << (time ? "at " + newsletter.time(time)
                     : "it takes the next free slot" +
                           (slots.empty() ? "" : ", " + slots.front().time))
            << ".\n";
  newsletter.tell_whether_it_goes();
  return done;
}

int schedule(const Common& common, const std::string& slug, const std::string& text) {
  if (text == "slot") return schedule_by_draft(common, slug);
  Newsletter newsletter(common);
  const auto issue = newsletter.issue(slug);
  if (const auto day = parse_day(text)) {
    schedule_on_day(newsletter, issue, *day);
    newsletter.tell_whether_it_goes();
    return done;
  }
  const auto time = parse_time(text, newsletter.settings.publication);
  const auto now = newsletter.clock.now();
  if (time < now)
    throw Refusal("that time is past; `postrider issue send " + slug + "` sends it now");
  value_of(newsletter.ledger.schedule(slug, time, "operator", now));
  if (issue.state == queue::IssueState::paused) std::cout << "It is not paused any more. ";
  std::cout << "Issue '" << slug << "' goes out at " << newsletter.time(time)
            << (newsletter.needs_approval()
                    ? ", once that is approved: `postrider approve " + slug + "`"
                    : "")
            << ".\n";
  newsletter.tell_whether_it_goes();
  return done;
}

using Move = Result<void> (store::Ledger::*)(std::string_view, const store::Actor&, Instant);

int move(const Common& common, const std::string& slug, Move change) {
  Newsletter newsletter(common);
  newsletter.issue(slug);
  value_of((newsletter.ledger.*change)(slug, "operator", newsletter.clock.now()));
  const auto issue = newsletter.issue(slug);
  std::cout << "Issue '" << slug << "' is " << to_string(issue.state);
  if (issue.started_at)
    std::cout << ": " << with_thousands(issue.sums.accepted) << " accepted, "
              << with_thousands(issue.sums.pending + issue.sums.deferred) << " waiting, "
              << with_thousands(issue.sums.cancelled) << " cancelled";
  std::cout << ".\n";
  return done;
}

int resend(const Common& common, const std::string& slug, const std::string& email) {
  Newsletter newsletter(common);
  newsletter.issue(slug);
  value_of(newsletter.ledger.resend(slug, email, "operator", newsletter.clock.now()));
  std::cout << "Issue '" << slug << "' goes to " << printable(email) << " once more.\n";
  newsletter.tell_whether_it_goes();
  return done;
}

}  // namespace

void add_issue(CLI::App& app, Common& common, Command& command) {
  struct Arguments {
    std::string slug, time, email;
    bool json = false;
  };
  const auto args = std::make_shared<Arguments>();
  auto* issue = app.add_subcommand("issue", "The issues: list, send, stop, and who got them");
  issue->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& text,
                       const std::function<int()>& work) {
    auto* added = issue->add_subcommand(name, text);
    added->callback([&command, work] { command = work; });
    return added;
  };
  const auto slug = [args](CLI::App* added) {
    added->add_option("SLUG", args->slug, "The issue's slug, as `issue list` shows it")->required();
    return added;
  };
  const auto json = [args](CLI::App* added) {
    added->add_flag("--json", args->json, "One JSON document instead of text");
  };
  json(add("list", "All issues: being sent, coming, drafts, then the ended ones, newest first",
           [args, &common] { return list(common, args->json); }));
  json(slug(add("show", "One issue with its sums",
                [args, &common] { return show(common, args->slug, args->json); })));
  json(slug(
      add("recipients",
          "Every recipient as CSV: email, state, attempts, code, reply, time, host, tls, version",
          [args, &common] { return recipients(common, args->slug, args->json); })));
  slug(add("send", "Sends a ready, scheduled or held issue now",
           [args, &common] { return send(common, args->slug); }));
  slug(add("schedule", "Gives a ready, scheduled or held issue another time, or its slot back",
           [args, &common] { return schedule(common, args->slug, args->time); }))
      ->add_option(
          "TIME", args->time,
          "\"2022-01-10 08:00\" in the publication's zone, or RFC 3339 with Z or an offset; of an "
          "issue with local_time also a day alone, 2022-01-10; or slot: as its draft says, by "
          "send_at "
          "or the next free slot")
      ->required();
  for (const auto& [name, text, change] :
       {std::tuple{"pause", "Stops sending, to be resumed", &store::Ledger::pause},
        {"resume", "Goes on with a paused issue", &store::Ledger::resume},
        {"cancel", "Ends an issue: who has not got it yet gets none; in its undo window, nobody",
         &store::Ledger::cancel},
        {"retry", "Tries failed and deferred readers again now, and those in doubt and held",
         &store::Ledger::retry}})
    slug(add(name, text,
             [args, &common, change = Move(change)] { return move(common, args->slug, change); }));
  slug(add("resend",
           "\"I didn't get it\": one confirmed reader gets the issue once more, outside "
           "its sums",
           [args, &common] { return resend(common, args->slug, args->email); }))
      ->add_option("EMAIL", args->email, "The reader")
      ->required();
  add_corrections(*issue, common, command);
}

}  // namespace postrider::daemon::commands
