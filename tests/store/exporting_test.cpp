#include "store/exporting.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "imports.h"
#include "store/erased.h"

using namespace postrider;
using namespace postrider::store;
using subscribers::ExportFormat;
using subscribers::Standing;
using subscribers::SuppressionReason;
using test::House;
using Json = nlohmann::json;

namespace {

Json exported_records(House& house, const std::string& list = {}) {
  std::ostringstream out;
  subscribers::ExportWriter writer(out, ExportFormat::json);
  export_readers(*house.database, {.list = list}, writer);
  return Json::parse(out.str());
}

std::vector<std::string> emails(const Json& records) {
  std::vector<std::string> all;
  for (const auto& record : records) all.push_back(record.value("email", "-"));
  return all;
}

}  // namespace

TEST_CASE("an export has every state, every list, and who is suppressed or erased") {
  House house;
  house.add("ann@a.example");
  house.add("ann@a.example", "digest");
  const auto bob = house.add("bob@a.example");
  const auto now = house.clock.now();
  house.ledger.unsubscribe(bob, {}, "reader", "link", now);
  test::import_entries(house, {test::one("cid@a.example", Standing::bounced)});
  house.ledger.suppress(*mail::parse_address("out@b.example"), SuppressionReason::asked, "operator",
                        now);
  const Fingerprints keys(TokenKeys({{1, std::string(32, 'k')}}), erased_use);
  ErasedAddresses(*house.database, keys).remember("b.example gone", now);
  const auto records = exported_records(house);
  CHECK(emails(records) == std::vector<std::string>{"ann@a.example", "bob@a.example",
                                                    "cid@a.example", "out@b.example", "-"});
  CHECK(records[0]["subscriptions"].size() == 2);
  CHECK(records[0]["subscriptions"][0]["list"] == "digest");
  CHECK(records[1]["subscriptions"][0]["state"] == "unsubscribed");
  CHECK(records[2]["suppressed"]["reason"] == "bounced");
  CHECK(records[2]["subscriptions"][0]["evidence"]["kind"] == "import");
  CHECK(records[4]["record"] == "erased");
  CHECK(records[4]["hash"].get<std::string>().size() == 64);
}

TEST_CASE("an export of a list has only who has to do with it, and only that") {
  House house;
  house.add("ann@a.example");
  house.add("ann@a.example", "digest");
  house.add("bob@a.example");
  const auto records = exported_records(house, "digest");
  CHECK(emails(records) == std::vector<std::string>{"ann@a.example"});
  CHECK(records[0]["subscriptions"].size() == 1);
}

TEST_CASE("an export is of one moment, whatever is written meanwhile") {
  House house;
  house.add_readers(3000);
  const auto other = house.open();
  std::ostringstream out;
  subscribers::ExportWriter writer(out, ExportFormat::jsonl);
  bool written = false;
  const auto write = [&](std::int64_t, std::int64_t) {
    if (std::exchange(written, true)) return;
    SqliteSubscribers(*other).add({"zz@zz.example", std::nullopt, {}}, "report", {"operator"},
                                  house.clock.now());
  };
  CHECK(export_readers(*house.database, {.list = {}, .progress = write}, writer) == 3000);
  CHECK(written);
  CHECK(house.subscribers.find("zz@zz.example"));
}
