#include "store/sign_ups.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "store/erased.h"
#include "store/import_changes.h"
#include "store/ledger.h"
#include "store/notices.h"
#include "store/sign_up_limits.h"
#include "store/sign_up_lists.h"
#include "store/suppressions.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;
using queue::NoticeKind;

namespace {

constexpr std::int64_t forgotten_at_once = 200;

}  // namespace

// Confirmations ---------------------------------------------------------------------------------

Confirmation SignUps::look(const TokenClaims& claims) {
  std::int64_t subscriber = 0;
  return look(claims, subscriber);
}

Confirmation SignUps::look(const TokenClaims& claims, std::int64_t& subscriber) {
  Confirmation found;
  const auto notice = Notices(database_).find(claims.context);
  if (!notice || notice->kind != NoticeKind::confirm || !notice->subscriber) return found;
  {
    auto query = database_.prepare("SELECT id, language FROM subscribers WHERE uid = ?");
    if (!query.bind(claims.subject).step() || query.integer(0) != notice->subscriber->value)
      return found;
    subscriber = query.integer(0);
    found.language = query.text(1);
  }
  auto query = database_.prepare(
      "SELECT l.key, o.subscriber_id IS NOT NULL, coalesce(n.state, 0) FROM json_each(?2) j "
      "JOIN lists l ON l.key = j.value LEFT JOIN sign_ups o ON o.list_id = l.id "
      "AND o.subscriber_id = ?1 AND o.held = '' LEFT JOIN subscriptions n ON n.list_id = l.id "
      "AND n.subscriber_id = ?1 ORDER BY l.id");
  const auto lists = Json::parse(notice->detail)["lists"].dump();
  query.bind(subscriber).bind(std::string_view(lists));
  std::vector<std::string> open, confirmed;
  while (query.step()) {
    if (query.integer(1) != 0)
      open.push_back(query.text(0));
    else if (query.integer(2) == 1)
      confirmed.push_back(query.text(0));
  }
  if (!open.empty()) {
    found.state = Confirmation::State::open;
    found.lists = std::move(open);
  } else if (!confirmed.empty()) {
    found.state = Confirmation::State::done;
    found.lists = std::move(confirmed);
  }
  return found;
}

Confirmation SignUps::confirm(const TokenClaims& claims, std::string_view from,
                              const SignUpTerms& terms, Instant now) {
  Confirmation found;
  database_.transact([&] {
    std::int64_t subscriber = 0;
    found = look(claims, subscriber);
    if (found.state != Confirmation::State::open) return;
    for (const auto& list : found.lists) confirm(subscriber, list, from, terms, now);
  });
  return found;
}

void SignUps::confirm(std::int64_t subscriber, std::string_view list, std::string_view from,
                      const SignUpTerms& terms, Instant now) {
  const auto row = require_list(database_, list);
  Consent consent;
  consent.confirmed_at = now;
  consent.confirmed_from = from;
  const auto json = to_json(consent);
  database_
      .prepare(
          "INSERT INTO subscriptions (list_id, subscriber_id, state, since, joined_at, "
          "evidence_id, "
          "consent) SELECT list_id, subscriber_id, 1, ?1, ?1, evidence_id, "
          "json_patch(coalesce(nullif(consent, ''), '{}'), ?2) FROM sign_ups "
          "WHERE list_id = ?3 AND subscriber_id = ?4 "
          "ON CONFLICT (list_id, subscriber_id) DO UPDATE SET state = excluded.state, "
          "since = excluded.since, joined_at = excluded.joined_at, "
          "evidence_id = excluded.evidence_id, "
          "consent = json_patch(coalesce(consent, '{}'), excluded.consent)")
      .bind(now)
      .bind(std::string_view(json))
      .bind(row.id)
      .bind(subscriber)
      .run();
  std::string language;
  {
    auto query = database_.prepare(
        "SELECT name, language FROM sign_ups WHERE list_id = ? AND subscriber_id = ?");
    query.bind(row.id).bind(subscriber).step();
    language = query.text(1);
    database_
        .prepare(
            "UPDATE subscribers SET name = CASE name WHEN '' THEN ?1 ELSE name END, "
            "language = CASE language WHEN '' THEN ?2 ELSE language END, left_all_at = NULL "
            "WHERE id = ?3")
        .bind(std::string_view(query.text(0)))
        .bind(std::string_view(language))
        .bind(subscriber)
        .run();
  }
  database_.prepare("DELETE FROM sign_ups WHERE list_id = ? AND subscriber_id = ?")
      .bind(row.id)
      .bind(subscriber)
      .run();
  const auto known = [&] {
    auto query = database_.prepare("SELECT email FROM subscribers WHERE id = ?");
    query.bind(subscriber).step();
    return mail::parse_address(query.text(0));
  }();
  if (known) {
    remove_suppression(database_, *known, "reader", now);
    if (keys_) ErasedAddresses(database_, keys_()).forget(known->canonical());
  }
  Ledger(database_).note_event("subscriber.confirmed",
                               "on " + row.key + " by the link in the mail" +
                                   (from.empty() ? "" : " from " + std::string(from)),
                               "reader", now, {}, SubscriberId{subscriber});
  if (terms.welcomes.contains(row.key))
    Notices(database_).make({.kind = NoticeKind::welcome,
                             .subscriber = SubscriberId{subscriber},
                             .list = ListId{row.id},
                             .language = language,
                             .detail = lists_in_json({row.key})},
                            now);
}

// Forgetting ------------------------------------------------------------------------------------

bool SignUps::forget_expired(Instant before, Instant now) {
  std::vector<std::pair<std::int64_t, std::int64_t>> expired;
  {
    auto query = database_.prepare(
        "SELECT subscriber_id, list_id FROM sign_ups WHERE at <= ? ORDER BY at LIMIT ?");
    query.bind(before).bind(forgotten_at_once);
    while (query.step()) expired.emplace_back(query.integer(0), query.integer(1));
  }
  database_.transact([&] {
    for (const auto& [subscriber, list] : expired) forget(subscriber, list, now);
    SignUpLimits(database_, now).tidy();
  });
  return std::ssize(expired) == forgotten_at_once;
}

/// The sign-up, the pending subscription that came of it, their evidence, and the subscriber where
/// that is all.
void SignUps::forget(std::int64_t subscriber, std::int64_t list, Instant now) {
  for (const auto* sql :
       {"DELETE FROM sign_ups WHERE list_id = ? AND subscriber_id = ? RETURNING evidence_id",
        "DELETE FROM subscriptions WHERE list_id = ? AND subscriber_id = ? AND state = 0 "
        "RETURNING evidence_id"}) {
    auto remove = database_.prepare(sql);
    if (remove.bind(list).bind(subscriber).step()) forget_evidence(subscriber, remove.integer(0));
  }
  database_
      .prepare(
          "UPDATE notices SET state = 6, due = NULL WHERE subscriber_id = ?1 AND kind = 'confirm' "
          "AND state IN (0, 7) AND due IS NOT NULL "
          "AND NOT EXISTS (SELECT 1 FROM sign_ups WHERE subscriber_id = ?1)")
      .bind(subscriber)
      .run();
  auto query = database_.prepare(
      "SELECT EXISTS (SELECT 1 FROM subscriptions WHERE subscriber_id = ?1) "
      "OR EXISTS (SELECT 1 FROM subscribers WHERE id = ?1 AND left_all_at IS NOT NULL) "
      "OR EXISTS (SELECT 1 FROM sign_ups WHERE subscriber_id = ?1) "
      "OR EXISTS (SELECT 1 FROM notices WHERE subscriber_id = ?1 AND state = 2) "
      "OR EXISTS (SELECT 1 FROM imports m CROSS JOIN import_changes c ON c.import_id = m.id "
      "AND c.subscriber_id = ?1 WHERE c.undone_at IS NULL) "
      "OR EXISTS (SELECT 1 FROM issues i CROSS JOIN deliveries d ON d.issue_id = i.id "
      "AND d.subscriber_id = ?1)");
  query.bind(subscriber).step();
  if (query.integer(0) == 0) return forget_subscriber(subscriber);
  Ledger(database_).note_event("subscriber.expired", "was not confirmed in time", "daemon", now, {},
                               SubscriberId{subscriber});
}

/// One sign-up may be to several lists.
void SignUps::forget_evidence(std::int64_t subscriber, std::int64_t evidence) {
  database_
      .prepare(
          "DELETE FROM evidence WHERE id = ?2 AND subscriber_id = ?1 AND NOT EXISTS "
          "(SELECT 1 FROM sign_ups WHERE subscriber_id = ?1 AND evidence_id = ?2) AND NOT EXISTS "
          "(SELECT 1 FROM subscriptions WHERE subscriber_id = ?1 AND evidence_id = ?2)")
      .bind(subscriber)
      .bind(evidence)
      .run();
}

void SignUps::forget_subscriber(std::int64_t subscriber) {
  forget_changes(database_, {subscriber});
  for (const auto* sql :
       {"DELETE FROM attempts WHERE issue_id = 0 AND subscriber_id = ?",
        "DELETE FROM notices WHERE subscriber_id = ?", "DELETE FROM events WHERE subscriber_id = ?",
        "DELETE FROM evidence WHERE subscriber_id = ?", "DELETE FROM subscribers WHERE id = ?"})
    database_.prepare(sql).bind(subscriber).run();
}

std::vector<OpenSignUp> SignUps::of(SubscriberId subscriber) {
  auto query = database_.prepare(
      "SELECT l.key, o.at, o.name, o.language, o.consent, o.held FROM sign_ups o "
      "JOIN lists l ON l.id = o.list_id WHERE o.subscriber_id = ? ORDER BY l.key");
  query.bind(subscriber.value);
  std::vector<OpenSignUp> open;
  while (query.step())
    open.push_back({query.text(0), query.instant(1), query.text(2), query.text(3), query.text(4),
                    query.text(5)});
  return open;
}

}  // namespace postrider::store
