#include "daemon/watchman.h"

#include <doctest/doctest.h>
#include <future>

#include "base/text.h"
#include "queue/writer.h"
#include "store/house.h"

using namespace postrider;
using daemon::Sights;
using daemon::Watchman;
using store::OperatorEvent;
using namespace std::chrono_literals;

namespace {

struct Watch : test::House {
  std::unique_ptr<store::Database> writing = open();
  store::SqliteQueue queue{*writing, test::policy(), clock.now()};
  queue::Writer writer{queue};
  Watchman watchman{*database, daemon::Errands(*writing, writer, [](std::function<void()>) {}),
                    clock};

  /// Looks every minute for so long; all kinds of events, in their order.
  std::string seen(const Sights& sights, std::chrono::minutes span = 0min) {
    for (auto passed = 0min; passed <= span; ++passed) {
      watchman.look(sights);
      if (passed < span) clock.advance(1min);
    }
    return kinds();
  }

  std::string kinds() {
    std::promise<std::string> told;
    writer.submit({[&] {
                     std::vector<std::string> all;
                     for (const auto& event : store::Ledger(*writing).events_to_tell(0))
                       all.push_back(event.kind);
                     told.set_value(join(all, " "));
                   },
                   {},
                   {}});
    return told.get_future().get();
  }

  /// On disk when it returns.
  void keep(const queue::Pause& pause) {
    std::promise<void> kept;
    writer.submit({[&] { queue.keep(pause); }, [&] { kept.set_value(); }, {}});
    kept.get_future().wait();
  }

  /// Whether the operator is told of that kind by mail.
  bool is_mailed(OperatorEvent kind) {
    kinds();  // the writer has done what was there to do
    auto query = database->prepare("SELECT 1 FROM operator_mails WHERE kind = ?");
    return query.bind(static_cast<std::int64_t>(kind)).step();
  }
};

Sights seen_relay(const std::string& state, const std::string& error = "") {
  queue::RelayStatus status;
  status.name = "primary";
  status.state = state;
  status.last_error = error;
  return {.relays = {status}};
}

Sights seen_mailbox(const std::string& trouble) {
  daemon::PostmanStatus status;
  status.mailbox = "maildir:in";
  status.trouble = trouble;
  return {.mailbox = status};
}

}  // namespace

TEST_CASE("a relay that carries nothing for ten minutes is told, and that it works again") {
  Watch watch;
  const auto down = seen_relay("waiting", "connection refused");
  CHECK(watch.seen(down, 9min) == "");
  CHECK(watch.seen(down, 1min) == "relay.down");
  CHECK(watch.seen(down, 60min) == "relay.down");
  CHECK(watch.is_mailed(OperatorEvent::relay_down));
  CHECK(watch.seen(seen_relay("sending")) == "relay.down relay.up");
  CHECK(watch.is_mailed(OperatorEvent::relay_up));
}

TEST_CASE("a relay that fails now and then, or has nothing to do since, is told to nobody") {
  Watch watch;
  for (int i = 0; i < 10; ++i) {
    CHECK(watch.seen(seen_relay("waiting", "connection refused"), 5min) == "");
    CHECK(watch.seen(seen_relay("idle", "connection refused"), 30min) == "");
  }
}

TEST_CASE("a relay that is out until somebody mends it is told at once") {
  Watch watch;
  CHECK(watch.seen(seen_relay("out", "535 bad password")) == "relay.down");
}

TEST_CASE("a mailbox that cannot be read for ten minutes is told, and that it can again") {
  Watch watch;
  CHECK(watch.seen(seen_mailbox("no such folder"), 9min) == "");
  CHECK(watch.seen(seen_mailbox("no such folder"), 1min) == "mailbox.down");
  CHECK(watch.seen(seen_mailbox("")) == "mailbox.down mailbox.up");
}

TEST_CASE("a database that could not be written is told when it can be again") {
  Watch watch;
  CHECK(watch.seen({.trouble = "disk full"}, 5min) == "");
  CHECK(watch.seen({}) == "database.recovered");
  CHECK(watch.is_mailed(OperatorEvent::database));
}

TEST_CASE("a disk with little room is told once, and when there is clearly enough again") {
  Watch watch;
  const auto little = Watchman::little_room;
  CHECK(watch.seen({.room = little}) == "");
  CHECK(watch.seen({.room = little - 1}) == "disk.low");
  CHECK(watch.seen({.room = little + 1}) == "disk.low");
  CHECK(watch.seen({.room = 2 * little}) == "disk.low disk.enough");
}

TEST_CASE("a certificate is told of two weeks before its end, three days before, and then") {
  Watch watch;
  const Sights sights{.certificate_ends = watch.clock.now() + std::chrono::days(20)};
  CHECK(watch.seen(sights) == "");
  for (const auto* told : {"certificate.expiring", "certificate.expiring certificate.expiring",
                           "certificate.expiring certificate.expiring certificate.expiring"}) {
    CAPTURE(told);
    watch.clock.advance(std::chrono::days(9));
    CHECK(watch.seen(sights) == told);
  }
}

TEST_CASE("an issue of which nothing moves for an hour is told, where something is due") {
  Watch watch;
  watch.add_readers(2);
  watch.sending();
  const auto before = watch.kinds();
  CHECK(watch.seen({}, 59min) == before);
  CHECK(watch.seen({}, 2min) == before + " issue.stalled");
  CHECK(watch.is_mailed(OperatorEvent::issue_stalled));
}

TEST_CASE("a certificate that ends the day after tomorrow is told once at a start") {
  Watch watch;
  CHECK(watch.seen({.certificate_ends = watch.clock.now() + std::chrono::days(2)}, 5min) ==
        "certificate.expiring");
}

TEST_CASE("after a suspend nothing is told that could not be seen") {
  Watch watch;
  watch.add_readers(2);
  watch.sending();
  const auto before = watch.kinds();
  const auto down = seen_relay("waiting", "connection refused");
  CHECK(watch.seen(down, 5min) == before);
  watch.clock.advance(3h);
  CHECK(watch.seen(down, 9min) == before);
  CHECK(watch.seen(down, 60min) == before + " relay.down issue.stalled");
}

TEST_CASE(
    "an issue that waits for the next zone's hour is not stalled, and one that misses it is") {
  Watch watch;
  watch.add_readers(1);
  const auto id = watch.sending();
  watch.database->prepare("UPDATE deliveries SET due = ?").bind(watch.clock.now() + 5h).run();
  const auto before = watch.kinds();
  CHECK(watch.seen({}, 359min) == before);
  CHECK(watch.seen({}, 2min) == before + " issue.stalled");
  CHECK(watch.state(id) == queue::IssueState::sending);
}

TEST_CASE("an issue that may not be sent before a claim is not told as stalled") {
  Watch watch;
  watch.add_readers(2);
  watch.sending();
  const auto before = watch.kinds();
  CHECK(watch.seen({.is_unclaimed = true}, 150min) == before);
}

TEST_CASE("an issue that waits for a later try, or for a pause that was asked for, is not told") {
  Watch watch;
  watch.add_readers(2);
  watch.sending();
  const auto before = watch.kinds();
  const auto later = watch.clock.now() + 3h;
  SUBCASE("a later try") {
    watch.database->prepare("UPDATE deliveries SET due = ?").bind(later).run();
  }
  SUBCASE("a pause") { watch.keep({"a.example", later, "[TSS04]"}); }
  CHECK(watch.seen({}, 150min) == before);
}
