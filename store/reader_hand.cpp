#include "store/reader_hand.h"

#include <algorithm>

#include "store/erased.h"
#include "store/ledger.h"
#include "store/notices.h"
#include "store/subscriber_writer.h"
#include "subscribers/registration.h"

namespace postrider::store {

namespace {

constexpr int most_questions_a_day = 3;  // of one kind, to one reader
constexpr auto day = std::chrono::hours(24);

void write_person(Database& database, const OwnProfile& was, const OwnChoices& choices,
                  Instant now) {
  const auto change = subscribers::told_change(
      {.name = was.name, .language = was.language, .time_zone = was.time_zone},
      {.name = choices.name, .language = choices.language, .time_zone = choices.time_zone});
  if (change.empty()) return;
  database.prepare("UPDATE subscribers SET name = ?, language = ?, time_zone = ? WHERE id = ?")
      .bind(choices.name)
      .bind(choices.language)
      .bind(choices.time_zone)
      .bind(was.id.value)
      .run();
  Ledger(database).note_event("subscriber.updated", change, "reader", now, {}, was.id);
}

void write_pause(Database& database, const OwnProfile& was, const OwnChoices& choices,
                 Instant now) {
  if (was.paused_until == choices.paused_until) return;
  database.prepare("UPDATE subscribers SET paused_until = ? WHERE id = ?")
      .bind(choices.paused_until)
      .bind(was.id.value)
      .run();
  const bool pauses = choices.paused_until && *choices.paused_until > now;
  const bool paused = was.paused_until && *was.paused_until > now;
  if (!pauses && !paused) return;
  Ledger(database).note_event(pauses ? "subscriber.paused" : "subscriber.resumed",
                              pauses ? "until " + rfc3339(*choices.paused_until) : "", "reader",
                              now, {}, was.id);
}

void join_list(Database& database, SubscriberId reader, const std::string& key,
               std::int64_t evidence, Instant now) {
  // A sign-up that was not confirmed yet is settled by this.
  Ledger(database).call_off(reader, {require_list(database, key).id}, now);
  database
      .prepare(
          "INSERT INTO subscriptions (list_id, subscriber_id, state, since, joined_at, "
          "evidence_id) "
          "SELECT id, ?1, 1, ?2, ?2, ?3 FROM lists WHERE key = ?4 "
          "ON CONFLICT (list_id, subscriber_id) DO UPDATE SET state = 1, since = excluded.since, "
          "joined_at = excluded.joined_at, evidence_id = excluded.evidence_id")
      .bind(reader.value)
      .bind(now)
      .bind(evidence)
      .bind(key)
      .run();
  database.prepare("UPDATE subscribers SET left_all_at = NULL WHERE id = ?")
      .bind(reader.value)
      .run();
  Ledger(database).note_event("subscriber.subscribed", "preferences page: " + key, "reader", now,
                              {}, reader);
}

void write_lists(Database& database, const OwnProfile& was, const OwnChoices& choices,
                 Instant now) {
  Ledger ledger(database);
  const auto issue = ledger.find_issue_by_uid(choices.issue);
  for (const auto& key : choices.leaves)
    if (was.lists.contains(key) || was.pending.contains(key))
      ledger.unsubscribe(was.id, {require_list(database, key).id}, "reader",
                         "preferences page: " + key, now, issue);
  std::int64_t evidence = 0;
  for (const auto& key : choices.joins) {
    const bool may = choices.open.contains(key) || was.pending.contains(key);
    if (!may || was.lists.contains(key)) continue;
    if (evidence == 0)
      evidence = add_evidence(database, "preferences", "reader", choices.evidence, now, was.id);
    join_list(database, was.id, key, evidence, now);
  }
}

/// How many questions of that kind this reader caused within a day.
std::int64_t questions(Database& database, SubscriberId reader, queue::NoticeKind kind,
                       Instant now) {
  auto query = database.prepare(
      "SELECT count(*) FROM notices WHERE subscriber_id = ? AND kind = ? AND at > ?");
  const auto word = to_string(kind);
  query.bind(reader.value).bind(word).bind(now - day).step();
  return query.integer(0);
}

/// Nobody else's, and nobody asked to leave it alone.
bool is_free(Database& database, const mail::Address& address) {
  const auto canonical = address.canonical();
  auto query = database.prepare(
      "SELECT EXISTS (SELECT 1 FROM subscribers WHERE canonical = ?1) "
      "OR EXISTS (SELECT 1 FROM suppressions WHERE canonical = ?1)");
  query.bind(canonical).step();
  return query.integer(0) == 0;
}

/// The notice of that random id, where it asked this reader that, not too long ago.
std::optional<NoticeRow> question(Database& database, SubscriberId reader, std::uint64_t uid,
                                  queue::NoticeKind kind, Instant now) {
  auto row = Notices(database).find(uid);
  const bool fits =
      row && row->kind == kind && row->subscriber == reader && row->at + confirmation_open > now;
  return fits ? std::move(row) : std::nullopt;
}

}  // namespace

std::optional<OwnProfile> ReaderHand::profile(const Uid& reader) {
  OwnProfile profile;
  {
    auto query = database_.prepare(
        "SELECT id, email, name, language, time_zone, paused_until FROM subscribers WHERE uid = ?");
    if (!query.bind(reader).step()) return {};
    profile = {{query.integer(0)},
               query.text(1),
               query.text(2),
               query.text(3),
               query.text(4),
               query.optional_instant(5),
               {},
               {}};
  }
  auto query = database_.prepare(
      "SELECT l.key, n.state FROM subscriptions n JOIN lists l ON l.id = n.list_id "
      "WHERE n.subscriber_id = ? AND n.state <> 2");
  query.bind(profile.id.value);
  while (query.step())
    (query.integer(1) == 1 ? profile.lists : profile.pending).insert(query.text(0));
  return profile;
}

void ReaderHand::choose(const Uid& reader, const OwnChoices& choices, Instant now) {
  database_.transact([&] {
    const auto was = profile(reader);
    if (!was) return;
    write_person(database_, *was, choices, now);
    write_pause(database_, *was, choices, now);
    write_lists(database_, *was, choices, now);
  });
}

void ReaderHand::ask_at(const Uid& uid, const mail::Address& address, Instant now) {
  database_.transact([&] {
    const auto asker = profile(uid);
    constexpr auto kind = queue::NoticeKind::change_address;
    if (!asker || !is_free(database_, address) ||
        questions(database_, asker->id, kind, now) >= most_questions_a_day)
      return;
    Notices(database_).make({.kind = kind, .subscriber = asker->id, .address = address}, now);
    Ledger(database_).note_event("subscriber.address_asked", "for " + address.str(), "reader", now,
                                 {}, asker->id);
  });
}

std::optional<std::string> ReaderHand::asked_address(const Uid& uid, std::uint64_t notice,
                                                     Instant now) {
  const auto reader = profile(uid);
  if (!reader) return {};
  const auto asked =
      question(database_, reader->id, notice, queue::NoticeKind::change_address, now);
  const auto address = mail::parse_address(asked ? asked->address : "");
  if (!address || (address->str() != reader->email && !is_free(database_, *address))) return {};
  return address->str();
}

void ReaderHand::take_address(const Uid& uid, std::uint64_t notice, Instant now) {
  database_.transact([&] {
    const auto email = asked_address(uid, notice, now);
    const auto was = profile(uid);
    if (!email || *email == was->email) return;
    const auto canonical = mail::parse_address(*email)->canonical();
    database_.prepare("UPDATE subscribers SET email = ?, canonical = ?, domain_id = ? WHERE id = ?")
        .bind(*email)
        .bind(canonical)
        .bind(domain_id(database_, canonical.substr(0, canonical.find(' '))))
        .bind(was->id.value)
        .run();
    if (keys_) ErasedAddresses(database_, keys_()).forget(canonical);
    if (const auto old = mail::parse_address(was->email))
      Notices(database_).make(
          {.kind = queue::NoticeKind::address_changed, .subscriber = was->id, .address = *old},
          now);
    Ledger(database_).note_event("subscriber.address_changed",
                                 std::string(address_was) + was->email, "reader", now, {}, was->id);
  });
}

void ReaderHand::ask_to_erase(const Uid& uid, Instant now) {
  database_.transact([&] {
    const auto asker = profile(uid);
    constexpr auto kind = queue::NoticeKind::erase;
    if (!asker || questions(database_, asker->id, kind, now) >= most_questions_a_day) return;
    Notices(database_).make({.kind = kind, .subscriber = asker->id}, now);
    Ledger(database_).note_event("subscriber.erasure_asked", "", "reader", now, {}, asker->id);
  });
}

bool ReaderHand::was_asked_to_erase(const Uid& uid, std::uint64_t notice, Instant now) {
  const auto asker = profile(uid);
  return asker && question(database_, asker->id, notice, queue::NoticeKind::erase, now).has_value();
}

}  // namespace postrider::store
