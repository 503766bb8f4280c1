// postrider status: what the daemon is doing.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <set>
#include <thread>

#include "base/text.h"
#include "daemon/board.h"
#include "daemon/commands/command.h"
#include "daemon/commands/local_hours.h"
#include "daemon/commands/output.h"
#include "daemon/commands/progress.h"
#include "daemon/commands/rates.h"
#include "daemon/guards/clock_sync.h"
#include "store/maintenance.h"
#include "store/notices.h"
#include "store/operator_mail.h"
#include "store/read_reports.h"
#include "store/sign_up_limits.h"
#include "store/sign_ups.h"

namespace postrider::daemon::commands {

namespace {

using queue::IssueState;

/// What is known at one moment.
struct Snapshot {
  Instant at;
  struct Row {
    queue::Issue issue;
    Progress progress;
  };
  std::optional<Json> daemon;                 // nothing: it is not running
  std::optional<std::string> unclaimed;       // why nothing is sent; nothing: it may be
  std::optional<bool> clock_is_synchronised;  // nothing: not known
  store::NoticeSums notices;
  std::string operator_email;  // empty: nobody is told by mail
  std::optional<store::OperatorMails::Failure> operator_failure;
  std::vector<store::StoppedList> stopped;
  std::int64_t held_sign_ups = 0;
  std::int64_t kept_reports = 0;
  std::optional<Instant> maintained_at;
  std::vector<store::Breaker> breakers;
  std::vector<store::ReturnedOfIssue> bad_issues;    // lately
  std::vector<store::ReturnedOfDomain> bad_domains;  // lately
  std::vector<Row> issues;  // under way, waiting, in need of somebody, or watched
};

/// Slugs of issues that were seen being sent: how they ended is told too.
using Watched = std::set<std::string>;

bool worth_showing(const queue::Issue& issue) {
  // A draft that was rejected and is gone needs nobody any more.
  if (issue.missing && issue.state == IssueState::rejected) return false;
  return issue.state == IssueState::sending || issue.state == IssueState::paused ||
         issue.state == IssueState::scheduled || issue.state == IssueState::held ||
         issue.state == IssueState::rejected;
}

Snapshot look(Newsletter& newsletter, Watched& watched) {
  Snapshot snapshot;
  if (const auto text = Board::read(newsletter.settings.storage.database)) {
    // Read while it was being written: what matters is that the daemon is there.
    auto board = Json::parse(*text, nullptr, false);
    snapshot.daemon = board.is_object() ? board : Json::object();
  }
  snapshot.unclaimed = newsletter.unclaimed();
  snapshot.clock_is_synchronised = guards::clock_is_synchronised();
  const auto now = newsletter.clock.now();
  snapshot.at = now;
  snapshot.notices = store::Notices(*newsletter.database).sums(now);
  snapshot.operator_email = newsletter.settings.the_operator.email;
  snapshot.operator_failure = store::OperatorMails(*newsletter.database).last_failure();
  snapshot.stopped = store::stopped_lists(*newsletter.database);
  snapshot.held_sign_ups = store::SignUps(*newsletter.database).count_held();
  snapshot.kept_reports = store::count_kept(*newsletter.database);
  snapshot.maintained_at = store::maintained_at(*newsletter.database);
  snapshot.breakers = store::Breakers(*newsletter.database).held();
  store::Rates rates(*newsletter.database);
  snapshot.bad_issues = rates.issues_over_a_limit(now - store::Rates::lately);
  snapshot.bad_domains = rates.domains_over_a_limit(now - store::Rates::lately);
  const auto daemon = snapshot.daemon.value_or(Json(nullptr));
  for (auto& issue : newsletter.issues()) {
    const bool sending = issue.state == IssueState::sending;
    if (sending) watched.insert(issue.slug);
    if (!worth_showing(issue) && watched.count(issue.slug) == 0) continue;
    Waiting waiting;
    if (sending) waiting.next_due = newsletter.ledger.next_due(issue.id);
    if (sending && issue.local_at()) waiting.last_due = newsletter.ledger.last_due(issue.id);
    if (sending)
      for (const auto& [lane, domains] : held_back(daemon))
        for (const auto& domain : domains)
          waiting.lanes[lane] += newsletter.ledger.waiting(issue.id, domain);
    auto progress = progress_of(issue, daemon, waiting, now);
    snapshot.issues.push_back({std::move(issue), std::move(progress)});
  }
  return snapshot;
}

std::int64_t settled(const queue::IssueSums& sums) {
  return sums.accepted + sums.bounced + sums.failed + sums.cancelled;
}

Json operator_to_json(const Snapshot& snapshot) {
  Json failure;
  if (const auto& last = snapshot.operator_failure)
    failure = {{"at", rfc3339(last->at)}, {"reply", last->reply}};
  const auto& email = snapshot.operator_email;
  return {{"email", email.empty() ? Json(nullptr) : Json(email)}, {"last_failure", failure}};
}

/// What came back of the last weeks, where that is too much.
Json rates_to_json(const Snapshot& snapshot) {
  auto issues = Json::array();
  for (const auto& [slug, returned] : snapshot.bad_issues) {
    Json row{{"slug", slug}};
    row.update(json_rates(returned));
    issues.push_back(std::move(row));
  }
  return {{"issues", issues}, {"domains", json_rates(snapshot.bad_domains)}};
}

Json to_json(const Snapshot& snapshot) {
  auto breakers = Json::array();
  for (const auto& breaker : snapshot.breakers) breakers.push_back(json_breaker(breaker));
  auto stopped = Json::array();
  for (const auto& [list, since] : snapshot.stopped)
    stopped.push_back({{"list", list}, {"since", rfc3339(since)}});
  auto issues = Json::array();
  for (const auto& [issue, progress] : snapshot.issues) {
    Json row{{"slug", issue.slug},
             {"state", to_string(issue.state)},
             {"note", issue.note},
             {"scheduled_at", json_time(issue.scheduled_at)},
             {"undo_until", json_time(issue.can_be_undone_until(snapshot.at))}};
    row.update(json_sums(issue.sums));
    row.update(
        {{"speed", progress.speed},
         {"seconds_left", progress.left ? Json(progress.left->count() / 1000) : Json(nullptr)},
         {"next_due", json_time(progress.next)},
         {"reason", progress.reason}});
    issues.push_back(std::move(row));
  }
  return {{"running", snapshot.daemon.has_value()},
          {"unclaimed", snapshot.unclaimed ? Json(*snapshot.unclaimed) : Json(nullptr)},
          {"clock_synchronised",
           snapshot.clock_is_synchronised ? Json(*snapshot.clock_is_synchronised) : Json(nullptr)},
          {"daemon", snapshot.daemon.value_or(Json(nullptr))},
          {"notices",
           {{"waiting", snapshot.notices.waiting},
            {"later", snapshot.notices.later},
            {"failed", snapshot.notices.failed}}},
          {"operator", operator_to_json(snapshot)},
          {"sign_ups", {{"held", snapshot.held_sign_ups}, {"stopped", stopped}}},
          {"kept_reports", snapshot.kept_reports},
          {"maintained_at", json_time(snapshot.maintained_at)},
          {"breakers", breakers},
          {"rates", rates_to_json(snapshot)},
          {"issues", issues}};
}

/// What the board says so; nothing: no time.
std::optional<Instant> time_of(const Json& row, const char* key) {
  const auto text = row.value(key, Json());
  if (!text.is_string()) return {};
  const auto instant = parse_rfc3339(text.get<std::string>());
  return instant ? std::optional(*instant) : std::nullopt;
}

/// When a waiting relay is tried again; "-": it does not wait.
std::string next_try(const Newsletter& newsletter, const Json& relay) {
  if (relay.value("state", "") != "waiting") return "-";
  return newsletter.time(time_of(relay, "retry_at"));
}

/// "slow.example, other.example"; empty: the relay is for all.
std::string domains_of(const Json& relay) {
  return join(relay.value("domains", std::vector<std::string>()), ", ");
}

/// Their places among each other only where they have any.
void print_relays(const Newsletter& newsletter, const Json& daemon) {
  const auto relays = daemon.value("relays", Json::array());
  const bool placed = std::any_of(relays.begin(), relays.end(), [](const Json& relay) {
    return relay.value("priority", 0) != 0 || !domains_of(relay).empty();
  });
  std::vector<Table::Column> columns{{"RELAY"}};
  if (placed) columns.insert(columns.end(), {{"PRIORITY", Align::right}, {"DOMAINS"}});
  columns.insert(columns.end(), {{"STATE"},
                                 {"CONNECTIONS", Align::right},
                                 {"NEXT TRY"},
                                 {"LAST ERROR", Align::left, Table::uncut}});
  Table table(std::move(columns));
  for (const auto& relay : relays) {
    std::vector<std::string> cells{relay.value("name", "")};
    if (placed) {
      const auto domains = domains_of(relay);
      cells.push_back(std::to_string(relay.value("priority", 0)));
      cells.push_back(domains.empty() ? "all" : domains);
    }
    for (auto& cell : {relay.value("state", ""), std::to_string(relay.value("connections", 0)),
                       next_try(newsletter, relay), relay.value("last_error", "")})
      cells.push_back(cell);
    table.add(std::move(cells));
  }
  table.print();
}

/// Domains that are held back, and what servers said lately.
void print_limits(const Newsletter& newsletter, const Json& daemon) {
  Table domains({{"DOMAIN"},
                 {"ON THE WIRE", Align::right},
                 {"CONNECTIONS", Align::right},
                 {"RATE"},
                 {"PAUSED UNTIL"},
                 {"REASON", Align::left, Table::uncut}});
  const auto text = [](const Json& value) {
    return value.is_string()   ? value.get<std::string>()
           : value.is_number() ? std::to_string(value.get<std::int64_t>())
                               : std::string("-");
  };
  for (const auto& domain : daemon.value("domains", Json::array())) {
    const auto until = parse_rfc3339(text(domain.value("paused_until", Json())));
    domains.add({domain.value("name", ""), text(domain.value("in_flight", Json())),
                 text(domain.value("connections", Json())), text(domain.value("rate", Json())),
                 until ? newsletter.time(*until) : "-", domain.value("reason", "")});
  }
  if (!daemon.value("domains", Json::array()).empty()) std::cout << "\n";
  domains.print();
  Table failures({{"LATELY"}, {"READERS", Align::right}, {"LAST"}, {"REPLY", Align::left, 100}});
  for (const auto& failure : daemon.value("failures", Json::array())) {
    const auto last = parse_rfc3339(failure.value("last", ""));
    failures.add({failure.value("kind", ""), text(failure.value("count", Json())),
                  last ? newsletter.time(*last) : "-", failure.value("reply", "")});
  }
  if (!daemon.value("failures", Json::array()).empty()) std::cout << "\n";
  failures.print();
}

/// Where mail comes back to.
void print_mailbox(const Newsletter& newsletter, const Json& daemon) {
  const auto mailbox = daemon.value("mailbox", Json());
  if (!mailbox.is_object()) return;
  const auto url = printable(mailbox.value("url", ""));
  const auto trouble = mailbox.value("trouble", "");
  if (const auto retry_at = time_of(mailbox, "retry_at")) {
    std::cout << coloured("The mailbox " + url + " cannot be read: " + printable(trouble), "31")
              << "; tried again " << newsletter.time(*retry_at) << ".\n";
    return;
  }
  if (!trouble.empty())
    std::cout << coloured("The mailbox " + url + ": " + printable(trouble), "31") << ".\n";
  if (const auto read_at = time_of(mailbox, "read_at"))
    std::cout << "The mailbox " << url << " was read " << newsletter.time(*read_at) << "; "
              << counted(mailbox.value("waiting", std::int64_t{0}), "message") << " waiting.\n";
}

/// What a mail server delivers.
void print_lmtp(const Newsletter& newsletter, const Json& daemon) {
  const auto lmtp = daemon.value("lmtp", Json());
  if (!lmtp.is_object()) return;
  const auto where = "by LMTP on " + printable(lmtp.value("listen", ""));
  if (const auto trouble = lmtp.value("trouble", ""); !trouble.empty()) {
    std::cout << coloured("What is delivered " + where + " cannot be kept: " + printable(trouble),
                          "31")
              << "; the mail server tries it again.\n";
    return;
  }
  std::cout << counted(lmtp.value("taken", std::int64_t{0}), "message") << " delivered " << where;
  if (const auto taken_at = time_of(lmtp, "taken_at"))
    std::cout << ", the last one " << newsletter.time(*taken_at);
  std::cout << ".\n";
}

/// What providers tell.
void print_webhooks(const Newsletter& newsletter, const Json& daemon) {
  for (const auto& webhook : daemon.value("webhooks", Json::array())) {
    const auto provider = printable(webhook.value("provider", ""));
    std::cout << counted(webhook.value("events", std::int64_t{0}), "event") << " by webhook from "
              << provider;
    if (const auto event_at = time_of(webhook, "event_at"))
      std::cout << ", the last one " << newsletter.time(*event_at);
    std::cout << ".\n";
    if (const auto refused_at = time_of(webhook, "refused_at"))
      std::cout << coloured("What came as " + provider + " was refused", "31") << ", the last time "
                << newsletter.time(*refused_at) << ": it "
                << printable(webhook.value("refusal", "")) << ".\n";
  }
}

void print_progress(const Progress& progress) {
  std::string line;
  if (progress.speed > 0) {
    const auto whole = static_cast<std::int64_t>(progress.speed);
    line = (whole > 0 ? with_thousands(whole) : "less than 1") + " a second";
  }
  if (progress.left) line += ", some " + rough(*progress.left) + " left";
  if (!progress.reason.empty()) line += (line.empty() ? "" : "; ") + printable(progress.reason);
  if (!line.empty()) std::cout << "  " << line << "\n";
}

void print_issue(Newsletter& newsletter, const queue::Issue& issue) {
  std::cout << coloured(issue.slug, "1") << "  " << to_string(issue.state);
  const auto local = local_hours(newsletter, issue);
  if (!local.empty())
    std::cout << ", " << local;
  else if (issue.state == IssueState::scheduled)
    std::cout << " for " << newsletter.time(issue.scheduled_at);
  std::cout << "\n";
  if (!issue.note.empty()) std::cout << "  " << printable(issue.note) << "\n";
  if (const auto until = issue.can_be_undone_until(newsletter.clock.now()))
    std::cout << "  nothing leaves before " << newsletter.time(until)
              << "; `postrider issue cancel " << issue.slug << "` undoes it until then\n";
  if (!issue.started_at) return;
  const auto& sums = issue.sums;
  std::cout << "  " << bar(settled(sums), sums.audience(), 40) << "  "
            << with_thousands(settled(sums)) << " of " << counted(sums.audience(), "reader")
            << "\n  " << with_thousands(sums.accepted) << " accepted, "
            << with_thousands(sums.pending) << " pending, " << with_thousands(sums.deferred)
            << " deferred, " << with_thousands(sums.bounced) << " bounced, "
            << with_thousands(sums.failed) << " failed, " << with_thousands(sums.cancelled)
            << " cancelled, " << with_thousands(sums.in_doubt) << " in doubt\n";
}

/// Mails outside issues, where there is anything to say of them.
void print_notices(const store::NoticeSums& notices) {
  if (notices.waiting + notices.later + notices.failed == 0) return;
  std::cout << counted(notices.waiting, "notice") << " waiting, " << with_thousands(notices.later)
            << " due later, " << with_thousands(notices.failed) << " failed within a day.\n";
}

void print_operator(const Newsletter& newsletter, const Snapshot& snapshot) {
  const auto& email = snapshot.operator_email;
  if (email.empty()) {
    std::cout << "The operator is told nothing by mail: [operator] email is not set.\n";
    return;
  }
  std::cout << "The operator is told by mail to " << printable(email) << ".\n";
  if (const auto& failure = snapshot.operator_failure)
    std::cout << coloured("The last mail to the operator was not taken", "31") << ", "
              << newsletter.time(failure->at) << ": " << printable(failure->reply) << "\n";
}

void print_sign_ups(const Newsletter& newsletter, const Snapshot& snapshot) {
  for (const auto& [list, since] : snapshot.stopped)
    std::cout << coloured("Sign-ups to " + list + " are stopped", "31") << " since "
              << newsletter.time(since) << "; `postrider sign-up resume " << list
              << "` lets them go on.\n";
  if (snapshot.held_sign_ups > 0)
    std::cout << counted(snapshot.held_sign_ups, "sign-up")
              << " held; `postrider sign-up list` shows them.\n";
}

/// What came back: what somebody may want to read, and where it was too much in the last weeks.
void print_returned(const Newsletter& newsletter, const Snapshot& snapshot) {
  if (snapshot.kept_reports > 0)
    std::cout << "Kept of what came back: " << counted(snapshot.kept_reports, "message")
              << "; `postrider bounce list --kept` shows which.\n";
  for (const auto& breaker : snapshot.breakers)
    std::cout << coloured(breaker_in_words(breaker, newsletter), "33") << "\n";
  for (const auto& [slug, returned] : snapshot.bad_issues)
    std::cout << coloured("Too much came back of " + printable(slug), "31") << ": "
              << over_limit_in_words(returned) << ".\n";
  if (snapshot.bad_domains.empty()) return;
  std::cout << "\nOver a limit within 30 days:\n";
  print_rates(snapshot.bad_domains);
}

void print(Newsletter& newsletter, const Snapshot& snapshot) {
  newsletter.tell_unclaimed();
  if (snapshot.daemon) {
    const auto trouble = snapshot.daemon->value("trouble", "");
    std::cout << "The daemon is " << coloured("running", "32");
    if (const auto since = parse_rfc3339(snapshot.daemon->value("started_at", "")))
      std::cout << " since " << newsletter.time(*since);
    std::cout << ".\n";
    if (!trouble.empty())
      std::cout << coloured("Sending stands still: " + printable(trouble), "31") << "\n";
    print_relays(newsletter, *snapshot.daemon);
    print_limits(newsletter, *snapshot.daemon);
    print_mailbox(newsletter, *snapshot.daemon);
    print_lmtp(newsletter, *snapshot.daemon);
    print_webhooks(newsletter, *snapshot.daemon);
  } else {
    std::cout << "The daemon is " << coloured("not running", "33")
              << "; `postrider run` starts it.\n";
  }
  if (snapshot.clock_is_synchronised == false)
    std::cout << coloured("The clock is not synchronised", "33")
              << " with others (`timedatectl`); issues start by it all the same.\n";
  print_notices(snapshot.notices);
  print_operator(newsletter, snapshot);
  print_sign_ups(newsletter, snapshot);
  print_returned(newsletter, snapshot);
  if (snapshot.maintained_at)
    std::cout << "Maintained last " << newsletter.time(snapshot.maintained_at) << ".\n";
  if (snapshot.issues.empty()) std::cout << "No issue is being sent, waits or is held.\n";
  for (const auto& [issue, progress] : snapshot.issues) {
    std::cout << "\n";
    print_issue(newsletter, issue);
    print_progress(progress);
  }
  std::cout << std::flush;
}

bool is_sending(const Snapshot& snapshot) {
  return std::any_of(snapshot.issues.begin(), snapshot.issues.end(),
                     [](const auto& row) { return row.issue.state == IssueState::sending; });
}

int status(const Common& common, bool json, bool watch) {
  Newsletter newsletter(common);
  Watched watched;
  auto snapshot = look(newsletter, watched);
  if (json) {
    print_json(to_json(snapshot));
    return done;
  }
  print(newsletter, snapshot);
  // On a terminal the bar of a running issue moves until it is done; --watch goes on for ever.
  while (watch || (on_terminal() && snapshot.daemon && is_sending(snapshot))) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    snapshot = look(newsletter, watched);
    std::cout << (on_terminal() ? "\033[H\033[J" : "\n");
    print(newsletter, snapshot);
  }
  return done;
}

}  // namespace

void add_status(CLI::App& app, Common& common, Command& command) {
  struct Arguments {
    bool json = false;
    bool watch = false;
  };
  const auto args = std::make_shared<Arguments>();
  auto* added = app.add_subcommand("status",
                                   "What the daemon is doing: issues under way, relays, "
                                   "trouble");
  auto* json = added->add_flag("--json", args->json, "One JSON document instead of text");
  added->add_flag("--watch", args->watch, "Show it anew every second until interrupted")
      ->excludes(json);
  added->callback([args, &common, &command] {
    command = [args, &common] { return status(common, args->json, args->watch); };
  });
}

}  // namespace postrider::daemon::commands
