#include "daemon/timetable.h"

#include <doctest/doctest.h>

#include "daemon/calendar.h"
#include "daemon/draft_slots.h"
#include "daemon/local_starts.h"
#include "store/house.h"
#include "store/operator_news.h"
#include "store/slots.h"

using namespace postrider;
using namespace postrider::daemon;
using namespace std::chrono_literals;
using queue::IssueState;

namespace {

Instant moment(const char* text) { return parse_rfc3339(text).value(); }

/// A newsletter that comes out on Mondays at 08:00 in New York; it is Friday noon there.
struct Weekly : test::House {
  config::Settings settings;
  store::Slots slots{*database};

  Weekly() {
    clock.set(moment("2022-01-07T17:00:00Z"));
    config::List list{.key = "report", .name = "The Report"};
    list.schedule.slots = {parse_slot("Mon 08:00").value()};
    list.schedule.zone = "America/New_York";
    settings.lists = {list};
    ledger.set_first_scan_done(clock.now());
    tick();
  }

  config::List& list() { return settings.lists[0]; }

  void tick() {
    if (is_timetable_kept(*database, settings.lists, clock.now())) return;
    database->transact([&] { keep_timetable(*database, settings.lists, clock.now()); });
    CHECK(is_timetable_kept(*database, settings.lists, clock.now()));
  }

  /// A ready draft without send_at, as the publisher records it.
  IssueId ready(const std::string& slug, const std::string& date = "",
                std::optional<std::chrono::seconds> local_time = {}) {
    store::DraftRecord record;
    record.slug = record.title = slug;
    record.path = slug + ".md";
    record.source_hash = "hash";
    record.lists = {"report"};
    record.ready = true;
    const auto kept = slots.kept(slug);
    record.scheduled_at = kept;
    record.state = kept ? IssueState::scheduled : IssueState::draft;
    record.local_time = local_time;
    if (kept && local_time) {
      const auto before = ledger.find_issue(slug);
      record.scheduled_at = before->scheduled_at;
      record.local_day = {local_day_of(*kept, "America/New_York"), *kept};
    }
    const auto issue = ledger.put_draft(record, "daemon", clock.now());
    slots.set(issue, true, date);
    return issue;
  }

  void withdraw(const std::string& slug) {
    store::DraftRecord record;
    record.slug = record.title = slug;
    record.path = slug + ".md";
    record.lists = {"report"};
    slots.set(ledger.put_draft(record, "daemon", clock.now()), false, "");
  }

  /// "2022-01-10 08:00"; empty: no time.
  std::string slot(IssueId issue) {
    const auto at = ledger.find_issue(issue)->scheduled_at;
    return at ? format_in_zone(*at, "America/New_York", "%F %R") : "";
  }

  /// Starts what is due.
  int start_due() {
    int started = 0;
    for (const auto& issue : ledger.due_issues(clock.now())) {
      freeze(issue.id);
      ++started;
    }
    return started;
  }

  std::int64_t events(const std::string& kind) {
    auto query = database->prepare("SELECT count(*) FROM events WHERE kind = ?");
    query.bind(kind).step();
    return query.integer(0);
  }
};

}  // namespace

TEST_CASE("a ready draft takes the next free slot, and the one after it the next") {
  Weekly weekly;
  const auto first = weekly.ready("a");
  weekly.tick();
  CHECK(weekly.state(first) == IssueState::scheduled);
  CHECK(weekly.slot(first) == "2022-01-10 08:00");
  const auto second = weekly.ready("b");
  weekly.tick();
  CHECK(weekly.slot(first) == "2022-01-10 08:00");
  CHECK(weekly.slot(second) == "2022-01-17 08:00");
}

TEST_CASE("a draft that is edited keeps its slot, and so it does when it was just due") {
  Weekly weekly;
  const auto issue = weekly.ready("a");
  weekly.tick();
  weekly.ready("a");
  weekly.tick();
  CHECK(weekly.slot(issue) == "2022-01-10 08:00");
  weekly.clock.set(moment("2022-01-10T13:00:01Z"));
  weekly.ready("a");
  weekly.tick();
  CHECK(weekly.slot(issue) == "2022-01-10 08:00");
  CHECK(weekly.start_due() == 1);
}

TEST_CASE("an older date takes the earlier slot, and who is gone leaves it to those that follow") {
  Weekly weekly;
  const auto newer = weekly.ready("newer", "2022-01-06");
  weekly.tick();
  const auto older = weekly.ready("older", "2022-01-05");
  weekly.tick();
  CHECK(weekly.slot(older) == "2022-01-10 08:00");
  CHECK(weekly.slot(newer) == "2022-01-17 08:00");
  weekly.ledger.set_missing(older, true, weekly.clock.now());
  weekly.tick();
  CHECK(weekly.slot(newer) == "2022-01-10 08:00");
  weekly.ready("older", "2022-01-05");  // is back
  weekly.tick();
  CHECK(weekly.slot(older) == "2022-01-10 08:00");
  CHECK(weekly.slot(newer) == "2022-01-17 08:00");
  weekly.withdraw("older");
  weekly.tick();
  CHECK(weekly.slot(newer) == "2022-01-10 08:00");
  CHECK(weekly.slot(older) == "");
}

TEST_CASE("a slot that passed before a draft was ready is never taken") {
  Weekly weekly;
  weekly.clock.set(moment("2022-01-10T13:00:00Z"));
  const auto issue = weekly.ready("a");
  weekly.tick();
  CHECK(weekly.slot(issue) == "2022-01-17 08:00");
}

TEST_CASE("an operator's time frees the slot, and is left alone") {
  Weekly weekly;
  const auto first = weekly.ready("a");
  const auto second = weekly.ready("b");
  weekly.tick();
  REQUIRE(
      weekly.ledger.schedule("a", moment("2022-01-12T10:00:00Z"), "operator", weekly.clock.now()));
  weekly.tick();
  CHECK(weekly.slot(first) == "2022-01-12 05:00");
  CHECK(weekly.slot(second) == "2022-01-10 08:00");
  CHECK_FALSE(weekly.slots.goes_by_slot(first));
}

TEST_CASE("an issue that waits for its slot while the daemon is off keeps it, however late") {
  Weekly weekly;
  const auto issue = weekly.ready("a");
  weekly.tick();
  weekly.clock.set(moment("2022-01-13T12:00:00Z"));
  weekly.tick();
  CHECK(weekly.slot(issue) == "2022-01-10 08:00");
  CHECK(weekly.events("slot.quiet") == 0);
}

TEST_CASE("other slots deal what is planned anew, without a word of those that never were") {
  Weekly weekly;
  const auto issue = weekly.ready("a");
  weekly.tick();
  weekly.list().schedule.slots = {parse_slot("Thu 09:00").value()};
  weekly.tick();
  CHECK(weekly.slot(issue) == "2022-01-13 09:00");
  weekly.list().schedule.zone = "Europe/Berlin";
  weekly.tick();
  CHECK(weekly.slot(issue) == "2022-01-13 03:00");
  CHECK(weekly.events("slot.quiet") == 0);
}

TEST_CASE(
    "a slot that passes without an issue is an event, once, and the operator's mail if wanted") {
  Weekly weekly;
  weekly.clock.set(moment("2022-01-10T13:00:00Z"));
  weekly.tick();
  weekly.tick();
  CHECK(weekly.events("slot.quiet") == 1);
  CHECK(test::news_of(*weekly.database, store::OperatorEvent::slot_quiet).empty());
  weekly.list().remind = 24h;
  weekly.clock.set(moment("2022-01-17T13:00:00Z"));
  weekly.tick();
  CHECK(weekly.events("slot.quiet") == 2);
  CHECK(test::news_of(*weekly.database, store::OperatorEvent::slot_quiet) ==
        std::vector<std::string>{
            "report: the slot of report on Mon 2022-01-17 08:00 EST passed without an issue"});
}

TEST_CASE("a week with an issue, and a day that is skipped, are not quiet") {
  Weekly weekly;
  weekly.list().remind = 24h;
  weekly.list().schedule.skip = {parse_day("2022-01-17").value()};
  weekly.tick();
  weekly.ready("a");
  for (int hour = 0; hour < 24 * 12; ++hour) {
    weekly.tick();
    weekly.start_due();
    weekly.clock.advance(1h);
  }
  CHECK(weekly.events("slot.quiet") == 0);
  CHECK(test::news_of(*weekly.database, store::OperatorEvent::slot_empty).empty());
}

TEST_CASE("before an empty slot the operator is reminded, once") {
  Weekly weekly;
  weekly.list().remind = 24h;
  const auto reminders = [&] {
    return test::news_of(*weekly.database, store::OperatorEvent::slot_empty).size();
  };
  weekly.clock.set(moment("2022-01-09T12:59:59Z"));
  weekly.tick();
  CHECK(reminders() == 0);
  weekly.clock.advance(1s);
  weekly.tick();
  weekly.clock.advance(1h);
  weekly.tick();
  CHECK(reminders() == 1);
  // A draft that was planned and is withdrawn leaves its slot empty, too.
  weekly.ready("a");
  weekly.ready("b");
  weekly.tick();
  weekly.clock.set(moment("2022-01-10T13:00:00Z"));
  weekly.tick();
  weekly.start_due();
  weekly.clock.set(moment("2022-01-16T20:00:00Z"));
  weekly.tick();
  CHECK(reminders() == 1);
  weekly.withdraw("b");
  weekly.tick();
  CHECK(reminders() == 2);
}

TEST_CASE("one reminder tells of all slots that would be told of within the hour") {
  Weekly weekly;
  weekly.list().remind = 24h;
  weekly.list().schedule.slots = {parse_slot("Mon 08:00").value(), parse_slot("Mon 08:30").value(),
                                  parse_slot("Mon 09:00").value(), parse_slot("Mon 09:01").value()};
  auto other = weekly.list();
  other.key = "digest";
  other.remind = 0h;
  weekly.settings.lists.push_back(other);
  weekly.tick();
  const auto reminders = [&] {
    return test::news_of(*weekly.database, store::OperatorEvent::slot_empty).size();
  };
  weekly.clock.set(moment("2022-01-09T13:00:00Z"));
  weekly.tick();
  CHECK(reminders() == 3);
  weekly.clock.set(moment("2022-01-09T14:01:00Z"));
  weekly.tick();
  CHECK(reminders() == 4);
}

TEST_CASE("each slot fires once, however the clock is put") {
  Weekly weekly;
  // One that is ready a week ahead, and one more each Friday.
  int drafts = 100;
  weekly.ready("issue-" + std::to_string(drafts));
  int started = 0;
  const auto look = [&] {
    weekly.tick();
    started += weekly.start_due();
  };
  // A year by the hour, with a step back and one forwards around each Monday morning.
  const auto end = moment("2023-01-07T00:00:00Z");
  while (weekly.clock.now() < end) {
    const auto now = weekly.clock.now();
    const auto hour = format_in_zone(now, "America/New_York", "%a %H");
    if (hour == "Fri 12") weekly.ready("issue-" + std::to_string(++drafts));
    look();
    if (hour == "Mon 08") {
      weekly.clock.set(now - 90min);
      look();
      weekly.clock.set(now + 90min);
      look();
      weekly.clock.set(now);
    }
    weekly.clock.advance(1h);
  }
  CHECK(started == 52);
  auto query = weekly.database->prepare(
      "SELECT count(DISTINCT scheduled_at), count(*) FROM issues WHERE started_at IS NOT NULL");
  query.step();
  CHECK(query.integer(0) == 52);
  CHECK(query.integer(1) == 52);
  CHECK(weekly.events("slot.quiet") == 0);
}

TEST_CASE(
    "minutes before a slot nobody moves up into it, and the operator hears that it is empty") {
  Weekly weekly;
  weekly.list().remind = 24h;
  const auto first = weekly.ready("a", "2022-01-05");
  const auto second = weekly.ready("b", "2022-01-06");
  weekly.tick();
  weekly.clock.set(moment("2022-01-10T12:50:00Z"));
  weekly.withdraw("a");
  weekly.tick();
  CHECK(weekly.slot(second) == "2022-01-17 08:00");
  CHECK(test::news_of(*weekly.database, store::OperatorEvent::slot_empty).size() == 1);
  // A draft with an error in it for a moment does not come sooner for that either.
  store::DraftRecord faulty;
  faulty.slug = faulty.title = "b";
  faulty.path = "b.md";
  faulty.lists = {"report"};
  faulty.ready = true;
  faulty.state = IssueState::rejected;
  faulty.note = "b.md:1: a fault";
  weekly.slots.set(weekly.ledger.put_draft(faulty, "daemon", weekly.clock.now()), true, "");
  weekly.tick();
  weekly.ready("b", "2022-01-06");
  weekly.tick();
  CHECK(weekly.slot(second) == "2022-01-17 08:00");
  // Its writer wants the slot after all.
  weekly.ready("a", "2022-01-05");
  weekly.tick();
  CHECK(weekly.slot(first) == "2022-01-10 08:00");
}

TEST_CASE(
    "a slot that has come is no other's when the clock is put back, whatever became of its issue") {
  for (const auto* fate : {"held", "cancelled", "sent early", "gone", "nobody's"}) {
    CAPTURE(fate);
    Weekly weekly;
    const auto first = weekly.ready("a");
    weekly.tick();
    weekly.clock.set(moment("2022-01-10T13:00:05Z"));
    weekly.tick();
    const auto now = weekly.clock.now();
    if (fate == std::string("held")) weekly.ledger.hold(first, "why", "daemon", now);
    if (fate == std::string("cancelled")) REQUIRE(weekly.ledger.cancel("a", "operator", now));
    if (fate == std::string("sent early"))
      REQUIRE(weekly.ledger.schedule("a", now, "operator", now));
    if (fate == std::string("gone")) weekly.ledger.set_missing(first, true, now);
    if (fate == std::string("nobody's")) weekly.withdraw("a");
    weekly.clock.set(moment("2022-01-10T11:30:00Z"));
    const auto second = weekly.ready("b");
    weekly.tick();
    CHECK(weekly.slot(second) == "2022-01-17 08:00");
  }
}

TEST_CASE("other slots in the settings, and these again, make none that has come free") {
  Weekly weekly;
  weekly.clock.set(moment("2022-01-10T13:00:05Z"));
  weekly.tick();
  weekly.clock.set(moment("2022-01-10T11:30:00Z"));
  const auto slots = weekly.list().schedule.slots;
  for (const auto& other : {std::vector<Slot>{}, std::vector{parse_slot("Thu 09:00").value()}}) {
    weekly.list().schedule.slots = other;
    weekly.tick();
    weekly.list().schedule.slots = slots;
    weekly.tick();
    const auto issue = weekly.ready("a");
    weekly.tick();
    CHECK(weekly.slot(issue) == "2022-01-17 08:00");
  }
}

TEST_CASE("what is shown of the slots is what the daemon does, and what it would do") {
  Weekly weekly;
  weekly.list().schedule.skip = {parse_day("2022-01-24").value()};
  const auto first = weekly.ready("a");
  weekly.tick();
  weekly.ready("b");  // not dealt yet
  REQUIRE(weekly.ledger.pause("a", "operator", weekly.clock.now()));
  const auto planned =
      planned_slots(weekly.list(), weekly.settings, weekly.database.get(), weekly.clock.now(), 3);
  REQUIRE(planned.size() == 4);
  CHECK(planned[0].issue == "a");
  CHECK(planned[0].state == IssueState::paused);
  CHECK(planned[1].issue == "b");
  CHECK(planned[2].occurrence.skipped);
  CHECK(planned[3].issue == "");
  CHECK(weekly.slot(first) == "2022-01-10 08:00");
  const auto bare = planned_slots(weekly.list(), weekly.settings, nullptr, weekly.clock.now(), 8);
  CHECK(bare.size() == 9);
  CHECK(bare[0].issue == "");
}

TEST_CASE("a draft is told which slot it would take, among those that wait") {
  Weekly weekly;
  weekly.ready("a", "2022-01-05");
  weekly.tick();
  Proof proof;
  proof.draft.emplace();
  proof.draft->file = "drafts/b.md";
  proof.draft->slug = "b";
  proof.lists = {"report"};
  const auto expected = [&] {
    const auto slots =
        expected_slots({proof}, weekly.settings, weekly.database.get(), weekly.clock.now());
    return slots.empty() ? std::string() : slots[0].time;
  };
  CHECK(expected() == "Mon 2022-01-17 08:00 EST");
  proof.draft->date = "2022-01-04";
  CHECK(expected() == "Mon 2022-01-10 08:00 EST");
  proof.draft->slug = "a";
  CHECK(expected() == "Mon 2022-01-10 08:00 EST");
  REQUIRE(weekly.ledger.cancel("a", "operator", weekly.clock.now()));
  CHECK(expected() == "");
}

namespace {

/// Its readers are in Tokyo and New York.
struct WeeklyByLocalTime : Weekly {
  WeeklyByLocalTime() {
    add("west@a.example");
    const auto east = add("east@a.example");
    database->prepare("UPDATE subscribers SET time_zone = 'Asia/Tokyo' WHERE id = ?")
        .bind(east.value)
        .run();
  }
};

}  // namespace

TEST_CASE(
    "a draft by local time takes a slot's day, starts in its first zone, and occupies the slot") {
  WeeklyByLocalTime weekly;
  const auto local = weekly.ready("local", "2022-01-01", 8h);
  const auto next = weekly.ready("next", "2022-01-02");
  weekly.tick();
  CHECK(weekly.ledger.find_issue(local)->scheduled_at == moment("2022-01-09T23:00:00Z"));
  CHECK(weekly.ledger.find_issue(local)->local_at() == parse_local("2022-01-10 08:00").value());
  CHECK(weekly.slot(next) == "2022-01-17 08:00");
  weekly.ready("local", "2022-01-01", 8h);  // edited
  weekly.tick();
  CHECK(weekly.ledger.find_issue(local)->scheduled_at == moment("2022-01-09T23:00:00Z"));
  const auto planned =
      planned_slots(weekly.list(), weekly.settings, weekly.database.get(), weekly.clock.now(), 2);
  CHECK(planned[0].issue == "local");
  CHECK(planned[0].local_time == 8h);
  CHECK(planned[1].issue == "next");
  CHECK_FALSE(planned[1].local_time);
}

TEST_CASE("who has started before its slot, by local time, keeps it, and it is not quiet") {
  WeeklyByLocalTime weekly;
  const auto local = weekly.ready("local", "2022-01-05", 8h);
  weekly.tick();
  weekly.clock.set(moment("2022-01-09T23:00:00Z"));
  const auto older = weekly.ready("older", "2022-01-01");
  weekly.tick();
  CHECK(weekly.slot(older) == "2022-01-17 08:00");
  CHECK(weekly.start_due() == 1);
  weekly.tick();
  CHECK(weekly.state(local) == IssueState::sending);
  CHECK(weekly.slot(older) == "2022-01-17 08:00");
  weekly.clock.set(moment("2022-01-10T13:00:01Z"));
  weekly.tick();
  CHECK(weekly.events("slot.quiet") == 0);
  CHECK(weekly.slot(older) == "2022-01-17 08:00");
}

TEST_CASE("a draft that is by local time no more goes out at its slot itself") {
  WeeklyByLocalTime weekly;
  const auto issue = weekly.ready("local", "2022-01-01", 8h);
  weekly.tick();
  weekly.ready("local", "2022-01-01");
  weekly.tick();
  CHECK(weekly.slot(issue) == "2022-01-10 08:00");
  CHECK_FALSE(weekly.ledger.find_issue(issue)->local_at());
}
