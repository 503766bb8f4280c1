#include "daemon/chronicle.h"

#include <spdlog/spdlog.h>

#include "base/text.h"
#include "store/sums.h"

namespace postrider::daemon {

namespace {

void tell(store::Ledger& ledger, const store::Event& event) {
  const bool held_back = event.kind == "bounces.held";
  if (event.issue.empty() && event.kind.starts_with("bounces."))
    return spdlog::log(held_back ? spdlog::level::warn : spdlog::level::info, "bounces {}: {}",
                       event.kind.substr(8), printable(event.detail));
  if (event.kind.starts_with("database."))
    return spdlog::info("the database was {}: {}", event.kind.substr(9), printable(event.detail));
  if (event.issue.empty()) {
    const bool stopped = event.kind == "sign_up.stopped";
    return spdlog::log(stopped ? spdlog::level::warn : spdlog::level::info, "sign-ups {}: {}",
                       event.kind.substr(8), printable(event.detail));
  }
  std::string line = "issue " + event.issue + ": ";
  if (event.kind.starts_with("issue.")) line += event.kind.substr(6);
  if (event.kind.starts_with("bounces.")) line += "bounces " + event.kind.substr(8);
  if (event.kind == "draft.missing") line += "its draft is gone";
  if (event.kind == "draft.found") line += "its draft is back";
  if (event.actor != "daemon") line += " by " + event.actor;
  if (!event.email.empty()) line += " to a reader";  // addresses do not belong in a log
  if (!event.detail.empty()) line += ": " + printable(event.detail);
  if (const auto issue = ledger.find_issue(event.issue); issue && issue->started_at) {
    if (event.kind == "issue.sending")
      line += " to " + counted(issue->sums.audience(), "reader");
    else if (event.kind == "issue.sent" || event.kind == "issue.cancelled")
      line += ": " + store::in_words(issue->sums);
  }
  const bool needs_somebody = event.kind == "issue.held" || event.kind == "issue.rejected" ||
                              held_back ||
                              (event.kind == "issue.paused" && event.actor == "daemon");
  spdlog::log(needs_somebody ? spdlog::level::warn : spdlog::level::info, "{}", line);
}

}  // namespace

Chronicle::Chronicle(store::Database& reading) : reading_(reading) {
  store::Ledger ledger(reading_);
  last_event_ = ledger.newest_event();
  for (const auto& issue : ledger.issues_under_way())
    spdlog::info("issue {}: {}, goes on: {}", issue.slug, to_string(issue.state),
                 store::in_words(issue.sums));
}

void Chronicle::tell_events() {
  store::Ledger ledger(reading_);
  for (const auto& event : ledger.events_to_tell(last_event_)) {
    last_event_ = event.id;
    tell(ledger, event);
  }
}

void Chronicle::tell_relays(const std::vector<queue::RelayStatus>& relays) {
  for (const auto& relay : relays) {
    auto& known = errors_[relay.name];
    if (known == relay.last_error) continue;
    known = relay.last_error;
    if (known.empty())
      spdlog::info("relay {}: works again", relay.name);
    else
      spdlog::warn("relay {}: {}", relay.name, known);
  }
}

}  // namespace postrider::daemon
