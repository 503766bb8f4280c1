// How long an operator's word on an issue holds: while its draft is what it was.
#include <doctest/doctest.h>

#include "press.h"
#include "templates/draft.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::IssueState;
using test::Press;

namespace {

/// A press whose operator has given an issue a time to come.
struct Chosen : Press {
  Instant friday = house.clock.now() + 96h;

  Chosen() {
    house.add_readers(3);
    save("weekly", "Weekly", "Hello", "author: Joe\n");
    REQUIRE(house.ledger.schedule("weekly", friday, "operator", house.clock.now()));
  }

  void write(const std::string& front_matter) {
    house.folder.write("drafts/weekly.md",
                       "---\ntitle: Weekly\n" + front_matter + "---\n\nHello\n");
    const auto before = issue("weekly");
    publisher.draft_changed("weekly.md");
    tasks.run_until([&] {
      const auto now = issue("weekly");
      return now.source_hash != before.source_hash || now.missing != before.missing;
    });
  }

  void lose() {
    publisher.draft_gone("weekly.md");
    tasks.run_until([&] { return issue("weekly").missing; });
  }

  std::int64_t forgotten() {
    auto query =
        house.database->prepare("SELECT count(*) FROM events WHERE kind = 'issue.unscheduled'");
    query.step();
    return query.integer(0);
  }
};

}  // namespace

TEST_CASE("an operator's time is over when the draft is withdrawn, and an event says so") {
  Chosen press;
  press.write("status: draft\n");
  CHECK_FALSE(press.issue("weekly").chosen_at);
  CHECK(press.forgotten() == 1);
  press.write("status: ready\nsend_at: now\n");
  CHECK(press.issue("weekly").state == IssueState::scheduled);
  CHECK(press.issue("weekly").scheduled_at == press.house.clock.now());
}

TEST_CASE("an operator's time outlives an edit, and a fault that is mended") {
  Chosen press;
  press.write("status: ready\nsend_at: now\nnonsense: 1\n");
  CHECK(press.issue("weekly").state == IssueState::rejected);
  press.write("status: ready\nsend_at: now\n");
  CHECK(press.issue("weekly").scheduled_at == press.friday);
  CHECK(press.forgotten() == 0);
}

TEST_CASE("a draft that was gone keeps an operator's time if it comes back as it was") {
  for (const bool is_another : {false, true}) {
    CAPTURE(is_another);
    Chosen press;
    press.write("status: ready\nsend_at: now\n");
    press.lose();
    press.write(is_another ? "status: ready\nsend_at: now\nauthor: Ann\n"
                           : "status: ready\nsend_at: now\n");
    CHECK(press.issue("weekly").chosen_at.has_value() != is_another);
    CHECK(press.issue("weekly").scheduled_at ==
          (is_another ? press.house.clock.now() : press.friday));
    CHECK(press.forgotten() == (is_another ? 1 : 0));
  }
}

TEST_CASE("an edit to an image after an operator's word has the guards look again") {
  Press press;
  press.house.add_readers(3);
  const auto draft = [&](const std::string& octets) {
    press.house.folder.write("drafts/weekly/index.md",
                             "---\ntitle: Weekly\nstatus: ready\nsend_at: now\n---\n\n"
                             "![a chart](chart.png)\n\nLorem ipsum\n");
    press.house.folder.write("drafts/weekly/chart.png", octets);
    const auto before = press.house.ledger.find_issue("weekly");
    press.publisher.draft_changed("weekly");
    press.tasks.run_until([&] {
      const auto now = press.house.ledger.find_issue("weekly");
      return now && (!before || now->source_hash != before->source_hash);
    });
  };
  draft("\x89PNG\r\n\x1a\n-one");
  REQUIRE(press.come("weekly").state == IssueState::held);
  const auto now = press.house.clock.now();
  REQUIRE(press.house.ledger.schedule("weekly", now + 1h, "operator", now));
  CHECK(press.issue("weekly").is_released("content"));
  draft("\x89PNG\r\n\x1a\n-two");
  CHECK_FALSE(press.issue("weekly").is_released("content"));
}
