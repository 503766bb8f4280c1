#include "queue/file_relay.h"

#include <chrono>
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>
#include <thread>

#include "memory_store.h"
#include "queue/dispatcher.h"
#include "support/fake_clock.h"
#include "support/temporary_folder.h"
#include "unpaced.h"

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct RudeComposer final : Composer {
  Result<void> compose(Parcel& parcel) override {
    parcel.envelope = {"from@report.example", "../\"é\"@" + parcel.claimed.email};
    parcel.data = "To: " + parcel.claimed.email + "\r\n\r\nHello.\r\n";
    return {};
  }
};

/// A queue of some deliveries that become files in `outbox`.
struct Outbox {
  explicit Outbox(int deliveries) : store(deliveries) {}

  void open() {
    dispatcher = std::make_unique<Dispatcher>(store, writer, composer, clock,
                                              RetryPolicy{{1min}, 1h, true}, test::unpaced(clock),
                                              test::only(make_file_relay("files", outbox, clock)));
  }
  static bool wait_for(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  std::vector<fs::path> files() const {
    return {fs::directory_iterator(outbox), fs::directory_iterator()};
  }

  test::TemporaryFolder folder;
  fs::path outbox = folder.path() / "new" / "outbox";
  test::FakeClock clock;
  test::MemoryStore store;
  Writer writer{store};
  RudeComposer composer;
  std::unique_ptr<Dispatcher> dispatcher;
};

}  // namespace

TEST_CASE("every message becomes one private file whose name stays in the folder") {
  Outbox out(20);
  out.open();
  CHECK(Outbox::wait_for([&] { return out.store.count(DeliveryState::accepted) == 20; }));
  const auto files = out.files();
  CHECK(files.size() == 20);
  for (const auto& file : files) {
    CHECK(file.extension() == ".eml");
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  }
  std::ifstream first(files[0], std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(first), {}};
  CHECK(bytes.starts_with("To: reader"));
  CHECK(bytes.ends_with("\r\n\r\nHello.\r\n"));
}

TEST_CASE("a folder that cannot be written makes the relay wait, and costs no attempt") {
  Outbox out(3);
  out.folder.write("new", "a file where the folder would be");
  out.open();
  const auto status = [&] { return out.dispatcher->status()[0]; };
  CHECK(Outbox::wait_for([&] { return status().state == "waiting"; }));
  CHECK(status().last_error.find("cannot be written") != std::string::npos);
  REQUIRE(status().retry_at);
  CHECK(*status().retry_at > out.clock.now());
  CHECK(out.store.count(DeliveryState::accepted) == 0);
  out.dispatcher.reset();
  CHECK(Outbox::wait_for([&] { return out.store.count(DeliveryState::queued) == 3; }));
  for (const auto& [key, row] : out.store.rows) CHECK(row.delivery.attempts == 0);
}
