#include "daemon/chronicle.h"

#include <algorithm>
#include <cctype>
#include <spdlog/spdlog.h>
#include <utility>

#include "base/text.h"
#include "store/maintenance.h"
#include "store/read_reports.h"
#include "store/sums.h"

namespace postrider::daemon {

namespace {

bool is_of_address(char c) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~.\"";
  return static_cast<unsigned char>(c) >= 0x80 ||
         std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         others.find(c) != std::string_view::npos;
}

/// Addresses, which servers like to repeat, do not belong in a log: "…@readers.example".
std::string without_addresses(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '@' && !out.empty() && is_of_address(out.back())) {
      while (!out.empty() && is_of_address(out.back())) out.pop_back();
      out += "…";
    }
    out += c;
  }
  return out;
}

/// "sending", "its draft is gone", …
std::string happened(const std::string& kind) {
  if (kind == "issue.approval_void") return "its approval is void";
  if (kind.starts_with("issue.")) return kind.substr(6);
  if (kind.starts_with("bounces.")) return "bounces " + kind.substr(8);
  if (kind == "draft.missing") return "its draft is gone";
  if (kind == "draft.found") return "its draft is back";
  if (kind == "mail.return_undone") return "a report is taken back";
  return kind;
}

void tell(store::Ledger& ledger, const store::Event& event) {
  const bool held_back = event.kind == "bounces.held";
  if (event.issue.empty() && event.kind.starts_with("bounces."))
    return spdlog::log(held_back ? spdlog::level::warn : spdlog::level::info, "bounces {}: {}",
                       event.kind.substr(8), without_addresses(printable(event.detail)));
  const auto subject = event.kind.substr(0, event.kind.find('.'));
  if (event.kind == "database.claimed" || event.kind == "database.unclaimed")
    return spdlog::info("the database was {}: {}", event.kind.substr(9), printable(event.detail));
  if (event.kind == "database.damaged")
    return spdlog::error("the database is damaged: {}; {}", printable(event.detail),
                         store::mend_damage);
  if (event.kind == "maintenance.done")
    return spdlog::info("the database was maintained: {}", printable(event.detail));
  if (subject == "relay" || subject == "mailbox" || subject == "database")
    return;  // who has to do with it has told its whole story
  if (subject == "disk" || subject == "certificate")
    return spdlog::log(event.kind == "disk.enough" ? spdlog::level::info : spdlog::level::warn,
                       "{}: {}", event.kind, printable(event.detail));
  if (event.issue.empty() && event.kind.starts_with("slot."))
    return spdlog::info("slot {}: {}", event.kind.substr(5), printable(event.detail));
  if (event.issue.empty()) {
    const bool stopped = event.kind == "sign_up.stopped";
    return spdlog::log(stopped ? spdlog::level::warn : spdlog::level::info, "sign-ups {}: {}",
                       event.kind.substr(8), printable(event.detail));
  }
  std::string line = "issue " + event.issue + ": " + happened(event.kind);
  if (event.actor != "daemon") line += " by " + event.actor;
  if (!event.email.empty()) line += event.kind == "issue.resend" ? " to a reader" : ", of a reader";
  const bool names_somebody = event.kind.starts_with("issue.approv");
  if (!event.detail.empty() && !names_somebody)
    line += ": " + without_addresses(printable(event.detail));
  if (const auto issue = ledger.find_issue(event.issue); issue && issue->started_at) {
    if (event.kind == "issue.sending")
      line += " to " + counted(issue->sums.audience(), "reader");
    else if (event.kind == "issue.sent" || event.kind == "issue.cancelled")
      line += ": " + store::in_words(issue->sums);
  }
  const bool needs_somebody = event.kind == "issue.held" || event.kind == "issue.stalled" ||
                              event.kind == "issue.rejected" || held_back ||
                              (event.kind == "issue.paused" && event.actor == "daemon");
  spdlog::log(needs_somebody ? spdlog::level::warn : spdlog::level::info, "{}", line);
}

}  // namespace

Chronicle::Chronicle(store::Database& reading) : reading_(reading) {
  store::Ledger ledger(reading_);
  last_event_ = ledger.newest_event();
  last_report_ = store::newest_report(reading_);
  for (const auto& issue : ledger.issues_under_way())
    spdlog::info("issue {}: {}, goes on: {}", issue.slug, to_string(issue.state),
                 store::in_words(issue.sums));
}

void Chronicle::tell_events() {
  store::Ledger ledger(reading_);
  const auto newest = ledger.newest_event();  // first: what comes meanwhile is not passed over
  const auto events = ledger.events_to_tell(last_event_);
  for (const auto& event : events) tell(ledger, event);
  last_event_ = events.empty() ? newest : events.back().id;
}

void Restraint::told(Instant now) {
  pause_ = now - due_ >= most ? least : std::min(2 * pause_, most);
  due_ = now + pause_;
}

void Chronicle::tell_relays(const std::vector<queue::RelayStatus>& relays, Instant now) {
  for (const auto& relay : relays) {
    auto& [told, restraint] = errors_[relay.name];
    if (told == relay.last_error || !restraint.allows(now)) continue;
    told = relay.last_error;
    restraint.told(now);
    if (told.empty())
      spdlog::info("relay {}: works again", relay.name);
    else
      spdlog::warn("relay {}: {}", relay.name, without_addresses(told));
  }
}

void Chronicle::tell_mailbox(const PostmanStatus& mailbox) {
  if (!mailbox.trouble.empty())
    mailbox_in_trouble_ = true;
  else if (mailbox.read_at && std::exchange(mailbox_in_trouble_, false))
    spdlog::info("the mailbox {}: works again", mailbox.mailbox);
}

void Chronicle::tell_reports(Instant now) {
  if (!reports_.allows(now)) return;
  const auto read = store::read_reports_after(reading_, last_report_);
  if (read.reports == 0) return;
  last_report_ = read.last;
  reports_.told(now);
  std::vector<std::string> effects;
  for (const auto& [count, what] : {std::pair(read.bounced, "bounced"),
                                    {read.suppressed, "suppressed"},
                                    {read.left, "unsubscribed"},
                                    {read.withheld, "withheld"},
                                    {read.kept, "kept"}})
    if (count > 0) effects.push_back(with_thousands(count) + " " + what);
  spdlog::info("{} read: {}", counted(read.reports, "report"),
               effects.empty() ? "nothing follows" : join(effects, ", "));
}

}  // namespace postrider::daemon
