#include "daemon/watchman.h"

#include <algorithm>
#include <utility>

#include "base/octets.h"
#include "base/text.h"

namespace postrider::daemon {

using store::OperatorEvent;

namespace {

/// Something that asked to be left alone for a while holds the rest of an issue up by right.
bool somebody_asked_for_a_pause(store::Ledger& ledger, Instant now) {
  const auto pauses = ledger.pauses();
  return std::any_of(pauses.begin(), pauses.end(),
                     [now](const queue::Pause& pause) { return pause.until > now; });
}

}  // namespace

Watchman::Watchman(store::Database& reading, Errands errands, const Clock& clock)
    : reading_(reading), errands_(std::move(errands)), clock_(clock) {}

void Watchman::look(const Sights& sights) {
  const auto before = std::exchange(now_, clock_.now());
  if (now_ - before > absence) begin_anew();
  look_at_relays(sights.relays);
  if (sights.mailbox) look_at_mailbox(*sights.mailbox);
  look_at_trouble(sights.trouble);
  if (sights.room) look_at_room(*sights.room);
  if (sights.certificate_ends) look_at_certificate(*sights.certificate_ends);
  if (sights.is_unclaimed)
    progress_.clear();
  else
    look_at_issues();
}

void Watchman::begin_anew() {
  for (auto& [name, condition] : bad_)
    if (!condition.told) condition.since = now_;
  for (auto& [slug, progress] : progress_) progress.since = now_;
}

Watchman::Turn Watchman::turn(const std::string& name, bool bad, Duration after) {
  if (!bad) {
    const bool was_told = is_told(name);
    bad_.erase(name);
    return was_told ? Turn::better : Turn::none;
  }
  auto& condition = bad_.try_emplace(name, Condition{now_}).first->second;
  if (condition.since > now_) condition.since = now_;  // the clock was put back
  if (condition.told || now_ - condition.since < after) return Turn::none;
  condition.told = true;
  return Turn::worse;
}

bool Watchman::is_told(const std::string& name) const {
  const auto found = bad_.find(name);
  return found != bad_.end() && found->second.told;
}

void Watchman::look_at_relays(const std::vector<queue::RelayStatus>& relays) {
  for (const auto& relay : relays) {
    const bool is_out = relay.state == "out";
    const bool bad = is_out || (relay.state == "waiting" && !relay.last_error.empty());
    switch (turn("relay " + relay.name, bad, is_out ? Duration(0) : patience)) {
      case Turn::worse:
        tell({"relay.down", relay.name + ": " + relay.last_error, OperatorEvent::relay_down,
              relay.name,
              (is_out ? "it is not tried any more until the settings are read anew: "
                      : "it has carried nothing for ten minutes, and is tried again and again: ") +
                  relay.last_error});
        break;
      case Turn::better:
        tell(
            {"relay.up", relay.name, OperatorEvent::relay_up, relay.name, "it carries mail again"});
        break;
      case Turn::none:
        break;
    }
  }
}

void Watchman::look_at_mailbox(const PostmanStatus& mailbox) {
  switch (turn("mailbox", !mailbox.trouble.empty(), patience)) {
    case Turn::worse:
      tell({"mailbox.down", mailbox.mailbox + ": " + mailbox.trouble, OperatorEvent::mailbox_down,
            mailbox.mailbox,
            "it cannot be read, so that nobody knows what came back: " + mailbox.trouble});
      break;
    case Turn::better:
      tell({"mailbox.up", mailbox.mailbox, OperatorEvent::mailbox_up, mailbox.mailbox,
            "it can be read again"});
      break;
    case Turn::none:
      break;
  }
}

/// Only what is over can be told by the database itself.
void Watchman::look_at_trouble(const std::string& trouble) {
  const auto since = bad_.find("database");
  const auto from = since == bad_.end() ? now_ : since->second.since;
  if (turn("database", !trouble.empty(), Duration(0)) == Turn::better)
    tell({"database.recovered", trouble_, OperatorEvent::database, "the database",
          "it can be written again; nothing was sent since " + rfc3339(from) + ": " + trouble_});
  if (!trouble.empty()) trouble_ = trouble;
}

void Watchman::look_at_room(std::uintmax_t room) {
  const bool bad = room < (is_told("disk") ? 2 * little_room : little_room);
  switch (turn("disk", bad, Duration(0))) {
    case Turn::worse:
      tell({"disk.low", megabytes(room) + " left", OperatorEvent::disk, "the disk",
            "only " + megabytes(room) +
                " are free beside the database; nothing is sent on a full disk, so make room"});
      break;
    case Turn::better:
      tell({"disk.enough", megabytes(room) + " free", OperatorEvent::disk, "the disk",
            megabytes(room) + " are free again"});
      break;
    case Turn::none:
      break;
  }
}

void Watchman::look_at_certificate(Instant ends) {
  bool is_told = false;  // by the nearest end alone
  for (const auto left : {Duration(0), Duration(std::chrono::days(3)), ends_soon}) {
    if (turn("certificate " + to_string(left), ends - now_ <= left, Duration(0)) != Turn::worse ||
        std::exchange(is_told, true))
      continue;
    const std::string has = ends > now_ ? "ends" : "has ended";
    tell({"certificate.expiring", has + " " + rfc3339(ends), OperatorEvent::certificate,
          "the certificate of the pages",
          "it " + has + " on " + rfc3339(ends) +
              "; renew it, and let the daemon read it by SIGHUP (systemctl reload postrider)"});
  }
}

/// Mails are due for long, and none moves.
void Watchman::look_at_issues() {
  store::Ledger ledger(reading_);
  std::map<std::string, Progress> seen;
  const bool paused = somebody_asked_for_a_pause(ledger, now_);
  for (const auto& issue : ledger.issues_under_way()) {
    if (issue.state != queue::IssueState::sending) continue;
    const auto& sums = issue.sums;
    const auto settled = sums.audience() - sums.pending - sums.deferred;
    const auto before = progress_.find(issue.slug);
    const bool moved = before == progress_.end() || before->second.settled != settled || paused;
    const auto since = moved ? now_ : std::min(before->second.since, now_);
    seen[issue.slug] = {settled, since};
    const auto due = now_ - since >= standstill ? ledger.next_due(issue.id) : std::nullopt;
    if (turn("issue " + issue.slug, due && now_ - *due >= standstill, Duration(0)) == Turn::worse)
      tell({"issue.stalled", "none of its mails has moved for an hour, though they are due",
            OperatorEvent::issue_stalled, issue.slug,
            "none of its mails has moved for an hour, though they are due; `postrider status` "
            "tells what holds them up",
            issue.id});
  }
  progress_ = std::move(seen);
}

void Watchman::tell(News news) {
  errands_.run(
      "what the daemon has noticed",
      [news = std::move(news), now = now_](store::Database& writing) {
        store::Ledger(writing).note_event(news.kind, news.detail, "daemon", now, news.issue);
        store::OperatorMails(writing).tell(news.mail, news.about, news.line, now);
      },
      [](bool) {});
}

}  // namespace postrider::daemon
