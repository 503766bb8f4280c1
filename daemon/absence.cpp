#include "daemon/absence.h"

#include <algorithm>

namespace postrider::daemon {

namespace {

using subscribers::Subscription;
using subscribers::SubscriptionState;

constexpr std::string_view withheld = "subscriber.suppression_withheld";

/// The reader as the issue's start found them, so far as that is known.
class Past {
 public:
  Past(const queue::Issue& issue, const subscribers::Subscriber& reader,
       const std::vector<store::Event>& events, const Telling& telling)
      : issue_(issue),
        reader_(reader),
        events_(events),
        telling_(telling),
        start_(issue.started_at.value_or(Instant::max())) {}

  std::optional<Absence> came_later() const {
    if (reader_.created_at <= start_) return {};
    return Absence{"later", "joined on " + telling_(reader_.created_at) + ", after its start"};
  }

  std::optional<Absence> suppressed(
      const std::optional<subscribers::Suppression>& suppression) const {
    if (suppression && suppression->at <= start_)
      return Absence{"suppressed", "suppressed since " + telling_(suppression->at) + ": " +
                                       std::string(to_string(suppression->reason))};
    const auto* next = first_after_start({"subscriber.suppressed", "suppression.removed", withheld,
                                          "subscriber.suppression_undone"});
    if (!next || next->kind == "subscriber.suppressed") return {};
    // What is withheld need not have been done.
    if (next->kind == withheld && !was_suppressed()) return {};
    return Absence{"suppressed", "suppressed until " + telling_(next->at) + ": " + next->detail};
  }

  /// On none of the lists, where that is certain.
  std::optional<Absence> not_confirmed() const {
    std::optional<Absence> left, later;
    bool pending = false;
    for (const auto* subscription : of_issue()) {
      const auto since = known_since(*subscription);
      const bool already = since <= start_;
      if (subscription->state == SubscriptionState::pending) {
        pending = true;
      } else if (subscription->state == SubscriptionState::unsubscribed) {
        if (!already) return {};
        left = {"unsubscribed", "had left " + subscription->list + " on " + telling_(since)};
      } else if (already) {
        left = left_and_came_back(*subscription);
        if (!left) return {};
      } else {
        if (any_leaving_between(start_, since)) return {};
        later = {"later", "confirmed on " + subscription->list + " only on " + telling_(since)};
      }
    }
    if (pending) return Absence{"unconfirmed", "had not confirmed the subscription"};
    if (left) return left;
    if (later) return later;
    return Absence{"not_subscribed", "is on none of its lists"};
  }

  std::optional<Absence> paused() const {
    const auto until = paused_until();
    if (!until || *until <= start_) return {};
    return Absence{"paused", "paused until " + telling_(*until)};
  }

  /// Confirmed on one of the lists at the start, and nothing is known that says otherwise.
  bool surely_confirmed() const {
    const auto all = of_issue();
    return std::any_of(all.begin(), all.end(), [this](const Subscription* subscription) {
      return subscription->state == SubscriptionState::confirmed &&
             known_since(*subscription) <= start_;
    });
  }

 private:
  std::vector<const Subscription*> of_issue() const {
    std::vector<const Subscription*> all;
    for (const auto& subscription : reader_.subscriptions)
      if (std::count(issue_.lists.begin(), issue_.lists.end(), subscription.list) > 0)
        all.push_back(&subscription);
    return all;
  }

  /// An import keeps the time at which its source says that a reader joined or left.
  Instant known_since(const Subscription& subscription) const {
    auto since = subscription.since;
    for (const auto& event : events_)
      if (is_of_import(event, subscription.list)) since = std::max(since, event.at);
    return since;
  }

  bool is_of_import(const store::Event& event, const std::string& list) const {
    const auto source = list + " from ";
    return ((event.kind == "subscriber.imported" && event.detail.starts_with("to " + source)) ||
            (event.kind == "subscriber.unsubscribed" && event.detail.starts_with(source))) &&
           std::none_of(events_.begin(), events_.end(), [&](const store::Event& other) {
             return other.kind == "subscriber.import_undone" && other.detail == event.actor;
           });
  }

  /// Whoever takes leaving back is on the list since they first were.
  std::optional<Absence> left_and_came_back(const Subscription& subscription) const {
    const auto* next = first_after_start({"subscriber.unsubscribed", "subscriber.resubscribed"});
    if (!next || next->kind != "subscriber.resubscribed") return {};
    const store::Event* leaving = nullptr;
    for (const auto& event : events_)
      if (event.at <= start_ && event.kind == "subscriber.unsubscribed") leaving = &event;
    if (!leaving) return {};
    return Absence{"unsubscribed", "had left " + subscription.list + " on " +
                                       telling_(leaving->at) + ", and took that back on " +
                                       telling_(next->at)};
  }

  bool any_leaving_between(Instant from, Instant to) const {
    return std::any_of(events_.begin(), events_.end(), [&](const store::Event& event) {
      return event.kind == "subscriber.unsubscribed" && event.at > from && event.at < to;
    });
  }

  /// As far as events tell.
  bool was_suppressed() const {
    bool suppressed = false;
    for (const auto& event : events_) {
      if (event.at > start_) continue;
      if (event.kind == "subscriber.suppressed") suppressed = true;
      if (event.kind == "suppression.removed" || event.kind == withheld ||
          event.kind == "subscriber.suppression_undone")
        suppressed = false;
    }
    return suppressed;
  }

  const store::Event* first_after_start(const std::vector<std::string_view>& kinds) const {
    for (const auto& event : events_)
      if (event.at > start_ && std::count(kinds.begin(), kinds.end(), event.kind) > 0)
        return &event;
    return nullptr;
  }

  /// As it was said before the start. Without a word of it the pause came with an export.
  std::optional<Instant> paused_until() const {
    constexpr std::string_view until = "until ";
    std::optional<Instant> last;
    bool told = false;
    for (const auto& event : events_) {
      const bool pauses = event.kind == "subscriber.paused";
      if (!pauses && event.kind != "subscriber.resumed") continue;
      told = true;
      if (event.at > start_) continue;
      last.reset();
      if (!pauses || !event.detail.starts_with(until)) continue;
      if (const auto at = parse_rfc3339(event.detail.substr(until.size()))) last = *at;
    }
    return told ? last : reader_.paused_until;
  }

  const queue::Issue& issue_;
  const subscribers::Subscriber& reader_;
  const std::vector<store::Event>& events_;
  const Telling& telling_;
  const Instant start_;
};

}  // namespace

Absence find_absence(const queue::Issue& issue, const subscribers::Subscriber& reader,
                     const std::optional<subscribers::Suppression>& suppression,
                     const std::vector<store::Event>& events, const Telling& telling) {
  const Past past(issue, reader, events, telling);
  // In the order in which excluded readers are counted; who was no reader is not counted at all.
  if (auto absence = past.came_later()) return *absence;
  if (auto absence = past.suppressed(suppression)) return *absence;
  if (auto absence = past.not_confirmed()) return *absence;
  if (auto absence = past.paused()) return *absence;
  if (!issue.corrects.empty())
    return {"not_affected", "it is an erratum, and went only to those who got '" + issue.corrects +
                                "' as it corrects it"};
  if (past.surely_confirmed() && !issue.segment.empty())
    return {"segment", "outside of its segment: " + issue.segment};
  if (!issue.segment.empty())
    return {"unknown", "outside of its segment (" + issue.segment +
                           ") or not confirmed then; what has changed since hides which"};
  return {"unknown", "what has changed since hides why"};
}

}  // namespace postrider::daemon
