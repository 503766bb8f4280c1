// A small issue on a disk that fails at its Nth call, for every N. POSTRIDER_EVERY_FAULT=1 takes
// every N; else some of them, which are others for each kind of fault.
#include <array>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>

#include "house.h"
#include "store/identity.h"
#include "support/fault_vfs.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::DeliveryState;
using queue::IssueState;
using queue::Outcome;
using queue::OutcomeKind;
using queue::Scope;
using test::DiskFault;
using test::FaultVfs;

namespace {

constexpr int readers = 16;
constexpr std::size_t connections = 3;
const std::string leaver = "reader13@readers.example";
const std::string outsider = "outsider@readers.example";

/// All readers but one.
const store::AudienceOrder& order() {
  static const store::AudienceOrder made = [] {
    namespace segment = subscribers::segment;
    const segment::Node tree{
        segment::Compare{{segment::FieldKind::email, {}}, segment::Comparison::unequal, outsider}};
    return store::AudienceOrder{
        {}, std::make_shared<store::Segment>(store::Segment{"all but one", "all but one", tree})};
  }();
  return made;
}

/// Takes mails, remembers who got them, and answers by the reader's number.
class Server {
 public:
  std::map<std::string, int> got;
  int unanswered = 0;

  /// Before the body; nothing: go on.
  std::optional<Outcome> refuses(const std::string& email) {
    if (email == reader(3)) return Outcome{OutcomeKind::refused, Scope::recipient, {550, "", ""}};
    if (email != reader(7) || !first_time(email)) return {};
    return Outcome{OutcomeKind::deferred, Scope::recipient, {451, "", ""}};
  }

  /// After the final dot.
  Outcome take(const std::string& email) {
    if ((email == reader(1) || email == reader(6)) && first_time(email))
      return {OutcomeKind::deferred, Scope::message, {452, "", ""}};
    ++got[email];
    if (email != reader(11) || !first_time(email))
      return {OutcomeKind::delivered, Scope::recipient, {250, "", ""}};
    ++unanswered;
    return {OutcomeKind::in_doubt, Scope::session, {}};
  }

 private:
  static std::string reader(int number) {
    return "reader" + std::to_string(number) + "@readers.example";
  }
  bool first_time(const std::string& email) { return seen_.insert(email).second; }
  std::set<std::string> seen_;
};

/// What a daemon does with one issue, on one thread: an outcome is on disk before its connection's
/// next final dot, and that dot only after its delivery is `sending` on disk.
class Daemon {
 public:
  /// `patient`: what cannot be written is written later; else CannotWrite ends its life.
  Daemon(store::Database& database, Server& server, test::FakeClock& clock, bool patient)
      : database_(database), server_(server), clock_(clock), patient_(patient) {}

  /// `outside`: the count that is kept outside the database.
  void run(std::int64_t& outside) {
    retried([&] { publish(); });
    retried([&] { queue_.emplace(database_, test::policy(), clock_.now()); });
    queue_->on_growth([&outside](std::int64_t count) { outside = count; });
    for (int round = 0;; ++round) {
      if (round == 1000) FAIL("the issue does not come to its end");
      if (round == 3) leave();
      if (stock_.empty()) claim();
      if (!stock_.empty() || !answered_.empty())
        send();
      else if (!wait())
        return;
    }
  }

 private:
  struct Answered {
    queue::Claimed claimed;
    Outcome outcome;
  };

  void retried(const std::function<void()>& work) {
    for (int tries = 0;; ++tries) {
      try {
        return work();
      } catch (const queue::CannotWrite&) {
        if (!patient_) throw;
        if (tries == 100) FAIL("it never goes on");
      }
    }
  }
  void write(const std::function<void()>& work) {
    retried([&] { queue_->transact(work); });
  }

  void publish() {
    store::Ledger ledger(database_);
    for (const auto& issue : ledger.due_issues(clock_.now())) {
      gather(issue.id);
      while (ledger.freeze(issue.id, test::House::content(), order(), "daemon", clock_.now()) ==
             store::Freeze::gathering)
        continue;
    }
  }

  /// On a connection of its own, whose commits are not synced, in steps of a few readers.
  void gather(IssueId issue) {
    const auto opened = store::Database::open(database_.file(), store::OpenMode::read_write);
    if (!opened) throw queue::CannotWrite(opened.error().message);
    (*opened)->gather_commits();
    store::Ledger gatherer(**opened);
    while (!gatherer.gather(issue, order(), clock_.now(), 5)) continue;
  }

  void leave() {
    write([&] {
      const auto reader = store::SqliteSubscribers(database_).find(leaver);
      store::Ledger(database_).unsubscribe(reader->id, {}, "reader", "link", clock_.now());
    });
  }

  void claim() {
    std::vector<queue::Claimed> claimed;
    write([&] { claimed = test::claim(*queue_, clock_.now(), 5); });
    stock_.assign(claimed.begin(), claimed.end());
  }

  void send() {
    std::vector<queue::Claimed> next;
    while (!stock_.empty() && next.size() < connections) {
      if (const auto refusal = server_.refuses(stock_.front().email))
        answered_.push_back({stock_.front(), *refusal});
      else
        next.push_back(stock_.front());
      stock_.pop_front();
    }
    std::vector<queue::Claimed> ours;
    write([&] {
      ours.clear();
      for (const auto& [claimed, outcome] : answered_)
        queue_->record(claimed.claim(), {clock_.now(), clock_.now(), "relay", outcome},
                       queue::after(claimed.delivery, outcome, clock_.now(), test::policy()));
      for (const auto& one : next)
        if (queue_->begin_sending(one.claim(), clock_.now())) ours.push_back(one);
    });
    answered_.clear();
    for (const auto& one : ours) answered_.push_back({one, server_.take(one.email)});
    clock_.advance(1s);
  }

  bool wait() {
    const auto due = test::next_due(database_);
    if (due) clock_.set(std::max(clock_.now(), *due));
    return due.has_value();
  }

  store::Database& database_;
  Server& server_;
  test::FakeClock& clock_;
  bool patient_;
  std::optional<store::SqliteQueue> queue_;
  std::deque<queue::Claimed> stock_;
  std::vector<Answered> answered_;
};

/// The database of a scheduled issue, made once.
const std::string& prepared() {
  static const std::string bytes = [] {
    test::House house;
    house.add_readers(readers);
    house.add(outsider);
    house.scheduled("weekly", {"report"}, order().segment->written);
    store::claim_new(*house.database, {"machine", "/postrider.db", 17, 0}, 0, house.clock.now());
    house.database.reset();
    std::ifstream file(house.file(), std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  }();
  return bytes;
}

/// What happens after the fault.
enum class Then { reopened, power_cut, passes };

class Run {
 public:
  Run(DiskFault fault, Then then, int nth) {
    folder_.write("postrider.db", prepared(), 0600);
    const bool passes = then == Then::passes;
    vfs_.arm(fault, nth, passes ? 7 : FaultVfs::for_ever);
    const bool finished = live(passes);
    met_ = vfs_.struck();
    if (passes) CHECK(finished);
    if (met_ && !passes) {
      deaths_ = 1;
      if (then == Then::power_cut)
        vfs_.lose_power(fault == DiskFault::torn_power_cut, static_cast<unsigned>(nth));
      vfs_.mend();
      CHECK(live(false));
    }
    check();
  }

  bool met() const { return met_; }

 private:
  /// False: it could not go on.
  bool live(bool patient) {
    auto opened = store::Database::open(file(), store::OpenMode::read_write);
    while (!opened && patient) opened = store::Database::open(file(), store::OpenMode::read_write);
    if (!opened) return false;
    auto& database = **opened;
    check_count(database);
    database.execute("PRAGMA wal_autocheckpoint = 30");  // a small issue is to see some, too
    try {
      Daemon(database, server_, clock_, patient).run(outside_);
      return true;
    } catch (const queue::CannotWrite&) {
      return false;
    }
  }

  /// Whatever the fault took away, it must never look restored.
  void check_count(store::Database& database) {
    CHECK(store::identity(database)->generation >= outside_);
  }

  void check() {
    const auto opened = store::Database::open(file(), store::OpenMode::read_write);
    REQUIRE(opened);
    auto& database = **opened;
    auto integrity = database.prepare("PRAGMA integrity_check");
    REQUIRE(integrity.step());
    CHECK(integrity.text(0) == "ok");
    check_count(database);
    CHECK(outside_ > 0);
    store::Ledger ledger(database);
    const auto issue = ledger.find_issue("weekly");
    CHECK(issue->state == IssueState::sent);
    CHECK(issue->sums.audience() == readers);
    CHECK(issue->excluded == std::map<std::string, std::int64_t>{{"segment", 1}});
    CHECK(issue->sums == test::counted(database, issue->id));
    CHECK(issue->sums.accepted + issue->sums.bounced + issue->sums.cancelled == readers);
    ledger.recipients(issue->id, [&](const store::Recipient& reader) {
      CAPTURE(reader.email);
      const bool accepted = reader.state == DeliveryState::accepted;
      // Who left after a final dot whose answer was lost got a mail that nobody knows of.
      if (accepted || reader.email != leaver) CHECK(accepted == (server_.got[reader.email] > 0));
    });
    int extra = -server_.unanswered;
    for (const auto& [email, copies] : server_.got) extra += std::max(copies - 1, 0);
    CHECK(extra <= deaths_ * static_cast<int>(connections));
  }

  std::filesystem::path file() const { return folder_.path() / "postrider.db"; }

  test::TemporaryFolder folder_;
  FaultVfs vfs_;
  Server server_;
  test::FakeClock clock_;
  std::int64_t outside_ = 0;  // survives all faults
  bool met_ = false;
  int deaths_ = 0;
};

void at_every_call(DiskFault fault, Then then) {
  const bool all = std::getenv("POSTRIDER_EVERY_FAULT") != nullptr;
  const int step = all ? 1 : 11;
  int nth = all ? 1 : 1 + static_cast<int>(fault) + 4 * static_cast<int>(then);
  for (;; nth += step) {
    CAPTURE(nth);
    if (!Run(fault, then, nth).met()) break;
  }
  INFO("the issue takes some hundred calls");
  CHECK(nth > 100);
}

}  // namespace

TEST_CASE("an I/O error at any call loses nobody, after a new start") {
  at_every_call(DiskFault::io_error, Then::reopened);
}

TEST_CASE("an I/O error at any call, and then no power: nobody is lost") {
  at_every_call(DiskFault::io_error, Then::power_cut);
}

TEST_CASE("an I/O error at any call that passes: it goes on by itself and nothing is repeated") {
  at_every_call(DiskFault::io_error, Then::passes);
}

TEST_CASE("a disk that fills up at any call loses nobody, after a new start") {
  at_every_call(DiskFault::disk_full, Then::reopened);
}

TEST_CASE("a disk that is full for a while: it goes on by itself and nothing is repeated") {
  at_every_call(DiskFault::disk_full, Then::passes);
}

TEST_CASE("a power cut at any call loses nobody") {
  at_every_call(DiskFault::power_cut, Then::power_cut);
}

TEST_CASE("a power cut that leaves some sectors written and some not loses nobody") {
  at_every_call(DiskFault::torn_power_cut, Then::power_cut);
}

TEST_CASE("a refusal that could not be written at once is counted once") {
  test::House house;
  house.add_readers(1);
  const auto id = house.sending();
  store::SqliteQueue queue(*house.database, test::policy(), house.clock.now());
  const auto now = house.clock.now();
  std::vector<queue::Claimed> claimed;
  queue.transact([&] { claimed = test::claim(queue, now, 1); });
  const Outcome refused{OutcomeKind::refused, Scope::sender, {550, "", "not you"}};
  const auto record = [&] {
    queue.record(claimed[0].claim(), {now, now, "relay", refused},
                 queue::after(claimed[0].delivery, refused, now, test::policy()));
  };
  for (int tries = 0; tries < queue::Refusals::most_in_a_row; ++tries)
    CHECK_THROWS_AS(queue.transact([&] {
      record();
      throw queue::CannotWrite("the disk is full");
    }),
                    queue::CannotWrite);
  queue.transact(record);
  CHECK(house.ledger.find_issue(id)->note.empty());
  CHECK(house.state(id) == IssueState::sent);
}
