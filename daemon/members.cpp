#include "daemon/members.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "store/sqlite_subscribers.h"

namespace postrider::daemon {

namespace {

std::optional<store::Ledger::ListRow> find_list(store::Ledger& ledger, std::uint64_t uid) {
  const auto rows = ledger.lists();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [uid](const auto& candidate) { return candidate.uid == uid; });
  return row == rows.end() ? std::nullopt : std::optional(*row);
}

}  // namespace

ListMembers::ListMembers(std::map<std::string, std::string> names, store::Database& reading,
                         store::Database& writing, queue::Writer& writer, const Clock& clock,
                         Post post)
    : names_(std::move(names)),
      reading_(reading),
      writing_(writing),
      writer_(writer),
      clock_(clock),
      post_(std::move(post)) {}

std::optional<http::Members::Member> ListMembers::find(const TokenClaims& claims) {
  store::Ledger ledger(reading_);
  const auto list = find_list(ledger, claims.list);
  const auto subscriber = store::SqliteSubscribers(reading_).find(claims.subject);
  if (!list || !subscriber) return {};
  const auto& subscriptions = subscriber->subscriptions;
  const auto subscription =
      std::find_if(subscriptions.begin(), subscriptions.end(),
                   [&](const auto& candidate) { return candidate.list == list->key; });
  const auto name = names_.find(list->key);
  return Member{name == names_.end() ? list->key : name->second, subscriber->language,
                subscription != subscriptions.end() &&
                    subscription->state != subscribers::SubscriptionState::unsubscribed};
}

void ListMembers::leave(const TokenClaims& claims, std::function<void(bool)> done) {
  const auto answer = [done = std::move(done), post = post_](bool left) {
    post([done, left] { done(left); });
  };
  writer_.submit({[claims, &writing = writing_, &clock = clock_] {
                    store::Ledger ledger(writing);
                    const auto list = find_list(ledger, claims.list);
                    const auto subscriber = store::SqliteSubscribers(writing).find(claims.subject);
                    if (list && subscriber)
                      ledger.unsubscribe(subscriber->id, list->id, "reader", "unsubscribe link",
                                         clock.now(), ledger.find_issue_by_uid(claims.context));
                  },
                  [answer] { answer(true); },
                  [answer](const std::string& why) {
                    spdlog::error("an unsubscribe could not be recorded: {}", why);
                    answer(false);
                  }});
}

std::string ListMembers::trouble() { return writer_.trouble(); }

}  // namespace postrider::daemon
