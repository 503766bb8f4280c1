// Old issues folded (store/folding.h): what goes, and that every answer stays.
#include "store/folding.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "base/fingerprints.h"
#include "base/token.h"
#include "imports.h"
#include "store/erased.h"
#include "store/erasure.h"
#include "store/maintenance.h"
#include "store/reports.h"
#include "store/statistics.h"
#include "support/fault_vfs.h"
#include "support/temporary_folder.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::OutcomeKind;
using queue::Scope;

namespace {

constexpr auto fold_after = std::chrono::days(90);

/// All that commands tell of the issue but the single attempts.
std::string answers_of(store::Database& database, IssueId issue) {
  std::ostringstream told;
  store::Ledger ledger(database);
  const auto found = *ledger.find_issue(issue);
  const auto& sums = found.sums;
  told << sums.accepted << ' ' << sums.deferred << ' ' << sums.bounced << ' ' << sums.failed << ' '
       << sums.cancelled << ' ' << sums.in_doubt << ' ' << sums.pending << '\n';
  ledger.recipients(issue, [&](const store::Recipient& one) {
    told << one.email << ' ' << to_string(one.state) << ' ' << one.attempts << ' ' << one.code
         << ' ' << one.enhanced << ' ' << one.reply << ' '
         << (one.time ? one.time->time_since_epoch().count() : 0) << ' ' << one.peer.host << ' '
         << one.peer.tls << '\n';
  });
  for (const auto& one : ledger.shortfalls(issue))
    told << to_string(one.state) << ' ' << one.code << ' ' << one.enhanced << ' ' << one.reply
         << ' ' << one.readers << '\n';
  for (const auto& event : ledger.events_of(issue)) told << event.id << ' ' << event.kind << '\n';
  for (const auto& one : store::Statistics(database, "").departures())
    told << one.issue << ' ' << one.left << '\n';
  return told.str();
}

/// An issue with readers who got it at once, after tries, never, and whose mail came back.
struct OldIssue : test::House {
  const queue::RetryPolicy policy{.delays = {1h}, .give_up_after = 5h, .resend_in_doubt = true};
  store::SqliteQueue queue{*database, policy, clock.now()};
  store::Folding folding{*database};
  IssueId issue;

  explicit OldIssue(int readers = 20) {
    add_readers(readers);
    issue = sending();
    run();
  }

  /// Until nothing waits. Of ten readers, one is refused, one is put off twice, one is put off
  /// until it is given up, one is cut off once.
  void run() {
    for (;;) {
      std::vector<queue::Claimed> claimed;
      queue.transact([&] { claimed = test::claim(queue, clock.now(), 1000); });
      for (const auto& each : claimed) attempt(each);
      const auto due = test::next_due(*database);
      if (!due) return;
      if (*due > clock.now()) clock.set(*due);
    }
  }

  void attempt(const queue::Claimed& claimed) {
    const queue::Attempt attempt{clock.now(), clock.now() + 10ms, "primary", outcome_of(claimed)};
    auto before = claimed.delivery;
    before.state = queue::DeliveryState::sending;
    queue.transact([&] {
      if (!queue.begin_sending(claimed.claim(), clock.now())) return;
      queue.record(claimed.claim(), attempt,
                   queue::after(before, attempt.outcome, clock.now(), policy));
    });
  }

  static queue::Outcome outcome_of(const queue::Claimed& claimed) {
    const queue::Endpoint peer{"mx.example:25", "TLSv1.3"};
    const auto reader = claimed.key.subscriber.value % 10;
    if (reader == 1) return {OutcomeKind::refused, Scope::recipient, {552, "5.2.2", "full"}, peer};
    if (reader == 2 && claimed.delivery.attempts < 2)
      return {OutcomeKind::deferred, Scope::recipient, {451, "4.7.1", "later"}, peer};
    if (reader == 3)
      return {OutcomeKind::deferred, Scope::recipient, {451, "4.7.1", "ask Ann"}, peer};
    if (reader == 4 && claimed.delivery.resends == 0)
      return {OutcomeKind::in_doubt, Scope::session, {}, peer};
    return {OutcomeKind::delivered, Scope::recipient, {250, "2.0.0", "queued as 4WzB"}, peer};
  }

  void came_back(int reader) {
    const auto email = "reader" + std::to_string(reader) + "@readers.example";
    store::Arrival arrival{"mailbox", sha256(email), "message", {}, {}};
    arrival.mail = store::MailOf{subscribers.find(email)->id, issue, 0, ListId{1}};
    mail::Finding finding;
    finding.kind = mail::ReportKind::soft;
    finding.text = "mailbox is full";
    arrival.report.findings = {finding};
    store::Reports(*database, {}).take(arrival, clock.now());
  }

  /// To its end. How many steps that took.
  int fold(store::FoldedRows* rows = nullptr) {
    store::FoldedRows gone;
    int steps = 0;
    for (const auto each : folding.due(clock.now() - fold_after)) do
        ++steps;
      while (folding.step(each, clock.now() - fold_after, clock.now(), gone));
    if (rows) *rows = gone;
    return steps;
  }

  std::string answers() { return answers_of(*database, issue); }

  std::int64_t count(const std::string& from) {
    auto query = database->prepare_once("SELECT count(*) FROM " + from);
    query.step();
    return query.integer(0);
  }

  store::IssueStory story(int reader) {
    const auto email = "reader" + std::to_string(reader) + "@readers.example";
    return ledger.stories(subscribers.find(email)->id).at(0);
  }
};

void maintain_until_the_cut(const std::filesystem::path& file, const Clock& clock) {
  const auto opened = store::Database::open(file, store::OpenMode::read_write);
  if (!opened) return;
  try {
    store::maintain(**opened, {.fold_after = fold_after}, clock,
                    [](auto, auto, auto) { return true; });
  } catch (const queue::CannotWrite&) {
  }
}

}  // namespace

TEST_CASE("folding an old issue leaves each answer about it as it was") {
  OldIssue house;
  house.came_back(8);
  const auto left = house.subscribers.find("reader9@readers.example")->id;
  house.ledger.unsubscribe(left, {}, "reader", "link", house.clock.now(), house.issue);
  const auto before = house.answers();
  house.clock.advance(fold_after + 24h);
  store::FoldedRows gone;
  house.fold(&gone);
  CHECK(gone.attempts > 0);
  CHECK(gone.events == 1);
  CHECK(house.answers() == before);
  CHECK(house.sums(house.issue) == house.counted(house.issue));
}

TEST_CASE(
    "of each reader of a folded issue the last attempt stays, and those that may have arrived") {
  OldIssue house;
  house.clock.advance(fold_after + 24h);
  house.fold();
  CHECK(house.count("attempts WHERE outcome = 0") == 16);
  CHECK(house.count("attempts WHERE outcome = 3") == 2);
  CHECK(house.count("attempts") == 22);
}

TEST_CASE("an issue that ended less than that long ago is not folded") {
  OldIssue house;
  house.clock.advance(fold_after - 1h);
  CHECK(house.fold() == 0);
}

TEST_CASE("an issue that is being sent is not folded, however long ago it began") {
  OldIssue house;
  house.clock.advance(fold_after + 24h);
  REQUIRE(house.ledger.retry("weekly", "operator", house.clock.now()));
  CHECK(house.fold() == 0);
}

TEST_CASE("an issue is folded once") {
  OldIssue house;
  house.clock.advance(fold_after + 24h);
  CHECK(house.fold() > 0);
  CHECK(house.fold() == 0);
}

TEST_CASE("one that was sent on after it was folded is folded once more, and numbers go on") {
  OldIssue house;
  house.clock.advance(fold_after + 24h);
  house.fold();
  REQUIRE(house.ledger.retry("weekly", "operator", house.clock.now()));
  house.run();
  const auto before = house.answers();
  CHECK(house.fold() == 0);
  house.clock.advance(fold_after + 24h);
  CHECK(house.fold() > 0);
  CHECK(house.answers() == before);
  CHECK(house.count("attempts") == 22);
}

TEST_CASE("a reader's story tells how many attempts were folded, and when") {
  OldIssue house;
  house.clock.advance(fold_after + 24h);
  REQUIRE_FALSE(house.story(1).folded);  // put off twice, then accepted
  const auto all = house.story(1).attempts.size();
  house.fold();
  const auto story = house.story(1);
  REQUIRE(story.folded);
  CHECK(story.folded->attempts == static_cast<std::int64_t>(all) - 1);
  CHECK(story.folded->at == house.clock.now());
  CHECK(story.attempts.size() == 1);
  CHECK_FALSE(house.story(5).folded);  // accepted at once
}

TEST_CASE("folding that is cut off after any step leaves each answer as it was, and goes on") {
  OldIssue house(3000);
  const auto before = house.answers();
  house.clock.advance(fold_after + 24h);
  const auto then = house.clock.now() - fold_after;
  store::FoldedRows rows;
  int steps = 0;
  for (bool more = true; more; ++steps) {
    const auto opened = house.open();  // as after a kill
    more = store::Folding(*opened).step(house.issue, then, house.clock.now(), rows);
    CHECK(house.answers() == before);
  }
  CHECK(steps > 3);
  CHECK(house.count("attempts") == 3300);
}

TEST_CASE(
    "maintenance that a power cut ends at any write leaves each answer, and all tables whole") {
  OldIssue house(60);
  house.clock.advance(fold_after + 24h);
  const auto before = house.answers();
  REQUIRE(house.database->empty_log());
  std::ifstream in(house.file(), std::ios::binary);
  const std::string prepared{std::istreambuf_iterator<char>(in), {}};
  int cuts = 0;
  for (int nth = 1; cuts == nth - 1; ++nth) {
    CAPTURE(nth);
    test::TemporaryFolder folder;
    folder.write("postrider.db", prepared, 0600);
    const auto file = folder.path() / "postrider.db";
    test::FaultVfs vfs;
    vfs.arm(test::DiskFault::power_cut, nth);
    maintain_until_the_cut(file, house.clock);
    if (vfs.struck()) ++cuts;
    vfs.lose_power(nth % 2 == 0, static_cast<unsigned>(nth));
    const auto opened = store::Database::open(file, store::OpenMode::read_write);
    REQUIRE(opened);
    CHECK(answers_of(**opened, house.issue) == before);
    auto integrity = (*opened)->prepare_once("PRAGMA integrity_check");
    REQUIRE(integrity.step());
    CHECK(integrity.text(0) == "ok");
  }
  CHECK(cuts > 10);
}

TEST_CASE("the newest event is not folded, so that its number is not given again") {
  OldIssue house;
  house.came_back(8);
  const auto newest = house.ledger.newest_event();
  house.clock.advance(fold_after + 24h);
  house.fold();
  CHECK(house.ledger.newest_event() == newest);
}

TEST_CASE("an erased reader's words go out of a folded issue, too") {
  OldIssue house;
  house.clock.advance(fold_after + 24h);
  house.fold();
  const Fingerprints keys(TokenKeys({{1, std::string(32, 'k')}}), store::erased_use);
  REQUIRE(house.count("attempts WHERE reply = 'ask Ann' AND subscriber_id = 3") == 1);
  store::erase(*house.database, keys, *mail::parse_address("reader2@readers.example"), "operator",
               house.clock.now());
  CHECK(house.count("attempts WHERE reply = 'ask Ann' AND subscriber_id = 3") == 0);
}

TEST_CASE("of whom something came back an import is not taken back, though the issue is folded") {
  test::House house;
  const auto summary = test::import_entries(house, {test::one("ann@a.example")});
  const auto issue = house.sending();
  const auto ann = house.subscribers.find("ann@a.example")->id;
  house.database
      ->prepare("UPDATE deliveries SET state = 3, due = NULL, attempts = 1 WHERE subscriber_id = ?")
      .bind(ann.value)
      .run();
  store::Arrival arrival{"mailbox", sha256("1"), "message", {}, {}};
  arrival.mail = store::MailOf{ann, issue, 0, ListId{1}};
  arrival.report.findings = {mail::Finding{}};
  arrival.report.findings.front().kind = mail::ReportKind::soft;
  store::Reports(*house.database, {}).take(arrival, house.clock.now());
  house.database->execute("DELETE FROM events WHERE kind = 'mail.returned'");  // as folding does
  const auto undone = house.subscribers.undo(summary.import, {"operator"}, house.clock.now());
  REQUIRE(undone);
  CHECK(undone->kept == 1);
}
