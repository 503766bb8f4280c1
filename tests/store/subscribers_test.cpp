#include <doctest/doctest.h>
#include <sstream>

#include "house.h"
#include "subscribers/import.h"

using namespace postrider;
using namespace postrider::subscribers;
using test::House;

namespace {

ImportSummary import_csv(House& house, const std::string& csv) {
  std::istringstream in(csv);
  const auto imported = house.subscribers.import(
      [&](const RowVisitor& row, const SkipVisitor& skip) { return read_csv(in, row, skip); },
      "report", "list.csv", house.clock.now());
  if (!imported) FAIL(imported.error().message);
  return *imported;
}

}  // namespace

TEST_CASE("an import adds, and a second one changes nothing") {
  House house;
  const std::string csv = "email,name,country\nada@a.example,Ada,KZ\nbob@a.example,Bob,\n";
  const auto first = import_csv(house, csv);
  CHECK(first.import > 0);
  CHECK(first.read == 2);
  CHECK(first.added == 2);
  const auto second = import_csv(house, csv);
  CHECK(second.unchanged == 2);
  CHECK(second.added == 0);
  CHECK(house.subscribers.find("ADA@A.example")->attributes == "{\"country\":\"KZ\"}");
  CHECK(house.subscribers.attribute_names().contains("country"));
  CHECK(house.subscribers.find("bob@a.example")->subscriptions[0].evidence == "import of list.csv");
}

TEST_CASE("absent columns leave values as they are, present ones change them") {
  House house;
  import_csv(house, "email,name,country\nada@a.example,Ada,KZ\n");
  const auto second = import_csv(house, "email,city\nada@a.example,Almaty\n");
  CHECK(second.updated == 1);
  const auto ada = house.subscribers.find("ada@a.example");
  CHECK(ada->name == "Ada");
  CHECK(ada->attributes == "{\"country\":\"KZ\",\"city\":\"Almaty\"}");
}

TEST_CASE("nobody who left or is suppressed is brought back by an import") {
  House house;
  const auto left = house.add("left@a.example");
  house.ledger.unsubscribe(left, {}, "reader", "link", house.clock.now());
  house.ledger.suppress("bad@a.example", "bounced", "daemon", house.clock.now());
  const auto summary = import_csv(house, "email\nleft@a.example\nbad@a.example\nnew@a.example\n");
  CHECK(summary.added == 1);
  CHECK(summary.skipped ==
        std::map<std::string, std::int64_t>{{"suppressed", 1}, {"unsubscribed", 1}});
  CHECK(house.subscribers.find("left@a.example")->subscriptions[0].state ==
        SubscriptionState::unsubscribed);
}

TEST_CASE("bad rows are skipped, counted and listed with their line") {
  House house;
  const auto summary = import_csv(house, "email,name\nada@a.example,Ada\nnobody,X\n");
  CHECK(summary.read == 2);
  CHECK(summary.skipped.at("invalid address") == 1);
  REQUIRE(summary.examples.size() == 1);
  CHECK(summary.examples[0].line == 3);
}

TEST_CASE("a file without an e-mail column changes nothing") {
  House house;
  std::istringstream in("name\nAda\n");
  const auto imported = house.subscribers.import(
      [&](const RowVisitor& row, const SkipVisitor& skip) { return read_csv(in, row, skip); },
      "report", "list.csv", house.clock.now());
  CHECK_FALSE(imported);
  CHECK_FALSE(house.database->prepare("SELECT 1 FROM imports").step());
}

TEST_CASE("a list larger than a page is gone through in the order of its addresses") {
  House house;
  house.add_readers(1200);
  std::string last;
  int count = 0;
  house.subscribers.each({"report", SubscriptionState::confirmed}, [&](const Subscriber& one) {
    CHECK(one.email > last);
    last = one.email;
    ++count;
  });
  CHECK(count == 1200);
}

TEST_CASE("a hostile name stays a name") {
  House house;
  const auto added = house.subscribers.add({"x@a.example", "\r\nBcc: victim@a.example", {}},
                                           "report", {"operator"}, house.clock.now());
  REQUIRE(added);
  CHECK(house.subscribers.find("x@a.example")->name.find_first_of("\r\n") == std::string::npos);
  CHECK_FALSE(house.subscribers.add({"x@a.example\r\nDATA", std::nullopt, {}}, "report",
                                    {"operator"}, house.clock.now()));
}
