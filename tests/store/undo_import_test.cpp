// Taking an import back in several goes.
#include <nlohmann/json.hpp>

#include "imports.h"

using namespace postrider;
using namespace postrider::subscribers;
using test::House;
using test::import_entries;
using test::one;

namespace {

/// A long import of readers who were known, and of others, of whom one has left since.
std::int64_t import_many(House& house) {
  std::vector<Entry> entries;
  for (int i = 0; i < 2'000; ++i) {
    entries.push_back(one("r" + std::to_string(i) + "@a.example"));
    entries.back().name = "Name";
  }
  std::vector<Entry> known(entries.begin(), entries.begin() + 700);
  for (auto& entry : known) entry.name = "Before";
  import_entries(house, known);
  const auto import = import_entries(house, entries).import;
  house.ledger.unsubscribe(house.subscribers.find("r1@a.example")->id, {}, "reader", "link",
                           house.clock.now());
  house.ledger.unsubscribe(house.subscribers.find("r1999@a.example")->id, {}, "reader", "link",
                           house.clock.now());
  return import;
}

/// Stops after that many steps.
Result<UndoSummary> undo(House& house, std::int64_t import, int steps,
                         std::vector<ImportProgress>* told = nullptr) {
  const auto stop = test::make_stop();
  const UndoOrder order{.progress =
                            [&](const ImportProgress& progress) {
                              if (told) told->push_back(progress);
                              if (--steps == 0) stop->request_stop();
                            },
                        .stop = stop->get_token()};
  return house.subscribers.undo(import, {"operator"}, house.clock.now(), order);
}

nlohmann::json recorded(House& house) {
  return nlohmann::json::parse(house.subscribers.imports().at(0).summary);
}

void check_all(const UndoSummary& undone) {
  CHECK(undone.complete);
  CHECK(undone.removed == 1'299);
  CHECK(undone.forgotten == 1'299);
  CHECK(undone.restored == 699);
  CHECK(undone.kept == 2);
  CHECK(undone.examples.size() == 2);
}

}  // namespace

TEST_CASE("an undo that is stopped after any step adds up with the one that ends it") {
  for (int steps = 1;; ++steps) {
    CAPTURE(steps);
    House house;
    const auto import = import_many(house);
    const auto part = undo(house, import, steps);
    REQUIRE(part);
    const auto told = recorded(house);
    CHECK(told.at("added") == 1'300);
    CHECK(told.at("undone").at("removed") == part->removed);
    CHECK(told.at("undone").at("forgotten") == part->forgotten);
    CHECK(told.at("undone").at("restored") == part->restored);
    CHECK(told.at("undone").at("kept") == part->kept);
    CHECK(house.subscribers.imports().at(0).undone_at.has_value() == part->complete);
    if (part->complete) return check_all(*part);
    CHECK(part->removed + part->restored + part->kept <= 2'000);
    const auto rest = undo(house, import, 0);
    REQUIRE(rest);
    check_all(*rest);
    CHECK(recorded(house).at("undone").at("removed") == 1'299);
    CHECK_FALSE(undo(house, import, 0));
  }
}

TEST_CASE("an undo tells how far it is, of the changes and readers of the import") {
  House house;
  const auto import = import_many(house);
  std::vector<ImportProgress> told;
  REQUIRE(undo(house, import, 0, &told));
  REQUIRE(told.size() > 2);
  std::int64_t last = 0;
  for (const auto& progress : told) {
    CHECK_FALSE(progress.reading);
    CHECK(progress.total == 2'000);
    CHECK(progress.rows >= last);
    last = progress.rows;
  }
  CHECK(last == 2'000);
}

TEST_CASE("an undo that is stopped before its first step has not begun") {
  House house;
  const auto import = import_many(house);
  const auto stop = test::make_stop();
  stop->request_stop();
  const auto undone =
      house.subscribers.undo(import, {"operator"}, house.clock.now(), {.stop = stop->get_token()});
  REQUIRE(undone);
  CHECK_FALSE(undone->complete);
  CHECK_FALSE(recorded(house).contains("undone"));
}
