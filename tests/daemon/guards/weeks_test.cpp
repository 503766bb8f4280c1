// Guards and publisher together: silent on ordinary weeks, and what sets each of them off.
#include "base/text.h"
#include "daemon/guards/press.h"
#include "support/text.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::IssueState;
using test::has;
using test::Press;

namespace {

const std::string boilerplate =
    "Good morning! This is what moved this week, what did not, and what the papers on both sides "
    "of "
    "the river made of it. Write to me with corrections; I read everything. Thanks for reading.\n\n"
    "If somebody sent you this mail, you can have your own every Monday.\n\n";

/// Another one for each number.
std::string news(int number) {
  std::string text = boilerplate;
  for (int i = 0; i < 100; ++i) text += "w" + std::to_string(number * 1'000 + i) + " ";
  return text;
}

}  // namespace

TEST_CASE("eight ordinary weeks of one title, with a list that grows and shrinks, are not held") {
  Press press;
  press.settings.publication.undo_window = 10min;
  SUBCASE("ready is enough") {}
  SUBCASE("each approved") { press.settings.publication.approval = config::Approval::required; }
  std::int64_t readers = 1'000;
  for (int week = 1; week <= 8; ++week) {
    CAPTURE(week);
    press.have_readers(readers);
    if (week > 2)  // some leave
      press.house.database->execute(
          "UPDATE subscriptions SET state = 2 WHERE subscriber_id % 50 = " + std::to_string(week));
    const auto issue =
        press.publish("weekly-" + std::to_string(week), "The Weekly Report", news(week));
    CHECK(issue.state == IssueState::sending);
    CHECK(issue.note == "");
    CHECK(issue.sums.audience() > readers * 8 / 10);
    readers = readers * 125 / 100;
    press.house.clock.advance(168h);
  }
  auto told = press.house.database->prepare("SELECT count(*) FROM operator_mails WHERE kind = 0");
  told.step();
  CHECK(told.integer(0) == 0);
}

TEST_CASE("the same title and text under another name are held, and go when the operator says so") {
  Press press;
  press.have_readers(10);
  CHECK(press.publish("monday", "The River", news(1)).state == IssueState::sending);
  press.house.clock.advance(24h);
  const auto again = press.publish("monday-2", "The river!", news(1) + "\n\nOne more line.");
  CHECK(again.state == IssueState::held);
  CHECK(
      again.note ==
      "it has the title and nearly the text of 'monday', which was sent 2022-01-10 13:00 UTC; let "
      "it go by `postrider issue send monday-2` or `postrider issue schedule monday-2 TIME`");
  CHECK(again.held_by == "again");
  CHECK(press.let_go("monday-2").state == IssueState::sending);
}

TEST_CASE("the same text under another title, and the same title over another text, are not held") {
  Press press;
  press.have_readers(10);
  CHECK(press.publish("one", "The River", news(1)).state == IssueState::sending);
  CHECK(press.publish("two", "The Railway", news(1)).state == IssueState::sending);
  CHECK(press.publish("three", "The River", news(2)).state == IssueState::sending);
}

TEST_CASE("what was cancelled before anybody got it may come again under another name") {
  Press press;
  press.settings.publication.undo_window = 10min;
  press.have_readers(10);
  const auto first = press.publish("one", "The River", news(1));
  CHECK(first.can_be_undone_until(press.house.clock.now()) == press.house.clock.now() + 10min);
  REQUIRE(press.house.ledger.cancel("one", "operator", press.house.clock.now()));
  CHECK(press.publish("two", "The River", news(1)).state == IssueState::sending);
}

TEST_CASE("an audience that jumps is held with both numbers, exactly as it would be") {
  Press press;
  press.have_readers(3'000);
  CHECK(press.publish("one", "One", news(1)).state == IssueState::sending);
  press.have_readers(4'501);
  press.house.database->execute("UPDATE subscriptions SET state = 2 WHERE subscriber_id = 7");
  const auto held = press.publish("two", "Two", news(2));
  CHECK(held.state == IssueState::held);
  CHECK(held.note.starts_with(
      "it would go to 4,500 readers; the last issue to the same lists, 'one', "
      "went to 3,000"));
  CHECK(press.let_go("two").sums.pending == 4'500);
  // What went out is what the next one is compared with.
  CHECK(press.publish("three", "Three", news(3)).state == IssueState::sending);
}

TEST_CASE("another segment is compared with its own issues alone") {
  Press press;
  press.have_readers(1'000);
  CHECK(press.publish("all", "All", news(1)).state == IssueState::sending);
  const auto none = "segment: domain = 'none.example'\n";
  const auto nobody = press.publish("rest", "Rest", news(2), none);
  CHECK(nobody.state == IssueState::held);
  CHECK(nobody.held_by == "nobody");
  CHECK(has(nobody.note,
            "nobody would get it: no reader of report who can be mailed is in its "
            "segment, domain = 'none.example'; excluded: segment "
            "1,000; let it go by"));
  CHECK(press.let_go("rest").state == IssueState::sent);
  CHECK(press.publish("next", "Next", news(3)).state == IssueState::sending);
}

TEST_CASE("what was left in the text is held with its line; an edit alone lets nothing go") {
  Press press;
  press.have_readers(10);
  CHECK(press.publish("one", "One", news(1) + "\n\n[INSERT THE MAP]").state == IssueState::held);
  CHECK(has(press.issue("one").note,
            "one.md:13: '[INSERT THE MAP]' is left in the text; let it go by"));
  press.save("one", "One", news(1) + "\n\nThe map.");
  CHECK(press.issue("one").state == IssueState::held);
  CHECK(press.let_go("one").state == IssueState::sending);
}

TEST_CASE("all that speaks against an issue is said at once, and let go by one word") {
  Press press;
  press.have_readers(1'000);
  CHECK(press.publish("one", "One", news(1)).state == IssueState::sending);
  press.have_readers(2'000);
  const auto held = press.publish("two", "One", news(1) + "\n\nXXX");
  CHECK(held.held_by == "content again audience");
  CHECK(has(held.note,
            "'XXX' is left in the text; and it has the title and nearly the text of 'one'"));
  CHECK(has(held.note, "; and it would go to 2,000 readers"));
  CHECK(press.let_go("two").state == IssueState::sending);
}

TEST_CASE("what nobody has approved is held, and one word approves it and lets all of it go") {
  Press press;
  press.settings.publication.approval = config::Approval::required;
  press.have_readers(10);
  press.save("one", "One", news(1) + "\n\nXXX");
  const auto held = press.come("one");
  CHECK(held.held_by == "approval content");
  CHECK(held.note.starts_with("nobody has approved it (approval = \"required\"); and "));
  CHECK(held.note.ends_with("; let it go by `postrider approve one`"));
  press.approve("one");
  CHECK(press.come("one").state == IssueState::sending);
}

TEST_CASE("a late issue that is let go is asked what nobody has asked it yet") {
  Press press;
  press.have_readers(10);
  press.save("one", "One", news(1) + "\n\nXXX");
  press.house.clock.advance(48h);
  CHECK(has(press.come("one").note, "max_lateness"));
  CHECK(press.let_go("one").held_by == "content");
  CHECK(press.let_go("one").state == IssueState::sending);
}
