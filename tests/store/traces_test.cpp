#include "store/traces.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "house.h"

using namespace postrider;
using namespace postrider::store;
using test::House;

namespace {

std::string octets(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Of the texts, those that stand in the database's file or its log.
std::size_t found(const House& house, const std::vector<std::string>& texts) {
  const auto all = octets(house.file()) + octets(house.file().string() + "-wal");
  std::size_t count = 0;
  for (const auto& text : texts) count += all.find(text) != std::string::npos ? 1 : 0;
  return count;
}

std::string integrity(Database& database) {
  auto query = database.prepare("PRAGMA integrity_check");
  query.step();
  return query.text(0);
}

/// Some thousand names, put in in no order, so that pages are divided; half of them are taken out.
std::vector<std::string> come_and_go(Database& database) {
  std::mt19937 random(7);
  std::vector<std::string> gone;
  database.transact([&] {
    for (int i = 0; i < 6000; ++i) {
      auto name = std::to_string(random()) + std::string(random() % 60, 'x');
      database.prepare("INSERT INTO attribute_names VALUES (?)").bind(name).run();
      if (i % 2 == 0) gone.push_back(std::move(name));
    }
    for (const auto& name : gone)
      database.prepare("DELETE FROM attribute_names WHERE name = ?").bind(name).run();
  });
  return gone;
}

}  // namespace

TEST_CASE("what was deleted is in neither file nor log once its traces are removed") {
  House house;
  const auto names = come_and_go(*house.database);
  REQUIRE(found(house, names) > 0);
  CHECK(remove_traces(*house.database));
  CHECK(found(house, names) == 0);
  CHECK(integrity(*house.database) == "ok");
  CHECK(house.subscribers.attribute_names().size() == 3000);
}

TEST_CASE("maps that vacuum needs, which begin as other pages do, stay as they are") {
  House house;
  house.database->transact([&] {
    for (int i = 0; i < 20'000; ++i)
      house.database->prepare("INSERT INTO attribute_names VALUES (?)")
          .bind(std::to_string(i) + std::string(300, 'x'))
          .run();
  });
  house.database->execute("DELETE FROM attribute_names WHERE name LIKE '%7x%'");
  REQUIRE(house.database->empty_log());
  REQUIRE(std::filesystem::file_size(house.file()) > 2 * 821 * 4096);  // so many have two maps
  CHECK(remove_traces(*house.database));
  CHECK(integrity(*house.database) == "ok");
}

TEST_CASE("the file itself keeps copies that only their removal reaches") {
  House house;
  const auto names = come_and_go(*house.database);
  REQUIRE(house.database->empty_log());
  CHECK(found(house, names) > 0);
}

TEST_CASE("another connection's memory brings nothing back") {
  House house;
  const auto other = house.open();
  const auto add = [&](Database& database, const std::string& name) {
    database.prepare("INSERT INTO attribute_names VALUES (?)").bind(name).run();
  };
  const auto names = come_and_go(*house.database);
  add(*other, "one");  // has pages with traces in its memory now
  CHECK(remove_traces(*house.database));
  other->transact([&] {
    for (int i = 0; i < 300; ++i) add(*other, "kept" + std::to_string(i));
  });
  CHECK(found(house, names) == 0);
  CHECK(integrity(*other) == "ok");
}

TEST_CASE("one who reads an older state is in the way, until they have read it") {
  House house;
  const auto other = house.open();
  come_and_go(*house.database);
  other->execute("BEGIN");
  other->execute("SELECT count(*) FROM lists");
  house.add("ann@a.example");
  CHECK_FALSE(remove_traces(*house.database));
  other->execute("COMMIT");
  CHECK(remove_traces(*house.database));
}
