#include "store/sign_ups.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "store/erased.h"
#include "store/ledger.h"
#include "store/notices.h"
#include "store/sign_up_limits.h"
#include "store/suppressions.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;
using queue::NoticeKind;

namespace {

constexpr std::int64_t most_held = 1000;  // of a list
constexpr std::int64_t forgotten_at_once = 200;
constexpr std::string_view stopped = "stopped";

std::string lists_in_json(const std::vector<std::string>& keys) {
  return Json{{"lists", keys}}.dump();
}

std::string joined(const std::vector<std::string>& keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text;
}

/// The only list, for the notice's List-Id.
std::optional<ListId> only_one(const std::vector<ListRow>& lists) {
  return lists.size() == 1 ? std::optional(ListId{lists.front().id}) : std::nullopt;
}

std::vector<std::string> keys_of(const std::vector<ListRow>& lists) {
  std::vector<std::string> keys;
  for (const auto& list : lists) keys.push_back(list.key);
  return keys;
}

/// A mail to a subscriber that asks or tells about sign-ups, and when it goes or went.
struct LastMail {
  std::int64_t id;
  Instant at;
  bool is_question;
  std::vector<std::string> lists;
};

std::optional<LastMail> last_mail(Database& database, std::int64_t subscriber) {
  auto query = database.prepare(
      "SELECT id, max(coalesce(first_try, due, at)), kind = 'confirm', detail FROM notices "
      "WHERE subscriber_id = ? AND kind IN ('confirm', 'already_subscribed')");
  query.bind(subscriber);
  if (!query.step() || query.is_null(0)) return {};
  return LastMail{query.integer(0), query.instant(1), query.integer(2) != 0,
                  Json::parse(query.view(3)).value("lists", std::vector<std::string>())};
}

}  // namespace

/// One sign-up, inside its transaction.
class SignUps::Taking {
 public:
  Taking(Database& database, const ErasedKeys& keys, const SignUp& sign_up,
         std::string_view network, const SignUpTerms& terms, Instant now)
      : database_(database),
        keys_(keys),
        sign_up_(sign_up),
        network_("network " + std::string(network)),
        limited_(!network.empty()),
        terms_(terms),
        now_(now),
        limits_(database, now),
        email_(sign_up.address.str()),
        canonical_(sign_up.address.canonical()) {}

  SignUpAnswer take() {
    if (limited_ && !limits_.allows(network_, terms_.per_network)) return SignUpAnswer::limited;
    for (const auto& key : sign_up_.lists) sort(require_list(database_, key));
    const auto held = why_hold();
    if (!held.empty()) {
      ask_.insert(ask_.end(), join_.begin(), join_.end());
      if (has_room_to_hold()) hold(held);
    } else {
      if (!join_.empty()) join();
      if (!ask_.empty())
        ask();
      else if (join_.empty())
        tell_already();
    }
    if (effect_ && limited_) limits_.take(network_, terms_.per_network);
    return SignUpAnswer::taken;
  }

 private:
  void sort(const ListRow& list) {
    const auto known = writer(list).look_up(canonical_);
    if (known.id != 0) subscriber_ = known.id;
    const bool kept_out = known.known.suppressed || is_erased();
    switch (wish_of(known.known.subscription, kept_out, !terms_.asks_nobody.contains(list.key))) {
      case Wish::ask:
        return ask_.push_back(list);
      case Wish::join:
        return join_.push_back(list);
      case Wish::already:
        return already_.push_back(list);
    }
  }

  bool is_erased() {
    return keys_ && any_erased(database_) && ErasedAddresses(database_, keys_()).knows(canonical_);
  }

  SubscriberWriter writer(const ListRow& list) {
    return {database_, list, [this](SubscriberId subscriber) { return evidence(subscriber); }};
  }

  std::int64_t evidence(SubscriberId subscriber) {
    if (evidence_ == 0)
      evidence_ = add_evidence(database_, "sign-up", "reader", lists_in_json(sign_up_.lists), now_,
                               subscriber);
    return evidence_;
  }

  /// Why an operator is to look first; empty: nothing of that, or nothing to hold.
  std::string why_hold() {
    if (ask_.empty() && join_.empty()) return {};
    if (terms_.hold_role_addresses)
      if (const auto why = suspicion(sign_up_.address); !why.empty()) return std::string(why);
    for (const auto* lists : {&ask_, &join_})
      for (const auto& list : *lists)
        if (limits_.is_stopped({list.id})) return std::string(stopped);
    return {};
  }

  bool has_room_to_hold() {
    return std::all_of(ask_.begin(), ask_.end(), [&](const ListRow& list) {
      auto query =
          database_.prepare("SELECT count(*) FROM sign_ups WHERE list_id = ? AND held <> ''");
      query.bind(list.id).step();
      return query.integer(0) < most_held;
    });
  }

  /// The subscription on that list becomes this; a new subscriber where there was none.
  void write(const ListRow& list, SubscriptionState state) {
    auto its = writer(list);
    const auto known = its.look_up(canonical_);
    Decision decision;
    decision.becomes = state;
    decision.since = now_;
    decision.person = known.known.person;
    if (known.id == 0) decision.person.language = sign_up_.language;
    if (state == SubscriptionState::confirmed && decision.person.name.empty())
      decision.person.name = sign_up_.name;
    decision.rewrites = decision.person != known.known.person;
    Entry entry{.email = email_};
    entry.consent = sign_up_.consent;
    subscriber_ = its.write(known, entry, email_, canonical_, decision, now_);
  }

  void keep(const ListRow& list, std::string_view held, Instant at) {
    if (!state_on(list)) write(list, SubscriptionState::pending);
    const auto consent = to_json(sign_up_.consent);
    database_
        .prepare(
            "INSERT INTO sign_ups VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "at = excluded.at, name = excluded.name, language = excluded.language, "
            "evidence_id = excluded.evidence_id, consent = excluded.consent, held = excluded.held")
        .bind(list.id)
        .bind(subscriber_)
        .bind(at)
        .bind(std::string_view(sign_up_.name))
        .bind(std::string_view(sign_up_.language))
        .bind(evidence({subscriber_}))
        .bind(std::string_view(consent))
        .bind(held)
        .run();
    effect_ = true;
  }

  bool state_on(const ListRow& list) {
    auto query =
        database_.prepare("SELECT 1 FROM subscriptions WHERE list_id = ? AND subscriber_id = ?");
    return query.bind(list.id).bind(subscriber_).step();
  }

  bool is_asked(const ListRow& list) {
    auto query = database_.prepare(
        "SELECT 1 FROM sign_ups WHERE list_id = ? AND subscriber_id = ? AND held = ''");
    return query.bind(list.id).bind(subscriber_).step();
  }

  void note(std::string_view kind, const std::string& detail) {
    Ledger(database_).note_event(kind, detail, "reader", now_, {}, SubscriberId{subscriber_});
  }

  std::string told(const std::vector<ListRow>& lists) const {
    const auto& from = sign_up_.consent.opted_in_from;
    return "to " + joined(keys_of(lists)) + (from.empty() ? "" : " from " + from);
  }

  void hold(const std::string& why) {
    std::erase_if(ask_, [&](const ListRow& list) { return is_asked(list) || is_held(list); });
    if (ask_.empty()) return;
    for (const auto& list : ask_) keep(list, why, now_);
    note("subscriber.held", told(ask_) + ": " + why);
  }

  bool is_held(const ListRow& list) {
    auto query =
        database_.prepare("SELECT 1 FROM sign_ups WHERE list_id = ? AND subscriber_id = ?");
    return query.bind(list.id).bind(subscriber_).step();
  }

  void join() {
    for (const auto& list : join_) {
      write(list, SubscriptionState::confirmed);
      if (terms_.welcomes.contains(list.key)) notice(NoticeKind::welcome, {list}, now_);
    }
    note("subscriber.confirmed", told(join_) + ", without a question");
    effect_ = true;
  }

  void ask() {
    const auto last = last_mail(database_, subscriber_);
    const bool is_soon = last && last->at + terms_.ask_again > now_;
    if (is_soon) std::erase_if(ask_, [&](const ListRow& list) { return is_asked(list); });
    if (ask_.empty()) return;
    if (is_soon && last->is_question && last->at > now_) return add_to(*last);
    if (!count_lists()) return hold(std::string(stopped));
    const auto due = is_soon ? last->at + terms_.ask_again : now_;
    for (const auto& list : ask_) keep(list, "", due);
    notice(NoticeKind::confirm, ask_, due);
    note("subscriber.signed_up", told(ask_));
  }

  /// To a question that is not due yet, and so in nobody's hand.
  void add_to(const LastMail& question) {
    auto keys = question.lists;
    for (const auto& list : ask_) {
      keep(list, "", question.at);
      keys.push_back(list.key);
    }
    database_.prepare("UPDATE notices SET detail = ?, list_id = NULL WHERE id = ?")
        .bind(std::string_view(lists_in_json(keys)))
        .bind(question.id)
        .run();
    note("subscriber.signed_up", told(ask_));
  }

  /// False: one of the lists has had too many, and its breaker is open now.
  bool count_lists() {
    for (const auto& list : ask_) {
      if (limits_.allows("list " + list.key, terms_.per_list)) continue;
      limits_.stop({list.id});
      Ledger(database_).note_event(
          "sign_up.stopped",
          "more than " + to_string(terms_.per_list) + " to " + list.key +
              "; no more of them are asked until `postrider sign-up resume " + list.key + "`",
          "daemon", now_);
      return false;
    }
    for (const auto& list : ask_) limits_.take("list " + list.key, terms_.per_list);
    return true;
  }

  void tell_already() {
    if (already_.empty()) return;
    const auto last = last_mail(database_, subscriber_);
    if (last && last->at + terms_.ask_again > now_) return;
    notice(NoticeKind::already_subscribed, already_, now_);
    note("subscriber.signed_up", told(already_) + ", again");
    effect_ = true;
  }

  void notice(NoticeKind kind, const std::vector<ListRow>& lists, Instant due) {
    Notices(database_).make({.kind = kind,
                             .subscriber = SubscriberId{subscriber_},
                             .list = only_one(lists),
                             .language = sign_up_.language,
                             .detail = lists_in_json(keys_of(lists))},
                            now_, due);
  }

  Database& database_;
  const ErasedKeys& keys_;
  const SignUp& sign_up_;
  const std::string network_;
  const bool limited_;
  const SignUpTerms& terms_;
  const Instant now_;
  SignUpLimits limits_;
  const std::string email_, canonical_;
  std::vector<ListRow> ask_, join_, already_;
  std::int64_t subscriber_ = 0;
  std::int64_t evidence_ = 0;
  bool effect_ = false;
};

SignUpAnswer SignUps::sign_up(const SignUp& sign_up, std::string_view network,
                              const SignUpTerms& terms, Instant now) {
  auto answer = SignUpAnswer::taken;
  database_.transact(
      [&] { answer = Taking(database_, keys_, sign_up, network, terms, now).take(); });
  return answer;
}

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
  if (expired.empty()) return false;
  database_.transact([&] {
    for (const auto& [subscriber, list] : expired) forget(subscriber, list, now);
    SignUpLimits(database_, now).tidy();
  });
  return std::ssize(expired) == forgotten_at_once;
}

/// The sign-up, the pending subscription that came of it, and the subscriber where that is all.
void SignUps::forget(std::int64_t subscriber, std::int64_t list, Instant now) {
  database_.prepare("DELETE FROM sign_ups WHERE list_id = ? AND subscriber_id = ?")
      .bind(list)
      .bind(subscriber)
      .run();
  database_
      .prepare("DELETE FROM subscriptions WHERE list_id = ? AND subscriber_id = ? AND state = 0")
      .bind(list)
      .bind(subscriber)
      .run();
  database_
      .prepare(
          "UPDATE notices SET state = 6, due = NULL WHERE subscriber_id = ?1 AND kind = 'confirm' "
          "AND state IN (0, 7) AND due IS NOT NULL "
          "AND NOT EXISTS (SELECT 1 FROM sign_ups WHERE subscriber_id = ?1)")
      .bind(subscriber)
      .run();
  auto query = database_.prepare(
      "SELECT EXISTS (SELECT 1 FROM subscriptions WHERE subscriber_id = ?1) "
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

void SignUps::forget_subscriber(std::int64_t subscriber) {
  for (const auto* sql :
       {"DELETE FROM attempts WHERE issue_id = 0 AND subscriber_id = ?",
        "DELETE FROM notices WHERE subscriber_id = ?", "DELETE FROM events WHERE subscriber_id = ?",
        "DELETE FROM import_changes WHERE subscriber_id = ? AND import_id IN (SELECT id FROM "
        "imports)",
        "DELETE FROM subscribers WHERE id = ?"})
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
  Ledger(database_).note_event("subscriber.admitted", "to " + joined(keys_of(lists)), "operator",
                               now, {}, SubscriberId{subscriber});
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
