#include "daemon/calendar.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::daemon;
using namespace std::chrono_literals;

namespace {

Instant utc(const char* text) { return parse_rfc3339(text).value(); }

const Instant friday = utc("2022-01-07T12:00:00Z");

config::List list_of(const std::string& key, const std::vector<std::string>& slots) {
  config::List list{.key = key, .name = key};
  for (const auto& slot : slots) list.schedule.slots.push_back(parse_slot(slot).value());
  return list;
}

const std::vector<config::List> weekly{list_of("report", {"Mon 08:00"})};

store::SlotDraft draft(std::int64_t id, const std::string& date, const std::string& path,
                       const std::vector<std::string>& lists = {"report"}) {
  return {{id}, path, path, date, lists, {}, {}};
}

store::TimedIssue timed(const char* at, queue::IssueState state = queue::IssueState::scheduled) {
  return {{99}, "other", state, {"report"}, utc(at)};
}

/// "1: 10, 2: 17": each with the day of January that its slot is on.
std::string dealt(const Dealing& dealing) {
  std::string text;
  for (const auto& [issue, slot] : dealing.slots)
    text += (text.empty() ? "" : ", ") + std::to_string(issue.value) + ": " +
            format_in_zone(slot, "UTC", "%e");
  return text;
}

}  // namespace

TEST_CASE("the oldest date takes the first slot, then the first name; without a date one is last") {
  CHECK(dealt(deal({draft(1, "", "a.md"), draft(2, "2022-01-09", "c.md"),
                    draft(3, "2022-01-09", "b.md"), draft(4, "2021-12-31", "z.md")},
                   {}, weekly, friday)) == "1: 31, 2: 24, 3: 17, 4: 10");
}

TEST_CASE("a slot that another issue has is not free, whatever that became") {
  using queue::IssueState;
  for (const auto state :
       {IssueState::scheduled, IssueState::paused, IssueState::sending, IssueState::sent})
    CHECK(dealt(deal({draft(1, "", "a.md")}, {timed("2022-01-10T08:00:00Z", state)}, weekly,
                     friday)) == "1: 17");
  for (const auto& other :
       {timed("2022-01-10T09:00:00Z"), timed("2022-01-10T08:00:00Z", IssueState::held)})
    CHECK(dealt(deal({draft(1, "", "a.md")}, {other}, weekly, friday)) == "1: 10");
}

TEST_CASE("who has a slot that has come keeps it, and an older draft takes one from a newer") {
  auto late = draft(1, "2022-01-03", "a.md");
  late.at = friday - 1h;
  auto newer = draft(2, "2022-01-05", "b.md");
  newer.at = utc("2022-01-10T08:00:00Z");
  CHECK(dealt(deal({late, newer, draft(3, "2022-01-04", "c.md")}, {}, weekly, friday)) ==
        "2: 17, 3: 10");
}

TEST_CASE("slots that are skipped are dealt to nobody") {
  auto lists = weekly;
  lists[0].schedule.skip = {parse_day("2022-01-10").value()};
  CHECK(dealt(deal({draft(1, "", "a.md")}, {}, lists, friday)) == "1: 17");
}

TEST_CASE("an issue of two lists takes a slot that both have free") {
  const std::vector lists{list_of("report", {"Mon 08:00"}), list_of("digest", {"Mon 08:00"})};
  CHECK(dealt(deal({draft(1, "2022-01-01", "a.md", {"digest"}),
                    draft(2, "2022-01-02", "b.md", {"report", "digest"}),
                    draft(3, "2022-01-03", "c.md", {"report"})},
                   {}, lists, friday)) == "1: 10, 2: 17, 3: 10");
}

TEST_CASE("lists with different slots have no rule for a draft of both, and say what to write") {
  std::vector lists{list_of("report", {"Mon 08:00"}), list_of("digest", {"Tue 08:00"}),
                    list_of("alerts", {}), list_of("copy", {"Mon 08:00"})};
  CHECK(slot_rule({"report", "copy"}, lists).schedule == &lists[0].schedule);
  CHECK(slot_rule({"alerts"}, lists).schedule == nullptr);
  CHECK(slot_rule({"alerts"}, lists).trouble.empty());
  for (const char* other : {"digest", "alerts"}) {
    const auto rule = slot_rule({"report", other}, lists);
    CHECK(rule.schedule == nullptr);
    CHECK(rule.trouble.find("different slots (report: Mon 08:00 in UTC; " + std::string(other)) !=
          std::string::npos);
    CHECK(rule.trouble.find("send_at: ") != std::string::npos);
  }
  lists[3].schedule.zone = "Europe/Berlin";
  CHECK_FALSE(slot_rule({"report", "copy"}, lists).trouble.empty());
  CHECK(deal({draft(1, "", "a.md", {"report", "digest"})}, {}, lists, friday).slots.empty());
}

namespace {

/// What it was dealt before.
store::SlotDraft dealt_before(store::SlotDraft draft, const char* at) {
  draft.at = draft.dealt_at = utc(at);
  return draft;
}

const Instant monday_early = utc("2022-01-10T07:50:00Z");

}  // namespace

TEST_CASE("nobody moves up into a slot that comes within twelve hours") {
  const auto next_week = dealt_before(draft(1, "2022-01-01", "a.md"), "2022-01-17T08:00:00Z");
  CHECK(dealt(deal({next_week}, {}, weekly, monday_early)) == "1: 17");
  CHECK(dealt(deal({next_week}, {}, weekly, utc("2022-01-09T20:00:00Z"))) == "1: 17");
  CHECK(dealt(deal({next_week}, {}, weekly, utc("2022-01-09T19:59:59Z"))) == "1: 10");
}

TEST_CASE(
    "who comes by local time, and so up to 26 hours before the slot, moves up no later than that") {
  auto next_week = dealt_before(draft(1, "2022-01-01", "a.md"), "2022-01-17T08:00:00Z");
  next_week.local_time = 8h;
  CHECK(dealt(deal({next_week}, {}, weekly, utc("2022-01-09T10:00:00Z"))) == "1: 17");
  CHECK(dealt(deal({next_week}, {}, weekly, utc("2022-01-08T17:59:59Z"))) == "1: 10");
}

TEST_CASE("a draft that has just become ready takes a slot that is near, whoever waits before it") {
  const auto next_week = dealt_before(draft(1, "2022-01-01", "a.md"), "2022-01-17T08:00:00Z");
  CHECK(dealt(deal({next_week, draft(2, "2022-01-02", "b.md"), draft(3, "2022-01-03", "c.md")}, {},
                   weekly, monday_early)) == "1: 17, 2: 10, 3: 24");
}

TEST_CASE("a slot that was lost for a while counts as well: its draft does not come sooner") {
  auto lost = draft(1, "2022-01-01", "a.md");
  lost.dealt_at = utc("2022-01-17T08:00:00Z");
  CHECK(dealt(deal({lost}, {}, weekly, monday_early)) == "1: 17");
}

TEST_CASE("who has the slot that is near keeps it, and so does one whose hour the settings move") {
  const auto first = dealt_before(draft(1, "2022-01-01", "a.md"), "2022-01-10T08:00:00Z");
  CHECK(dealt(deal({first}, {}, weekly, monday_early)) == "1: 10");
  const std::vector earlier{list_of("report", {"Mon 07:55"})};
  CHECK(dealt(deal({first}, {}, earlier, monday_early)) == "1: 10");
  const auto next_week = dealt_before(draft(1, "2022-01-01", "a.md"), "2022-01-17T08:00:00Z");
  CHECK(dealt(deal({next_week}, {}, earlier, monday_early)) == "1: 17");
  const std::vector twice{list_of("report", {"Mon 08:00", "Mon 17:00"})};
  const auto evening = dealt_before(draft(1, "2022-01-01", "a.md"), "2022-01-10T17:00:00Z");
  const auto kept = deal({evening}, {}, twice, monday_early).slots;
  CHECK(kept.at({1}) == utc("2022-01-10T17:00:00Z"));
}

TEST_CASE("a slot that has come by any clock is dealt to nobody") {
  CHECK(dealt(deal({draft(1, "", "a.md")}, {}, weekly, friday,
                   {{"report", utc("2022-01-10T08:00:00Z")}})) == "1: 17");
  // Whose slot that is keeps it.
  const auto first = dealt_before(draft(1, "", "a.md"), "2022-01-10T08:00:00Z");
  CHECK(deal({first}, {}, weekly, friday, {{"report", utc("2022-01-10T08:00:00Z")}}).slots.empty());
  CHECK(come({{"report", {"", friday + 25h}}, {"digest", {"", friday + 1h}}}, friday) ==
        Come{{"digest", friday + 1h}});
}
