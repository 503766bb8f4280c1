// Exports of Postrider into newsletters that have readers: an import like any other.
#include <random>
#include <sstream>

#include "exports.h"
#include "imports.h"
#include "subscribers/formats/source.h"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::subscribers;
using namespace std::chrono_literals;
using test::exported;
using test::House;
using test::keys;

namespace {

ImportSummary import_text(House& house, const std::string& text,
                          const ImportOrder& order = {.list = "report", .source = "out.csv"}) {
  std::istringstream in(text);
  auto source = Source::open(in, Format::automatic, order.list);
  if (!source) FAIL(source.error().message);
  SqliteSubscribers subscribers(*house.database, [] { return std::cref(keys()); });
  const auto imported = subscribers.import(
      [&](const RowVisitor& row, const SkipVisitor& skip) {
        return source->read(row, skip, [](const Remark&) {});
      },
      order, house.clock.now());
  if (!imported) FAIL(imported.error().message);
  CHECK(imported->not_reached() == 0);
  return *imported;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

std::string state_on(House& house, const std::string& email, const std::string& list = "report") {
  const auto who = house.subscribers.find(email);
  if (!who) return "nobody";
  std::string text = who->suppressed ? std::string(to_string(*who->suppressed)) + " " : "";
  for (const auto& on : who->subscriptions)
    if (on.list == list) return text + std::string(to_string(on.state));
  return text + "not on it";
}

void suppress(House& house, const std::string& email, SuppressionReason reason) {
  house.ledger.suppress(*mail::parse_address(email), reason, "operator", house.clock.now());
}

void leave(House& house, const std::string& email) {
  house.ledger.unsubscribe(house.subscribers.find(email)->id, {}, "reader", "link",
                           house.clock.now());
}

void erase(House& house, const std::string& email) {
  ErasedAddresses(*house.database, keys())
      .remember(mail::parse_address(email)->canonical(), house.clock.now());
}

/// One of each kind.
void fill(House& house) {
  for (const auto* name : {"ann", "left", "bounced", "asked", "both"})
    house.add(std::string(name) + "@a.example");
  house.add("ann@a.example", "digest");
  house.add("other@a.example", "digest");
  house.add("angry@a.example", "digest");
  leave(house, "left@a.example");
  leave(house, "both@a.example");
  suppress(house, "both@a.example", SuppressionReason::bounced);
  suppress(house, "bounced@a.example", SuppressionReason::bounced);
  suppress(house, "asked@a.example", SuppressionReason::asked);
  suppress(house, "angry@a.example", SuppressionReason::complained);
  suppress(house, "stranger@a.example", SuppressionReason::asked);
  erase(house, "gone@a.example");
}

}  // namespace

TEST_CASE("another newsletter's export comes in by the rules of an import, and is taken back") {
  House house;
  fill(house);
  for (const auto format : test::export_formats) {
    House other;
    other.add("here@a.example");
    const auto before = exported(other);
    const auto text = exported(house, format);
    const auto dry =
        import_text(other, text, {.list = "report", .source = "out.csv", .dry_run = true});
    CHECK(exported(other) == before);
    const auto done = import_text(other, text);
    CHECK(done.added == 5);
    CHECK(done.updated == 3);  // angry and stranger are suppressed, gone stays out
    CHECK(done.skipped == std::map<std::string, std::int64_t>{{"not on the list", 2}});
    CHECK(done.carried ==
          std::map<std::string, std::int64_t>{
              {"asked", 2}, {"bounced", 2}, {"complained", 1}, {"erased", 1}, {"unsubscribed", 1}});
    CHECK(done.read == done.added + done.updated + 2);
    CHECK(dry.added == done.added);
    CHECK(dry.updated == done.updated);
    CHECK(dry.skipped == done.skipped);
    CHECK(dry.carried == done.carried);
    CHECK(state_on(other, "ann@a.example") == "confirmed");
    CHECK(state_on(other, "ann@a.example", "digest") == "not on it");
    CHECK(state_on(other, "left@a.example") == "unsubscribed");
    CHECK(state_on(other, "bounced@a.example") == "bounced confirmed");
    CHECK(state_on(other, "asked@a.example") == "asked confirmed");
    CHECK(state_on(other, "both@a.example") == "bounced unsubscribed");
    for (const auto* name : {"other", "angry", "stranger", "gone"})
      CHECK(state_on(other, std::string(name) + "@a.example") == "nobody");
    const auto later = test::import_entries(
        other, {test::one("angry@a.example"), test::one("stranger@a.example")});
    CHECK(later.skipped.at("suppressed") == 2);
    CHECK(import_text(other, "email\ngone@a.example\n").skipped.at("erased") == 1);
    const auto undone = other.subscribers.undo(done.import, {"operator"}, other.clock.now());
    REQUIRE(undone);
    CHECK(undone->kept == 0);
    CHECK(exported(other) == before);
    import_text(other, text);
    const auto again = import_text(other, text);
    CHECK(again.added + again.updated == 0);
  }
}

TEST_CASE("who left all lists of another newsletter joins none that it is merged into") {
  House source, target;
  source.add("ann@a.example", "digest");
  source.add("ann@a.example");
  source.ledger.unsubscribe(source.subscribers.find("ann@a.example")->id, {}, "reader", "link",
                            source.clock.now());
  const auto text = exported(source);
  CHECK(text.find(",digest,unsubscribed,") != std::string::npos);
  // Only the row of another list is left of it.
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find(",report,") == std::string::npos) kept += line + "\n";
  CHECK(import_text(target, kept).added == 1);
  CHECK(target.subscribers.find("ann@a.example")->subscriptions.at(0).state ==
        subscribers::SubscriptionState::unsubscribed);
}

TEST_CASE("an export edited and imported again changes what was edited, and brings nobody back") {
  House house;
  fill(house);
  house.add("back@a.example");
  auto text = exported(house);
  text = replaced(text, "subscriber,ann@a.example,,{},,", "subscriber,ann@a.example,=Ann,{},,");
  text = replaced(text, "subscriber,ann@a.example,,{},,", "subscriber,ann@a.example,=Ann,{},,");
  house.clock.advance(1h);
  leave(house, "back@a.example");
  const auto done = import_text(house, text);
  CHECK(done.added == 0);
  CHECK(done.updated == 1);
  CHECK(done.skipped.at("unsubscribed") == 1);
  CHECK(house.subscribers.find("ann@a.example")->name == "=Ann");
  CHECK(state_on(house, "back@a.example") == "unsubscribed");
  auto edited = exported(house);
  const auto row = edited.find("report,confirmed", edited.find("subscriber,ann"));
  edited.replace(row, 16, "report,unsubscribed");
  CHECK(import_text(house, edited).updated == 1);
  CHECK(state_on(house, "ann@a.example") == "unsubscribed");
  CHECK(state_on(house, "ann@a.example", "digest") == "confirmed");
  CHECK(import_text(house, text).updated == 0);
  CHECK(state_on(house, "ann@a.example") == "unsubscribed");
}

TEST_CASE("pending is who confirmed elsewhere and is to be asked; nobody else is") {
  House house;
  fill(house);
  House other;
  const auto done =
      import_text(other, exported(house), {.list = "report", .source = "out.csv", .pending = true});
  CHECK(state_on(other, "ann@a.example") == "pending");
  CHECK(state_on(other, "left@a.example") == "unsubscribed");
  CHECK(state_on(other, "bounced@a.example") == "bounced pending");
  CHECK(state_on(other, "stranger@a.example") == "nobody");
  auto query = other.database->prepare("SELECT count(*) FROM notices");
  REQUIRE(query.step());
  CHECK(query.integer(0) == 1);
  CHECK(done.carried.at("pending") == 1);
}

TEST_CASE("a suppression in any of an address's rows holds for it, and subscribes nobody again") {
  House house;
  house.add("left@a.example");
  leave(house, "left@a.example");
  const std::string head = "record,email,list,state,suppressed\n";
  import_text(house, head + "subscriber,left@a.example,report,confirmed,bounced\n");
  CHECK(state_on(house, "left@a.example") == "bounced unsubscribed");
  const auto twice = import_text(house, head +
                                            "subscriber,ann@a.example,digest,unsubscribed,asked\n"
                                            "subscriber,ann@a.example,report,confirmed,\n");
  CHECK(twice.skipped.at("duplicate") == 1);
  CHECK(state_on(house, "ann@a.example") == "asked confirmed");
  CHECK(import_text(house, head + "subscriber,bob@a.example,report,confirmed,erased\n")
            .skipped.at("unknown status") == 1);
}

TEST_CASE("hashes of erased addresses are taken where their token key is here") {
  House house;
  erase(house, "gone@a.example");
  const Fingerprints lost(TokenKeys({{9, std::string(32, 'l')}}), erased_use);
  ErasedAddresses(*house.database, lost).remember("a.example lost", house.clock.now());
  House other;
  const auto done = import_text(other, exported(house));
  CHECK(done.updated == 1);
  CHECK(done.skipped == std::map<std::string, std::int64_t>{{"unusable hash", 1}});
  CHECK(count_erased(*other.database) == 1);
  CHECK(import_text(other, exported(house)).unchanged == 1);
  // Of a file edited by hand, the hash counts for its other rows.
  House third;
  CHECK(import_text(third, exported(house) + "subscriber,gone@a.example,,{},,,,,report,confirmed," +
                               std::string(12, ',') + "\r\n")
            .skipped.at("erased") == 1);
  // Erased here, too: that is not taken back with the import.
  erase(other, "gone@a.example");
  REQUIRE(other.subscribers.undo(done.import, {"operator"}, other.clock.now()));
  CHECK(count_erased(*other.database) == 1);
}

TEST_CASE(
    "where the token keys are missing, nothing is begun that has to do with erased addresses") {
  House house;
  struct Missing {};
  SqliteSubscribers subscribers(*house.database, []() -> const Fingerprints& { throw Missing{}; });
  const auto import = [&](const Entry& entry) {
    const Reading reading = [&](const RowVisitor& row, const SkipVisitor&) -> Result<void> {
      row(entry, 1, 2);
      return {};
    };
    return subscribers.import(reading, {.list = "report", .source = "out.csv"}, house.clock.now())
        ->added;
  };
  const Entry hash{.email = "", .erased = keys().of("a.example gone")};
  CHECK_THROWS_AS(import(hash), Missing);
  CHECK(subscribers.imports().empty());
  CHECK(import({.email = "ann@a.example"}) == 1);
  erase(house, "gone@a.example");
  CHECK_THROWS_AS(import({.email = "bob@a.example"}), Missing);
  CHECK(subscribers.imports().size() == 1);
}
