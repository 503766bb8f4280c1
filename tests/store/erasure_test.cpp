#include "store/erasure.h"

#include <fstream>
#include <future>
#include <iterator>

#include "base/text.h"
#include "imports.h"
#include "store/erased.h"
#include "store/notices.h"
#include "store/reader_hand.h"
#include "store/reports.h"
#include "store/suppressions.h"
#include "store/sweeper.h"
#include "store/traces.h"
#include "support/stop.h"

using namespace postrider;
using namespace postrider::store;
using queue::DeliveryState;
using queue::IssueState;
using queue::IssueSums;
using subscribers::Standing;
using test::House;
using test::import_entries;
using test::one;

namespace {

const std::string someone = "Zq7.Somebody@a.example";

TokenKeys token_keys(std::vector<TokenKeys::Key> keys = {{1, std::string(32, 'k')}}) {
  return TokenKeys(std::move(keys));
}

const Fingerprints& erased_keys() {
  static const Fingerprints fingerprints(token_keys(), erased_use);
  return fingerprints;
}

mail::Address address(const std::string& text) { return *mail::parse_address(text); }

/// A house that knows whom it erased.
struct ErasingHouse : House {
  store::SqliteSubscribers subscribers{*database, [] { return std::cref(erased_keys()); }};

  Erasure erase(const std::string& email = someone) {
    return store::erase(*database, erased_keys(), address(email), "operator", clock.now());
  }

  Result<subscribers::Added> try_to_add(const std::string& email) {
    return subscribers.add({email, std::nullopt, {}}, "report", {"operator"}, clock.now());
  }

  subscribers::ImportSummary import(const std::vector<subscribers::Entry>& entries) {
    const auto imported = subscribers.import(
        [&](const subscribers::RowVisitor& row, const subscribers::SkipVisitor&) -> Result<void> {
          for (const auto& entry : entries) row(entry, 1, 1);
          return {};
        },
        {.list = "report", .source = "list.csv"}, clock.now());
    if (!imported) FAIL(imported.error().message);
    return *imported;
  }

  std::int64_t count(std::string_view sql) {
    auto query = database->prepare(sql);
    query.step();
    return query.integer(0);
  }

  /// Whether a text stands in the database's file or its log, in any case of letters.
  bool holds(const std::string& text) {
    REQUIRE(remove_traces(*database));
    std::ifstream in(file(), std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    return to_lower(all).find(to_lower(text)) != std::string::npos;
  }
};

/// Claims, begins and records one delivery.
struct OneSender {
  explicit OneSender(House& the_house)
      : house(the_house), queue(*house.database, test::policy(), house.clock.now()) {}

  std::vector<queue::Claimed> claim() {
    std::vector<queue::Claimed> claimed;
    queue.transact([&] { claimed = test::claim(queue, house.clock.now(), 100); });
    return claimed;
  }
  bool begin(const queue::Claimed& claimed) {
    bool begun = false;
    queue.transact([&] { begun = queue.begin_sending(claimed.claim(), house.clock.now()); });
    return begun;
  }
  void record(const queue::Claimed& claimed, queue::OutcomeKind kind, const std::string& text) {
    const auto now = house.clock.now();
    const queue::Outcome outcome{
        kind, queue::Scope::recipient, {550, "5.1.1", text}, {"mx:25", ""}};
    auto delivery = claimed.delivery;
    delivery.state = DeliveryState::sending;
    queue.transact([&] {
      queue.record(claimed.claim(), {now, now, "primary", outcome},
                   queue::after(delivery, outcome, now, test::policy()));
    });
  }

  House& house;
  store::SqliteQueue queue;
};

std::vector<Recipient> recipients(House& house, IssueId issue) {
  std::vector<Recipient> all;
  house.ledger.recipients(issue, [&](const Recipient& one) { all.push_back(one); });
  return all;
}

}  // namespace

TEST_CASE("an erased reader is nowhere, and the sums of what they were sent stand") {
  ErasingHouse house;
  house.add(someone);
  house.add("other@a.example");
  const auto issue = house.sending();
  OneSender sender{house};
  for (const auto& claimed : sender.claim()) {
    REQUIRE(sender.begin(claimed));
    sender.record(claimed, queue::OutcomeKind::refused,
                  "no such user: <ZQ7.SOMEBODY(at)a.example>");
  }
  const auto before = house.sums(issue);
  CHECK(house.erase().subscriber);
  CHECK(house.sums(issue) == before);
  CHECK(house.counted(issue) == before);
  CHECK_FALSE(house.subscribers.find(someone));
  const auto all = recipients(house, issue);
  REQUIRE(all.size() == 2);
  CHECK(all[0].email.empty());
  CHECK(all[0].reply == erased_text);
  CHECK(all[0].code == 550);
  CHECK(all[0].enhanced == "5.1.1");
  CHECK(all[1].email == "other@a.example");
  CHECK(all[1].reply == "no such user: <ZQ7.SOMEBODY(at)a.example>");
}

TEST_CASE("what an erased reader was not sent yet is cancelled") {
  ErasingHouse house;
  house.add(someone);
  const auto issue = house.sending();
  OneSender sender{house};
  const auto claimed = sender.claim();
  house.erase();
  CHECK(house.sums(issue) == IssueSums{.cancelled = 1});
  CHECK(house.state(issue) == IssueState::sent);
  CHECK_FALSE(sender.begin(claimed.at(0)));
}

TEST_CASE("a delivery on the wire ends in the sums, and its reply brings nobody back") {
  for (const auto kind :
       {queue::OutcomeKind::refused, queue::OutcomeKind::deferred, queue::OutcomeKind::delivered}) {
    ErasingHouse house;
    house.add(someone);
    const auto issue = house.sending();
    OneSender sender{house};
    const auto claimed = sender.claim();
    REQUIRE(sender.begin(claimed.at(0)));
    house.erase();
    sender.record(claimed[0], kind, "it was zq7.somebody");
    CHECK(house.counted(issue) == house.sums(issue));
    CHECK(house.sums(issue).pending + house.sums(issue).deferred == 0);
    CHECK(house.state(issue) == IssueState::sent);
    CHECK(recipients(house, issue).at(0).reply == erased_text);
    CHECK_FALSE(house.holds("zq7"));
  }
}

TEST_CASE("no octet of an erased reader is left in the database") {
  ErasingHouse house;
  house.add_readers(300);
  subscribers::Entry entry{someone, "Qwertz Uiop", {{"shoe", "\"Yxcvb\""}}};
  entry.consent.opted_in_from = "192.0.2.77";
  house.import({entry});
  house.import({{someone, "Asdfgh Jkl", {}}});
  house.ledger.suppress(address(someone), subscribers::SuppressionReason::asked, "operator",
                        house.clock.now());
  CHECK(remove_suppression(*house.database, address(someone), "operator", house.clock.now()));
  house.ledger.note_event("issue.paused", "550 zq7.somebody is unknown", "daemon",
                          house.clock.now());
  const auto issue = house.sending();
  OneSender sender{house};
  for (const auto& claimed : sender.claim()) {
    REQUIRE(sender.begin(claimed));
    sender.record(claimed, queue::OutcomeKind::refused, "Zq7 Somebody? Polyxena");
  }
  remove_suppression(*house.database, address(someone), "operator", house.clock.now());
  REQUIRE(house.ledger.resend("weekly", someone, "operator", house.clock.now()));
  Arrival returned{.source = "import",
                   .message = "To: zq7.somebody@a.example\n\nZenobia is not here.\n",
                   .report = {},
                   .mail = {}};
  returned.report.findings.emplace_back().text = "Zenobia is not here.";
  Reports(*house.database, {}).take(returned, house.clock.now());
  house.ledger.unsubscribe(house.subscribers.find(someone)->id, {}, "reader", "Gründonnerstag",
                           house.clock.now());
  for (const auto* text :
       {"zq7.somebody", "Qwertz", "Asdfgh", "Yxcvb", "192.0.2.77", "Grün", "Zenobia"})
    CHECK_MESSAGE(house.holds(text), text);
  house.erase();
  for (const auto* text :
       {"zq7.somebody", "Qwertz", "Asdfgh", "Yxcvb", "192.0.2.77", "Grün", "Zenobia"})
    CHECK_MESSAGE(!house.holds(text), text);
  CHECK(house.count("SELECT count(*) FROM attempts WHERE reply = '(erased)'") == 1);
  CHECK(house.counted(issue) == house.sums(issue));
}

TEST_CASE("the address that a reader had before goes as well, and stays out") {
  ErasingHouse house;
  house.import({one("zq7.former@b.example")});
  ReaderHand hand(*house.database);
  const auto move_to = [&](const std::string& email, const std::string& next) {
    const auto uid = house.subscribers.find(email)->uid;
    hand.ask_at(uid, address(next), house.clock.now());
    std::int64_t notice = 0;
    {
      auto query = house.database->prepare("SELECT uid FROM notices ORDER BY id DESC LIMIT 1");
      REQUIRE(query.step());
      notice = query.integer(0);
    }
    hand.take_address(uid, static_cast<std::uint64_t>(notice), house.clock.now());
  };
  move_to("zq7.former@b.example", someone);
  house.ledger.suppress(address("zq7.former@b.example"), subscribers::SuppressionReason::bounced,
                        "daemon", house.clock.now());
  CHECK(house.holds("zq7.former"));
  house.erase();
  CHECK_FALSE(house.holds("zq7.former"));
  CHECK(house.import({one("zq7.former@b.example")}).skipped.contains("erased"));
}

TEST_CASE(
    "kept reports are looked through ahead of an erasure, which looks at those that came since") {
  ErasingHouse house;
  house.add(someone);
  Reports reports(*house.database, {});
  const auto take = [&](const std::string& message) {
    Arrival arrival{"import", sha256(message), message, {}, {}};
    arrival.report.findings.emplace_back();
    reports.take(arrival, house.clock.now());
  };
  take("To: zq7.somebody@a.example\n\nfirst\n");
  take("To: other@a.example\n\nsecond\n");
  const auto stop = test::make_stop();
  stop->request_stop();
  CHECK(look_ahead(*house.database, address(someone), stop->get_token()).looked_to == 0);
  auto ahead = look_ahead(*house.database, address(someone));
  CHECK(ahead.looked_to == 2);
  CHECK(ahead.reports == std::vector<std::int64_t>{1});
  SUBCASE("of the same address") {}
  SUBCASE("of another, which the reader had then") { ahead.emails = {"before@a.example"}; }
  take(
      "Content-Type: text/plain\nContent-Transfer-Encoding: "
      "base64\n\nWnE3LlNvbWVib2R5QGEuZXhhbXBsZQ==\n");
  store::erase(*house.database, erased_keys(), address(someone), "reader", house.clock.now(),
               ahead);
  CHECK(reports.next_kept(0)->id == 2);
  CHECK_FALSE(reports.next_kept(2));
}

TEST_CASE("an address that is no subscriber is erased, too, with its suppression") {
  ErasingHouse house;
  house.ledger.suppress(address(someone), subscribers::SuppressionReason::bounced, "operator",
                        house.clock.now());
  CHECK(house.holds("zq7.somebody"));
  const auto erasure = house.erase();
  CHECK_FALSE(erasure.subscriber);
  CHECK_FALSE(erasure.known);
  CHECK_FALSE(house.holds("zq7.somebody"));
  CHECK(house.erase().known);
  CHECK(count_erased(*house.database) == 1);
}

TEST_CASE("the daemon's sweeper removes what an erasure leaves that nobody cleans up after") {
  ErasingHouse house;
  house.add(someone);
  house.erase();
  CHECK(has_traces(*house.database));
  std::promise<void> done;
  Sweeper sweeper(house.file(), std::chrono::milliseconds(0), [&] { done.set_value(); });
  sweeper.sweep();
  done.get_future().wait();
  CHECK_FALSE(has_traces(*house.database));
  std::ifstream in(house.file(), std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  CHECK(to_lower(all).find("zq7") == std::string::npos);
}

TEST_CASE("one who was asked and has not confirmed yet is erased with the question") {
  ErasingHouse house;
  REQUIRE(house.subscribers.add(one(someone, Standing::pending), "report", {"operator"},
                                house.clock.now()));
  house.erase();
  CHECK(house.count("SELECT count(*) FROM sign_ups") == 0);
  CHECK(house.count("SELECT count(*) FROM notices") == 0);
  CHECK_FALSE(house.holds("zq7"));
}

TEST_CASE("a notice to the address alone goes, with what was answered to it") {
  ErasingHouse house;
  Notices(*house.database)
      .make({.kind = queue::NoticeKind::confirm, .address = address(someone)}, house.clock.now());
  OneSender sender{house};
  const auto claimed = sender.claim();
  REQUIRE(claimed.size() == 1);
  REQUIRE(sender.begin(claimed[0]));
  sender.record(claimed[0], queue::OutcomeKind::refused, "who is zq7?");
  CHECK(house.holds("zq7.somebody"));
  house.erase();
  CHECK_FALSE(house.holds("zq7"));
  CHECK(house.count("SELECT count(*) FROM notices") == 0);
}

TEST_CASE("an erased address stays out of imports, and no operator adds it") {
  ErasingHouse house;
  house.add(someone);
  house.erase();
  const auto summary = house.import({one("ZQ7.somebody@A.example"), one("new@a.example"),
                                     one("zq7.somebody@a.example", Standing::bounced)});
  CHECK(summary.added == 1);
  CHECK(summary.skipped == std::map<std::string, std::int64_t>{{"duplicate", 1}, {"erased", 1}});
  CHECK(house.try_to_add(someone).value() == subscribers::Added::skipped_erased);
  CHECK_FALSE(house.holds("zq7"));
}

TEST_CASE("a forgotten hash lets the address in again") {
  ErasingHouse house;
  house.add(someone);
  house.erase();
  ErasedAddresses erased(*house.database, erased_keys());
  CHECK(erased.knows(address(someone).canonical()));
  CHECK(erased.forget(address("zq7.SOMEBODY@a.example").canonical()));
  CHECK_FALSE(erased.forget(address(someone).canonical()));
  CHECK(house.try_to_add(someone).value() == subscribers::Added::added);
}

TEST_CASE("whom a retired key has erased stays out after a rotation") {
  ErasingHouse house;
  house.erase();
  const Fingerprints rotated(token_keys({{2, std::string(32, 'n')}, {1, std::string(32, 'k')}}),
                             erased_use);
  CHECK(ErasedAddresses(*house.database, rotated).knows(address(someone).canonical()));
  const Fingerprints lost(token_keys({{2, std::string(32, 'n')}}), erased_use);
  CHECK_FALSE(ErasedAddresses(*house.database, lost).knows(address(someone).canonical()));
}

TEST_CASE("hashes of a key that is gone are counted as unusable") {
  ErasingHouse house;
  house.erase("one@a.example");
  house.erase("two@a.example");
  CHECK(count_unusable(*house.database, erased_keys()) == 0);
  const Fingerprints rotated(token_keys({{2, std::string(32, 'n')}, {1, std::string(32, 'k')}}),
                             erased_use);
  CHECK(count_unusable(*house.database, rotated) == 0);
  const Fingerprints others(token_keys({{2, std::string(32, 'n')}}), erased_use);
  CHECK(count_unusable(*house.database, others) == 2);
}

TEST_CASE("a new reader never gets an erased one's number") {
  ErasingHouse house;
  const auto first = house.add(someone);
  house.sending();
  house.erase();
  const auto next = house.add("next@a.example");
  CHECK(next > first);
  CHECK(house.ledger.stories(next).at(0).delivery == std::nullopt);
}

TEST_CASE("an audience that is being gathered loses who is erased") {
  ErasingHouse house;
  house.add(someone);
  house.add("other@a.example");
  const auto issue = house.scheduled();
  while (!house.ledger.gather(issue, {}, house.clock.now())) {
  }
  house.erase();
  REQUIRE(house.freeze(issue) == Freeze::done);
  CHECK(house.sums(issue) == IssueSums{.pending = 1});
  CHECK(house.counted(issue) == IssueSums{.pending = 1});
}

TEST_CASE("an import is taken back around one who was erased meanwhile") {
  ErasingHouse house;
  house.add(someone);
  const auto import = house.import({{someone, "Name", {}}, {"new@a.example", "New", {}}}).import;
  house.erase();
  const auto undone = house.subscribers.undo(import, {"operator"}, house.clock.now());
  REQUIRE(undone);
  CHECK(undone->removed == 1);
  CHECK(undone->kept == 0);
  CHECK(house.count("SELECT count(*) FROM subscribers") == 0);
}

TEST_CASE("erasing is an event that does not say whom") {
  ErasingHouse house;
  const auto id = house.add(someone);
  CHECK(store::erase(*house.database, erased_keys(), id, "reader", house.clock.now()));
  CHECK_FALSE(store::erase(*house.database, erased_keys(), id, "reader", house.clock.now()));
  auto query = house.database->prepare(
      "SELECT actor, detail, subscriber_id IS NULL FROM events WHERE kind = 'subscriber.erased'");
  REQUIRE(query.step());
  CHECK(query.text(0) == "reader");
  CHECK(query.text(1).empty());
  CHECK(query.integer(2) == 1);
}

TEST_CASE("a domain of its own goes with its last reader, a shared one stays") {
  ErasingHouse house;
  house.add(someone);
  house.add("other@a.example");
  house.add("me@somebody.example");
  house.erase();
  house.erase("me@somebody.example");
  CHECK(house.count("SELECT count(*) FROM domains WHERE name = 'a.example'") == 1);
  CHECK_FALSE(house.holds("somebody.example"));
  CHECK(house.add("new@somebody.example").value > 0);
}
