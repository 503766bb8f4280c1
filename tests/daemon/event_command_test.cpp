#include "daemon/event_command.h"

#include <doctest/doctest.h>
#include <fstream>
#include <nlohmann/json.hpp>

#include "queue/writer.h"
#include "store/house.h"
#include "support/main_thread.h"

using namespace postrider;
using daemon::EventCommand;

namespace {

/// A command that keeps what it was told, a line each.
struct Listener : test::House {
  config::Settings settings;
  std::filesystem::path told = folder.path() / "told";
  test::MainThread main_thread;
  // The writer thread's; the test has a connection of its own.
  std::unique_ptr<store::Database> writing = open();
  store::SqliteQueue queue{*writing, test::policy(), clock.now()};
  std::unique_ptr<store::Database> reading = open();
  queue::Writer writer{queue};
  std::unique_ptr<EventCommand> command;

  Listener() {
    settings.publication.name = "News";
    use({"sh", "-c", "cat >> " + told.string()});
  }

  void use(const std::vector<std::string>& words) {
    command.reset();
    settings.the_operator.on_event = words;
    const auto post = [this](std::function<void()> task) { main_thread.post(std::move(task)); };
    command = std::make_unique<EventCommand>(settings, *reading,
                                             daemon::Errands(*writing, writer, post), post);
    main_thread.work_until([&] { return store::Ledger(*reading).events_told().has_value(); });
  }

  void hold(const std::string& slug) {
    const auto issue = scheduled(slug);
    ledger.hold(issue, "it is late", "daemon", clock.now());
  }

  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> all;
    std::ifstream file(told);
    for (std::string line; std::getline(file, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }

  /// Ticks until all there is was told.
  std::vector<nlohmann::json> hear() {
    const auto newest = ledger.newest_event();
    command->tick();
    main_thread.work_until([&] { return store::Ledger(*reading).events_told() == newest; });
    return lines();
  }
};

}  // namespace

TEST_CASE("the operator's command is told of each event once, as a JSON object") {
  Listener listener;
  listener.hold("weekly");
  const auto told = listener.hear();
  REQUIRE(told.size() == 2);
  CHECK(told[0]["kind"] == "issue.scheduled");
  CHECK(told[1]["kind"] == "issue.held");
  CHECK(told[1]["detail"] == "it is late");
  CHECK(told[1]["issue"] == "weekly");
  CHECK(told[1]["title"] == "Weekly");
  CHECK(told[1]["state"] == "held");
  CHECK(told[1]["sums"]["audience"] == 0);
  CHECK(told[1]["publication"] == "News");
  CHECK(told[1]["email"].is_null());
}

TEST_CASE("a restart goes on with the first event that was not told") {
  Listener listener;
  listener.hold("first");
  listener.hear();
  listener.command.reset();
  listener.hold("second");
  listener.use(listener.settings.the_operator.on_event);
  CHECK(listener.hear().size() == 4);
}

TEST_CASE("a command that comes later is not told of what was before it") {
  Listener listener;
  listener.command.reset();
  store::Ledger(*listener.database).set_events_told({});
  listener.hold("first");
  listener.use(listener.settings.the_operator.on_event);
  listener.hold("second");
  const auto told = listener.hear();
  REQUIRE(told.size() == 2);
  CHECK(told[0]["issue"] == "second");
}

TEST_CASE("a command that fails keeps nobody from hearing of the next event") {
  Listener listener;
  listener.use({"sh", "-c", "cat >> " + listener.told.string() + "; exit 3"});
  listener.hold("weekly");
  CHECK(listener.hear().size() == 2);
}

TEST_CASE("what no event can be written of is told all the same") {
  Listener listener;
  listener.command->tell("database.trouble", "disk full", listener.clock.now());
  listener.hold("weekly");
  const auto told = listener.hear();
  REQUIRE(told.size() == 3);
  CHECK(told[0]["kind"] == "database.trouble");
  CHECK(told[0]["detail"] == "disk full");
}
