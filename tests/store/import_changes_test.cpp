// What imports did to one reader, as their story tells it.
#include "store/import_changes.h"

#include "house.h"
#include "imports.h"

using namespace postrider;
using namespace std::chrono_literals;
using subscribers::Standing;
using test::House;

namespace {

/// "subscriber.imported by import 1: to report from list.csv", a line each.
std::string story(House& house, const std::string& email) {
  std::string lines;
  for (const auto& event : house.ledger.events_of(house.subscribers.find(email)->id))
    lines += event.kind.substr(11) + " by " + event.actor + ": " + event.detail + "\n";
  return lines;
}

subscribers::ImportSummary import(House& house, const std::string& source,
                                  const std::vector<subscribers::Entry>& entries,
                                  const std::string& list = "report") {
  house.clock.advance(1h);
  return test::import_entries(house, entries, {.list = list, .source = source});
}

void undo(House& house, std::int64_t import) {
  house.clock.advance(1h);
  REQUIRE(house.subscribers.undo(import, {"operator"}, house.clock.now()));
}

const std::string ann = "ann@a.example";

}  // namespace

TEST_CASE("each import that changed a reader stays in the story, whatever came later") {
  House house;
  import(house, "a.csv", {{.email = ann, .name = "Ann"}});
  import(house, "b.csv", {{.email = ann, .name = "Anna", .attributes = {{"city", "\"Bonn\""}}}});
  import(house, "same.csv", {{.email = ann, .name = "Anna"}});
  import(house, "c.csv", {{.email = ann}}, "digest");
  import(house, "d.csv", {test::one(ann, Standing::unsubscribed)});
  import(house, "e.csv", {test::one(ann, Standing::complained)});
  CHECK(story(house, ann) ==
        "imported by import 1: to report from a.csv\n"
        "updated by import 2: from b.csv: name Ann → Anna; city \"Bonn\"\n"
        "imported by import 4: to digest from c.csv\n"
        "unsubscribed by import 5: report from d.csv\n"
        "suppressed by import 6: complained\n");
}

TEST_CASE("what was taken back is told with its taking back") {
  House house;
  house.add(ann);
  const auto first = import(house, "a.csv", {{.email = ann, .name = "Ann"}});
  undo(house, first.import);
  CHECK(story(house, ann) ==
        "confirmed by operator: added to report\n"
        "updated by import 1: from a.csv: name Ann\n"
        "import_undone by operator: import 1\n");
}

TEST_CASE("a reader who stays known on another list keeps the import that was taken back") {
  House house;
  const auto first = import(house, "a.csv", {{.email = ann}});
  import(house, "b.csv", {{.email = ann}}, "digest");
  undo(house, first.import);
  REQUIRE(house.subscribers.find(ann));
  CHECK(house.subscribers.find(ann)->subscriptions.size() == 1);
  CHECK(story(house, ann) ==
        "imported by import 1: to report from a.csv\n"
        "imported by import 2: to digest from b.csv\n"
        "import_undone by operator: import 1\n");
}

TEST_CASE("nothing stays of an import's changes of readers who are forgotten with it") {
  House house;
  const auto first = import(house, "a.csv", {{.email = ann}});
  const auto second = import(house, "b.csv", {{.email = ann, .name = "Ann"}});
  undo(house, second.import);
  undo(house, first.import);
  CHECK_FALSE(house.subscribers.find(ann));
  CHECK_FALSE(house.database->prepare("SELECT 1 FROM import_changes").step());
}
