#include "queue/dispatcher.h"

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <poll.h>
#include <stdexcept>
#include <thread>

#include "memory_store.h"
#include "support/fake_clock.h"
#include "unpaced.h"

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;
using test::MemoryStore;

namespace {

/// A relay that a test writes as one function.
class HandRelay final : public Relay {
 public:
  using Carry = std::function<void(Desk&, Parcel)>;
  explicit HandRelay(Carry carry) : carry_(std::move(carry)) {}

  void run(Desk& desk, std::stop_token stop) override {
    while (!stop.stop_requested()) {
      desk.attend();
      if (auto parcel = desk.next()) {
        carry_(desk, std::move(*parcel));
        continue;
      }
      pollfd wake{desk.wake_fd(), POLLIN, 0};
      ::poll(&wake, 1, 5);
    }
  }
  RelayStatus status() const override {
    return {.name = "hand", .state = "idle", .last_error = "", .retry_at = {}};
  }

 private:
  const Carry carry_;
};

constexpr std::int64_t unfit = 1000;  // a reader

struct PlainComposer final : Composer {
  std::atomic<int> throws = 0;
  Result<void> compose(Parcel& parcel) override {
    if (throws > 0) {
      --throws;
      throw std::runtime_error("disk I/O error");
    }
    if (parcel.claimed.key.subscriber.value == unfit) return fail("no such list");
    parcel.data = "To: " + parcel.claimed.email + "\r\n\r\nHello.\r\n";
    return {};
  }
};

const Outcome delivered{OutcomeKind::delivered, Scope::recipient, {250, "", "taken"}};

/// A queue of some deliveries with one sender thread a relay.
struct Office {
  explicit Office(int deliveries) : store(deliveries) {}

  void open(std::vector<HandRelay::Carry> relays) {
    std::vector<Outlet> outlets;
    for (auto& carry : relays)
      outlets.push_back({outlets.size(), std::make_unique<HandRelay>(std::move(carry))});
    auto pacing = test::unpaced(clock, 8, outlets.size());
    dispatcher =
        std::make_unique<Dispatcher>(store, writer, composer, clock, RetryPolicy{{1min}, 1h, true},
                                     std::move(pacing), std::move(outlets));
  }
  bool wait_for(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  bool settles(DeliveryState state, std::size_t count) {
    return wait_for([&] { return store.count(state) == count; });
  }
  MemoryStore::Row row(std::int64_t subscriber) {
    const std::lock_guard lock(store.mutex);
    return store.rows.at({{1}, {subscriber}, 0});
  }

  test::FakeClock clock;
  MemoryStore store;
  Writer writer{store};
  PlainComposer composer;
  std::unique_ptr<Dispatcher> dispatcher;  // last: its threads use all of the above
};

}  // namespace

TEST_CASE("every delivery is composed, carried and recorded once") {
  Office office(600);
  std::atomic<int> carried = 0;
  const auto carry = [&](Desk& desk, const Parcel& parcel) {
    ++carried;
    desk.begin(parcel.claimed.claim(), [&desk, parcel](bool ours) {
      if (ours) desk.finish(parcel, {}, delivered, {});
    });
  };
  office.open({carry, carry});
  CHECK(office.settles(DeliveryState::accepted, 600));
  CHECK(carried == 600);
}

TEST_CASE("a delivery that breaks its sessions is judged after some, whatever the threads") {
  Office office(1);
  std::atomic<int> breaks = 0, judged = 0;
  const auto carry = [&](Desk& desk, const Parcel& parcel) {
    ++breaks;
    if (desk.broke(parcel, {}, "gone")) ++judged;
  };
  office.open({carry, carry});
  REQUIRE(office.wait_for([&] { return office.row(1).outcomes.size() == 1; }));
  CHECK(breaks == most_breaks);
  CHECK(judged == 1);
  const auto row = office.row(1);
  CHECK(row.delivery.attempts == 1);
  CHECK(row.delivery.first_try);
  CHECK(row.due >= office.clock.now() + 1min);
  CHECK(row.due <= office.clock.now() + 66s);
  CHECK(row.outcomes[0].kind == OutcomeKind::deferred);
  CHECK(row.outcomes[0].scope == Scope::recipient);
  CHECK(row.outcomes[0].reply.text.ends_with("gone"));
}

TEST_CASE("a pause that a server asks for is put on disk") {
  Office office(1);
  office.store.rows.begin()->second.group = GroupId{7};
  office.store.domains[GroupId{7}] = "big.example";
  office.open({[](Desk& desk, const Parcel& parcel) {
    desk.finish(parcel, {},
                {OutcomeKind::deferred,
                 Scope::recipient,
                 {450, "4.7.1", "too many messages, try again in 1 hour"}},
                {});
  }});
  REQUIRE(office.wait_for([&] {
    const std::lock_guard lock(office.store.mutex);
    return !office.store.pauses.empty();
  }));
  CHECK(office.store.pauses[0].name == "domain big.example");
  CHECK(office.store.pauses[0].until == office.clock.now() + 1h);
}

TEST_CASE("a reader who left gives back nobody else's mail, an issue that was paused all of it") {
  Office office(8);
  // One after another: the answer to each is there before the next one is taken.
  const auto carry = [](Desk& desk, const Parcel& parcel) {
    bool answered = false;
    desk.begin(parcel.claimed.claim(), [&](bool ours) {
      if (ours) desk.finish(parcel, {}, delivered, {});
      answered = true;
    });
    while (!answered) desk.attend();
  };
  const auto releases = [&] {
    const std::lock_guard lock(office.store.mutex);
    return office.store.releases;
  };
  SUBCASE("a reader left") {
    office.store.rows.begin()->second.called_off = true;
    office.open({carry});
    CHECK(office.settles(DeliveryState::accepted, 7));
    CHECK(releases() == 0);
  }
  SUBCASE("the issue was paused") {
    office.open({[&](Desk& desk, const Parcel& parcel) {
      {
        const std::lock_guard lock(office.store.mutex);
        office.store.paused = true;
      }
      carry(desk, parcel);
    }});
    CHECK(office.wait_for([&] { return releases() == 7; }));
    CHECK(office.settles(DeliveryState::queued, 7));
  }
}

TEST_CASE("an issue that was amended goes on with its new version, whatever was claimed before") {
  Office office(8);
  std::atomic<int> carried = 0;
  office.open({[&](Desk& desk, const Parcel& parcel) {
    if (++carried == 3) {
      const std::lock_guard lock(office.store.mutex);
      office.store.version = 2;
    }
    bool answered = false;
    desk.begin(parcel.claimed.claim(), [&](bool ours) {
      if (ours) desk.finish(parcel, {}, delivered, {});
      answered = true;
    });
    while (!answered) desk.attend();
  }});
  CHECK(office.settles(DeliveryState::accepted, 8));
  // The stock goes back at once, and is not offered one by one in vain.
  CHECK(carried == 9);
  int of_the_first = 0;
  for (int i = 1; i <= 8; ++i) of_the_first += office.row(i).version == 1;
  CHECK(of_the_first == 2);
}

TEST_CASE("a session broken now and then costs no attempt") {
  Office office(1);
  std::atomic<int> carried = 0;
  office.open({[&](Desk& desk, const Parcel& parcel) {
    if (++carried < most_breaks)
      CHECK_FALSE(desk.broke(parcel, {}, "gone"));
    else
      desk.finish(parcel, {}, delivered, {});
  }});
  CHECK(office.settles(DeliveryState::accepted, 1));
  CHECK(office.row(1).delivery.attempts == 1);
  // No attempt, but not hidden either.
  const auto failures = office.dispatcher->failures();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].scope == Scope::session);
  CHECK(failures[0].reply.text == "gone");
  CHECK(failures[0].count == most_breaks - 1);
}

TEST_CASE("what was claimed and not carried goes back when the dispatcher ends") {
  Office office(300);
  office.open({[](Desk& desk, const Parcel& parcel) {
    desk.release(parcel, 1h, "later");
    std::this_thread::sleep_for(20ms);
  }});
  REQUIRE(office.wait_for([&] { return office.store.count(DeliveryState::claimed) > 0; }));
  office.dispatcher.reset();
  CHECK(office.settles(DeliveryState::queued, 300));
}

TEST_CASE("a delivery that cannot be begun at all is given back, later, and status tells why") {
  Office office(1);
  office.store.cannot_begin = 2;
  std::atomic<int> refused = 0;
  office.open({[&](Desk& desk, const Parcel& parcel) {
    desk.begin(parcel.claimed.claim(), [&](bool ours) { refused += ours ? 0 : 1; });
  }});
  CHECK(office.wait_for([&] { return refused == 1; }));
  CHECK(office.wait_for([&] { return office.row(1).due > office.clock.now(); }));
  CHECK(office.settles(DeliveryState::queued, 1));
  CHECK(office.dispatcher->status()[0].last_error.find("no such row") != std::string::npos);
}

TEST_CASE("a mail that cannot be composed is judged; where the composer is broken it waits") {
  Office office(1);
  office.store.rows[{{1}, {unfit}, 0}] = {};
  office.composer.throws = 1;
  office.open({[](Desk& desk, const Parcel& parcel) { desk.finish(parcel, {}, delivered, {}); }});
  CHECK(office.settles(DeliveryState::failed, 1));
  CHECK(office.row(unfit).outcomes.at(0).scope == Scope::message);
  CHECK(office.settles(DeliveryState::queued, 1));
  CHECK(office.row(1).delivery.attempts == 0);
  CHECK(office.row(1).due > office.clock.now());
}

TEST_CASE("a broken composer is told until it works again") {
  Office office(1);
  office.composer.throws = 1;
  office.open({[](Desk& desk, const Parcel& parcel) { desk.finish(parcel, {}, delivered, {}); }});
  const auto told = [&] { return office.dispatcher->status()[0].last_error; };
  CHECK(office.wait_for([&] { return office.row(1).due > office.clock.now(); }));
  CHECK(told().find("disk I/O") != std::string::npos);
  office.clock.advance(30s);
  office.dispatcher->poke();
  CHECK(office.settles(DeliveryState::accepted, 1));
  CHECK(told().empty());
}

TEST_CASE("a relay that fails altogether is run again") {
  Office office(1);
  std::atomic<int> runs = 0;
  office.open({[&](Desk& desk, const Parcel& parcel) {
    ++runs;
    desk.release(parcel, Duration::zero(), "");
    throw std::runtime_error("no descriptors left");
  }});
  REQUIRE(office.wait_for([&] { return runs == 2; }));
  CHECK(office.dispatcher->status()[0].last_error.find("descriptors") != std::string::npos);
}

TEST_CASE("a new notice waits for no mail that was claimed before it") {
  Office office(600);
  std::atomic<int> carried = 0;
  std::atomic<int> before_notice = -1;
  std::atomic<bool> go_on = false;
  office.open({[&](Desk& desk, const Parcel& parcel) {
    const auto number = ++carried;
    if (number == 1) {
      while (!go_on) std::this_thread::yield();
    }
    if (parcel.claimed.notice) before_notice = number;
    desk.begin(parcel.claimed.claim(), [&desk, parcel](bool ours) {
      if (ours) desk.finish(parcel, {}, delivered, {});
    });
    // The claim's answer comes before the next mail is asked for.
    desk.submit();
    office.wait_for([&] {
      desk.attend();
      const std::lock_guard lock(office.store.mutex);
      return office.store.rows.at(parcel.claimed.key).delivery.state == DeliveryState::accepted;
    });
  }});
  REQUIRE(office.wait_for([&] { return carried == 1; }));
  {
    const std::lock_guard lock(office.store.mutex);
    office.store.rows[{{2}, {1}, 1}] = {};
  }
  office.dispatcher->poke();
  go_on = true;
  REQUIRE(office.settles(DeliveryState::accepted, 601));
  CHECK(before_notice > 1);
  CHECK(before_notice < 10);
}
