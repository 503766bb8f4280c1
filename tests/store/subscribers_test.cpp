#include <doctest/doctest.h>
#include <sstream>

#include "house.h"
#include "imports.h"
#include "store/import_lock.h"
#include "subscribers/formats/source.h"

using namespace postrider;
using namespace postrider::subscribers;
using store::ImportLock;
using test::House;
using test::import_entries;
using test::one;
using test::picture;

namespace {

ImportSummary import_csv(House& house, const std::string& csv) {
  std::istringstream in(csv);
  auto source = Source::open(in, Format::automatic);
  REQUIRE(source);
  const auto imported = house.subscribers.import(
      [&](const RowVisitor& row, const SkipVisitor& skip) {
        return source->read(row, skip, [](const Remark&) {});
      },
      {.list = "report", .source = "list.csv"}, house.clock.now());
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
  house.ledger.suppress(*mail::parse_address("bad@a.example"), SuppressionReason::bounced, "daemon",
                        house.clock.now());
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

TEST_CASE("a row that is skipped tells the file of an archive that it is in") {
  House house;
  house.ledger.suppress(*mail::parse_address("out@a.example"), SuppressionReason::asked, "operator",
                        house.clock.now());
  const auto of_file = [](const std::string& email, const std::string& file) {
    Entry entry{.email = email};
    entry.file = file;
    return entry;
  };
  const auto summary = test::import_entries(
      house, {of_file("nobody", "cleaned.csv"), of_file("ann@a.example", "subscribed.csv"),
              of_file("ann@a.example", "other.csv"), of_file("out@a.example", "last.csv")});
  REQUIRE(summary.examples.size() == 3);
  CHECK(summary.examples[0].file == "cleaned.csv");
  CHECK(summary.examples[1].file == "last.csv");
  CHECK(summary.examples[2].file == "other.csv");
}

TEST_CASE("a file that cannot be read to its end changes nothing") {
  House house;
  const auto imported = house.subscribers.import(
      [&](const RowVisitor& row, const SkipVisitor&) -> Result<void> {
        row({.email = "ann@a.example"}, 1, 2);
        return fail("is cut off");
      },
      {.list = "report", .source = "list.csv"}, house.clock.now());
  CHECK_FALSE(imported);
  CHECK_FALSE(house.subscribers.find("ann@a.example"));
  CHECK_FALSE(house.database->prepare("SELECT 1 FROM imports").step());
}

TEST_CASE("a short list that is stopped while it is read changes nothing") {
  House house;
  const auto stop = test::make_stop();
  ImportOrder order{.list = "report", .source = "list.csv"};
  order.stop = stop->get_token();
  order.progress = [&](const ImportProgress& progress) {
    if (progress.reading) stop->request_stop();
  };
  const auto imported = house.subscribers.import(
      [&](const RowVisitor& row, const SkipVisitor&) -> Result<void> {
        row({.email = "ann@a.example"}, 1, 2);
        return {};
      },
      order, house.clock.now());
  CHECK_FALSE(imported);
  CHECK_FALSE(house.database->prepare("SELECT 1 FROM imports").step());
}

TEST_CASE("a list larger than a page is gone through in the order of its addresses") {
  House house;
  house.add_readers(1200);
  std::string last;
  int count = 0;
  house.subscribers.each({"report", SubscriptionState::confirmed}, [&](const Subscriber& one) {
    const auto canonical = mail::parse_address(one.email)->canonical();
    CHECK(canonical > last);
    last = canonical;
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

namespace {

SubscriptionState state(House& house, const std::string& email) {
  return house.subscribers.find(email)->subscriptions.at(0).state;
}

}  // namespace

TEST_CASE("of several rows with one address the first counts, but for one who has left") {
  House house;
  const auto summary =
      import_entries(house, {one("ann@a.example"), one("ANN@a.example"), one("bob@a.example"),
                             one("bob@A.example", Standing::unsubscribed), one("bob@a.example")});
  CHECK(summary.read == 5);
  CHECK(summary.added == 2);
  CHECK(summary.skipped == std::map<std::string, std::int64_t>{{"duplicate", 3}});
  CHECK(state(house, "ann@a.example") == SubscriptionState::confirmed);
  CHECK(state(house, "bob@a.example") == SubscriptionState::unsubscribed);
}

TEST_CASE("who left by one row and bounced by another has left, and is suppressed") {
  House house;
  const std::vector<std::pair<std::string, std::vector<Standing>>> readers{
      {"ann@a.example", {Standing::bounced, Standing::unsubscribed}},
      {"bob@a.example", {Standing::unsubscribed, Standing::confirmed, Standing::bounced}}};
  std::vector<Entry> rows;
  for (const auto& [email, standings] : readers)
    for (const auto standing : standings) rows.push_back(one(email, standing));
  import_entries(house, rows);
  for (const auto& [email, standings] : readers) {
    CHECK(state(house, email) == SubscriptionState::unsubscribed);
    CHECK(house.subscribers.find(email)->suppressed == SuppressionReason::bounced);
  }
}

TEST_CASE("what readers were elsewhere they are here") {
  House house;
  auto ann = one("ann@a.example");
  ann.since = house.clock.now() - std::chrono::hours(24);
  ann.consent.opted_in_from = "192.0.2.1";
  const auto summary = import_entries(
      house, {ann, one("left@a.example", Standing::unsubscribed),
              one("asked@a.example", Standing::pending), one("gone@a.example", Standing::bounced),
              one("angry@a.example", Standing::complained)});
  CHECK(summary.added == 5);
  CHECK(summary.carried ==
        std::map<std::string, std::int64_t>{
            {"bounced", 1}, {"complained", 1}, {"pending", 1}, {"unsubscribed", 1}});
  CHECK(state(house, "left@a.example") == SubscriptionState::unsubscribed);
  CHECK(state(house, "asked@a.example") == SubscriptionState::pending);
  CHECK(house.subscribers.find("gone@a.example")->suppressed == SuppressionReason::bounced);
  CHECK(house.subscribers.find("angry@a.example")->suppressed == SuppressionReason::complained);
  const auto kept = house.subscribers.find("ann@a.example")->subscriptions.at(0);
  CHECK(kept.since == *ann.since);
  CHECK(kept.consent == R"({"opted_in_from":"192.0.2.1"})");
}

TEST_CASE("a dry run tells what an import would do, and changes nothing") {
  House house;
  house.add("known@a.example");
  const auto before = picture(house);
  auto known = one("known@a.example");
  known.name = "Known";
  const std::vector<Entry> entries{known, one("new@a.example"), one("nobody")};
  const auto dry =
      import_entries(house, entries, {.list = "report", .source = "list.csv", .dry_run = true});
  CHECK(picture(house) == before);
  CHECK(house.subscribers.imports().empty());
  CHECK(dry.import == 0);
  REQUIRE(dry.changes.size() == 2);
  CHECK(dry.changes[0].email == "known@a.example");
  CHECK(dry.changes[0].what == "name Known");
  CHECK(dry.changes[1].what == "confirmed");
  const auto real = import_entries(house, entries);
  CHECK(real.added == dry.added);
  CHECK(real.updated == dry.updated);
  CHECK(real.skipped == dry.skipped);
}

TEST_CASE("an import that is stopped is a part of one, is told as such, and can be gone on with") {
  House house;
  std::vector<Entry> entries;
  for (int i = 0; i < 3'000; ++i) entries.push_back(one("r" + std::to_string(i) + "@a.example"));
  const auto stop = test::make_stop();
  ImportOrder order{.list = "report", .source = "list.csv"};
  order.stop = stop->get_token();
  order.progress = [&](const ImportProgress& progress) {
    if (!progress.reading) stop->request_stop();
  };
  const auto part = import_entries(house, entries, order);
  CHECK(part.added > 0);
  CHECK(part.added < 3'000);
  const auto told = house.subscribers.imports();
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].finished_at);
  CHECK(told[0].summary.find("\"added\":" + std::to_string(part.added)) != std::string::npos);
  CHECK(part.not_reached() == 3'000 - part.added);
  CHECK(told[0].summary.find("\"not_reached\":" + std::to_string(part.not_reached())) !=
        std::string::npos);
  const auto rest = import_entries(house, entries);
  CHECK(rest.added == 3'000 - part.added);
  CHECK(rest.unchanged == part.added);
}

TEST_CASE("an import that is told to stop once all is written has ended well") {
  House house;
  const auto stop = test::make_stop();
  ImportOrder order{.list = "report", .source = "list.csv"};
  order.stop = stop->get_token();
  order.progress = [&](const ImportProgress& progress) {
    if (progress.rows == progress.total) stop->request_stop();
  };
  CHECK(import_entries(house, {one("ann@a.example"), one("bob@a.example")}, order).added == 2);
  CHECK(house.subscribers.imports().at(0).finished_at);
}

TEST_CASE("of the rows that are skipped, the first of the file are told, in its order") {
  House house;
  std::vector<Entry> entries;
  for (int i = 150; i > 0; --i) {
    entries.push_back(one("r" + std::to_string(1000 + i) + "@a.example"));
    entries.push_back(entries.back());
    entries.push_back(one("nobody"));
  }
  const auto summary = import_entries(house, entries);
  CHECK(summary.all_skipped() == 300);
  REQUIRE(summary.examples.size() == 100);
  for (std::size_t i = 0; i < 100; ++i)
    CHECK(summary.examples[i].row == static_cast<std::int64_t>(i / 2 * 3 + i % 2 + 2));
}

TEST_CASE("an import is taken back exactly") {
  House house;
  house.add("known@a.example");
  house.add("leaving@a.example");
  house.subscribers.add(one("elsewhere@a.example"), "digest", {"operator"}, house.clock.now());
  const auto before = picture(house);
  house.clock.advance(std::chrono::hours(1));
  auto known = one("known@a.example");
  known.name = "Known";
  known.attributes = {{"country", "\"KZ\""}};
  const auto summary = import_entries(
      house, {known, one("leaving@a.example", Standing::unsubscribed), one("elsewhere@a.example"),
              one("new@a.example"), one("gone@a.example", Standing::bounced)});
  CHECK(picture(house) != before);
  const auto undone = house.subscribers.undo(summary.import, {"operator"}, house.clock.now());
  REQUIRE(undone);
  CHECK(undone->list == "report");
  CHECK(undone->complete);
  CHECK(undone->removed == 2);
  CHECK(undone->forgotten == 2);
  CHECK(undone->restored == 3);
  CHECK(undone->kept == 0);
  CHECK(picture(house) == before);
  CHECK_FALSE(house.database->prepare("SELECT 1 FROM suppressions").step());
  CHECK_FALSE(house.subscribers.undo(summary.import, {"operator"}, house.clock.now()));
  CHECK_FALSE(house.subscribers.undo(99, {"operator"}, house.clock.now()));
}

TEST_CASE("what happened since an import stays when that is taken back") {
  House house;
  house.add("known@a.example");
  auto known = one("known@a.example");
  known.name = "Known";
  const auto first = import_entries(house, {known, one("left@a.example"), one("later@a.example")});
  const auto left = house.subscribers.find("left@a.example")->id;
  house.ledger.unsubscribe(left, {}, "reader", "link", house.clock.now());
  known.name = "Other";
  auto later = one("later@a.example");
  later.name = "Later";
  import_entries(house, {known, later});
  const auto undone = house.subscribers.undo(first.import, {"operator"}, house.clock.now());
  REQUIRE(undone);
  CHECK(undone->removed == 0);
  CHECK(undone->restored == 0);
  CHECK(undone->kept == 3);
  REQUIRE(undone->examples.size() == 3);
  CHECK(undone->examples[0] ==
        std::pair<std::string, std::string>("known@a.example", "changed since"));
  CHECK(state(house, "left@a.example") == SubscriptionState::unsubscribed);
  CHECK(house.subscribers.find("later@a.example")->name == "Later");
}

TEST_CASE("a reader who was sent something stays in its ledger when their import is taken back") {
  House house;
  const auto summary = import_entries(house, {one("ann@a.example")});
  house.clock.advance(std::chrono::seconds(1));
  house.sending();
  const auto ann = house.subscribers.find("ann@a.example")->id;
  const auto undone = house.subscribers.undo(summary.import, {"operator"}, house.clock.now());
  REQUIRE(undone);
  CHECK(undone->removed == 1);
  CHECK(undone->forgotten == 0);
  CHECK(house.subscribers.find("ann@a.example")->subscriptions.empty());
  REQUIRE(house.ledger.stories(ann).size() == 1);
  CHECK(house.ledger.stories(ann)[0].delivery->state == queue::DeliveryState::cancelled);
}

TEST_CASE("who leaves here what an import had said already stays gone where that is undone") {
  House house;
  import_entries(house, {one("ann@a.example")});
  const auto import = import_entries(house, {one("ann@a.example", Standing::unsubscribed),
                                             one("new@a.example", Standing::unsubscribed)})
                          .import;
  house.clock.advance(std::chrono::hours(1));
  for (const auto* email : {"ann@a.example", "new@a.example"}) {
    const auto id = house.subscribers.find(email)->id;
    CHECK(house.ledger.unsubscribe(id, {}, "operator", "asked", house.clock.now()));
    CHECK_FALSE(house.ledger.unsubscribe(id, {}, "operator", "asked", house.clock.now()));
  }
  REQUIRE(house.subscribers.undo(import, {"operator"}, house.clock.now()));
  for (const auto* email : {"ann@a.example", "new@a.example"}) {
    import_entries(house, {one(email)});
    CHECK(state(house, email) == SubscriptionState::unsubscribed);
  }
}

TEST_CASE("what two imports say stays where the first one is undone") {
  House house;
  const std::vector<Entry> gone{one("left@a.example", Standing::unsubscribed),
                                one("angry@a.example", Standing::complained),
                                one("dead@a.example", Standing::bounced)};
  const auto first = import_entries(house, gone).import;
  const auto again = import_entries(house, gone);
  CHECK(again.added + again.updated == 0);
  REQUIRE(house.subscribers.undo(first, {"operator"}, house.clock.now()));
  import_entries(house, {one("left@a.example"), one("angry@a.example"), one("dead@a.example")});
  CHECK(state(house, "left@a.example") == SubscriptionState::unsubscribed);
  for (const auto* email : {"angry@a.example", "dead@a.example"})
    CHECK(house.subscribers.find(email)->suppressed);
}

TEST_CASE("who is suppressed here and left elsewhere has left") {
  House house;
  import_entries(house, {one("kim@a.example")});
  house.ledger.suppress(*mail::parse_address("kim@a.example"), SuppressionReason::bounced, "daemon",
                        house.clock.now());
  CHECK(import_entries(house, {one("kim@a.example", Standing::unsubscribed)}).updated == 1);
  CHECK(state(house, "kim@a.example") == SubscriptionState::unsubscribed);
  CHECK(house.subscribers.find("kim@a.example")->suppressed == SuppressionReason::bounced);
}

TEST_CASE("no import is taken back while one is running, and none begins meanwhile") {
  House house;
  const auto import = import_entries(house, {one("ann@a.example")}).import;
  const auto& file = house.database->file();
  const auto undo = [&] { return house.subscribers.undo(import, {"operator"}, house.clock.now()); };
  {
    const auto running = ImportLock::for_import(file);
    REQUIRE(running);
    running->call(7);
    CHECK(ImportLock::is_running(file, 7));
    CHECK_FALSE(ImportLock::is_running(file, import));
    CHECK(ImportLock::for_import(file));  // two may run
    REQUIRE_FALSE(undo());
    CHECK(undo().error().message.find("is running") != std::string::npos);
  }
  CHECK_FALSE(ImportLock::is_running(file, 7));
  {
    const auto undoing = ImportLock::for_undo(file);
    REQUIRE(undoing);
    CHECK_FALSE(ImportLock::for_import(file));
  }
  CHECK(undo());
}

TEST_CASE("an import that could not be is refused before its file is read; a dry run is none") {
  House house;
  const auto undoing = ImportLock::for_undo(house.database->file());
  REQUIRE(undoing);
  bool read = false;
  const auto import = [&](bool dry_run) {
    return house.subscribers.import(
        [&](const RowVisitor&, const SkipVisitor&) -> Result<void> {
          read = true;
          return {};
        },
        {.list = "report", .source = "list.csv", .dry_run = dry_run}, house.clock.now());
  };
  CHECK_FALSE(import(false));
  CHECK_FALSE(read);
  CHECK(import(true));
  CHECK(read);
}
