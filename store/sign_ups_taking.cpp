// A sign-up as it comes in: what is asked, held, or known already.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "store/erased.h"
#include "store/ledger.h"
#include "store/notices.h"
#include "store/operator_mail.h"
#include "store/sign_up_limits.h"
#include "store/sign_up_lists.h"
#include "store/sign_ups.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;
using queue::NoticeKind;

namespace {

constexpr std::int64_t most_held = 1000;  // of a list

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
    // Nobody knows yet that it is the reader's own hand.
    const auto state =
        has_left(known.known) ? SubscriptionState::unsubscribed : known.known.subscription;
    switch (wish_of(state, kept_out, !terms_.asks_nobody.contains(list.key))) {
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

  /// Asked, or held.
  bool is_open(const ListRow& list) {
    auto query =
        database_.prepare("SELECT 1 FROM sign_ups WHERE list_id = ? AND subscriber_id = ?");
    return query.bind(list.id).bind(subscriber_).step();
  }

  void note(std::string_view kind, const std::string& detail) {
    Ledger(database_).note_event(kind, detail, "reader", now_, {}, SubscriberId{subscriber_});
  }

  std::string told(const std::vector<ListRow>& lists) const {
    const auto& from = sign_up_.consent.opted_in_from;
    return "to " + postrider::join(keys_of(lists), ", ") + (from.empty() ? "" : " from " + from);
  }

  void hold(const std::string& why) {
    std::erase_if(ask_, [&](const ListRow& list) { return is_open(list); });
    if (ask_.empty()) return;
    for (const auto& list : ask_) keep(list, why, now_);
    note("subscriber.held", told(ask_) + ": " + why);
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
      const auto why = "more than " + to_string(terms_.per_list) + " to " + list.key +
                       "; no more of them are asked until `postrider sign-up resume " + list.key +
                       "`";
      Ledger(database_).note_event("sign_up.stopped", why, "daemon", now_);
      OperatorMails(database_).tell(OperatorEvent::sign_ups, list.key, why, now_);
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

}  // namespace postrider::store
