// What operators and imports do with sign-ups: those that are held, and those of readers for whom
// somebody else vouches.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "store/ledger.h"
#include "store/notices.h"
#include "store/sign_up_limits.h"
#include "store/sign_up_lists.h"
#include "store/sign_ups.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;
using queue::NoticeKind;

// Operators -------------------------------------------------------------------------------------

std::vector<HeldSignUp> SignUps::held() {
  std::vector<HeldSignUp> all;
  std::int64_t last = 0;
  auto query = database_.prepare(
      "SELECT o.subscriber_id, s.email, l.key, o.held, o.at FROM sign_ups o INDEXED BY "
      "sign_ups_held "
      "JOIN subscribers s ON s.id = o.subscriber_id JOIN lists l ON l.id = o.list_id "
      "WHERE o.held <> '' ORDER BY o.at, o.subscriber_id, l.id");
  while (query.step()) {
    if (query.integer(0) != last)
      all.push_back({query.text(1), {}, query.text(3), query.instant(4)});
    last = query.integer(0);
    all.back().lists.push_back(query.text(2));
  }
  return all;
}

std::int64_t SignUps::count_held() {
  auto query =
      database_.prepare("SELECT count(DISTINCT subscriber_id) FROM sign_ups WHERE held <> ''");
  query.step();
  return query.integer(0);
}

namespace {

/// The subscriber of that address with a sign-up that is held; 0: there is none.
std::int64_t held_one(Database& database, const mail::Address& address) {
  auto query = database.prepare(
      "SELECT s.id FROM subscribers s WHERE s.canonical = ? "
      "AND EXISTS (SELECT 1 FROM sign_ups o WHERE o.subscriber_id = s.id AND o.held <> '')");
  const auto canonical = address.canonical();
  return query.bind(std::string_view(canonical)).step() ? query.integer(0) : 0;
}

Result<void> none_held(const mail::Address& address) {
  return fail("no sign-up of " + address.str() +
              " is held; `postrider sign-up list` shows those there are");
}

}  // namespace

/// Those that are held for that reason (empty: for any): one mail asks for all of them.
void SignUps::ask_held(std::int64_t subscriber, std::string_view reason, Instant now) {
  std::vector<ListRow> lists;
  std::string language;
  {
    auto query = database_.prepare(
        "SELECT o.list_id, l.key, o.language FROM sign_ups o JOIN lists l ON l.id = o.list_id "
        "WHERE o.subscriber_id = ?1 AND o.held <> '' AND (?2 = '' OR o.held = ?2)");
    query.bind(subscriber).bind(reason);
    while (query.step()) {
      lists.push_back({query.integer(0), query.text(1)});
      language = query.text(2);
    }
  }
  for (const auto& list : lists)
    database_
        .prepare("UPDATE sign_ups SET held = '', at = ? WHERE list_id = ? AND subscriber_id = ?")
        .bind(now)
        .bind(list.id)
        .bind(subscriber)
        .run();
  Notices(database_).make({.kind = NoticeKind::confirm,
                           .subscriber = SubscriberId{subscriber},
                           .list = only_one(lists),
                           .language = language,
                           .detail = lists_in_json(keys_of(lists)),
                           .may_wait = !reason.empty()},
                          now);
  Ledger(database_).note_event("subscriber.admitted", "to " + join(keys_of(lists), ", "),
                               "operator", now, {}, SubscriberId{subscriber});
}

Result<void> SignUps::admit(const mail::Address& address, Instant now) {
  std::int64_t subscriber = 0;
  database_.transact([&] {
    subscriber = held_one(database_, address);
    if (subscriber != 0) ask_held(subscriber, "", now);
  });
  return subscriber == 0 ? none_held(address) : Result<void>();
}

Result<void> SignUps::drop(const mail::Address& address, Instant now) {
  std::int64_t subscriber = 0;
  database_.transact([&] {
    subscriber = held_one(database_, address);
    if (subscriber == 0) return;
    std::vector<std::int64_t> lists;
    {
      auto query =
          database_.prepare("SELECT list_id FROM sign_ups WHERE subscriber_id = ? AND held <> ''");
      query.bind(subscriber);
      while (query.step()) lists.push_back(query.integer(0));
    }
    for (const auto list : lists) forget(subscriber, list, now);
  });
  return subscriber == 0 ? none_held(address) : Result<void>();
}

Result<std::int64_t> SignUps::resume(std::string_view list, Instant now) {
  bool was_stopped = false;
  std::vector<std::int64_t> waiting;
  database_.transact([&] {
    const auto row = require_list(database_, list);
    SignUpLimits limits(database_, now);
    was_stopped = limits.go_on({row.id});
    if (!was_stopped) return;
    limits.forget("list " + row.key);
    {
      auto query = database_.prepare(
          "SELECT subscriber_id FROM sign_ups WHERE list_id = ? AND held = ? ORDER BY at");
      query.bind(row.id).bind(stopped);
      while (query.step()) waiting.push_back(query.integer(0));
    }
    for (const auto subscriber : waiting) ask_held(subscriber, stopped, now);
    Ledger(database_).note_event("sign_up.resumed", "to " + row.key, "operator", now);
  });
  if (!was_stopped)
    return fail("sign-ups to " + std::string(list) + " are not stopped; nothing changed");
  return std::ssize(waiting);
}

// Asked by others -------------------------------------------------------------------------------

void ask_pending(Database& database, std::int64_t subscriber, const ListRow& row,
                 std::int64_t evidence, Instant now, Instant due, bool may_wait) {
  database
      .prepare(
          "INSERT INTO sign_ups (list_id, subscriber_id, at, evidence_id) VALUES (?, ?, ?, ?) "
          "ON CONFLICT DO NOTHING")
      .bind(row.id)
      .bind(subscriber)
      .bind(due)
      .bind(evidence)
      .run();
  Notices(database).make({.kind = NoticeKind::confirm,
                          .subscriber = SubscriberId{subscriber},
                          .list = ListId{row.id},
                          .detail = lists_in_json({row.key}),
                          .may_wait = may_wait},
                         now, due);
}

std::optional<Instant> last_question_that_waits(Database& database) {
  auto query = database.prepare(
      "SELECT max(due) FROM notices WHERE rank = 1 AND state IN (0, 7) AND due IS NOT NULL");
  query.step();
  return query.optional_instant(0);
}

}  // namespace postrider::store
