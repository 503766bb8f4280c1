#include "store/restoring.h"

#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "exports.h"
#include "imports.h"
#include "subscribers/formats/own_export.h"
#include "subscribers/formats/source.h"
#include "support/seeds.h"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::subscribers;
using test::exported;
using test::House;
using test::keys;

namespace {

Result<RestoreSummary> restored(House& house, const std::string& text, bool dry_run = false) {
  std::istringstream in(text);
  REQUIRE(is_export(in));
  return restore(*house.database, in, keys, {.source = "out", .dry_run = dry_run, .progress = {}},
                 house.clock.now());
}

/// Letters that files and spreadsheets stumble over.
std::string some_text(std::mt19937& random, std::size_t most) {
  const std::vector<std::string> letters{"a", "Ж", "=", "'", "\"", ",",
                                         ";", "@", "-", " ", "\\", "é"};
  std::string text;
  for (auto length = random() % (most + 1); length > 0; --length)
    text += letters[random() % letters.size()];
  return text;
}

/// A directory in which everything has happened.
void fill(House& house, unsigned seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 40; ++i) {
    house.clock.advance(std::chrono::milliseconds(random() % 100'000));
    const auto now = house.clock.now();
    const auto email =
        "R" + std::to_string(random() % 25) + "@d" + std::to_string(random() % 3) + ".example";
    const std::string list = random() % 2 == 0 ? "report" : "digest";
    Entry entry{.email = email};
    entry.name = some_text(random, 8);
    entry.attributes = {{some_text(random, 4) + "x", nlohmann::json(some_text(random, 6)).dump()},
                        {"n", std::to_string(random() % 100) + ".5"}};
    entry.standing = static_cast<Standing>(random() % 5);
    if (random() % 2 == 0) entry.language = "pt-BR";
    if (random() % 2 == 0) entry.time_zone = "Asia/Almaty";
    if (random() % 2 == 0) entry.consent.how = some_text(random, 9);
    switch (random() % 6) {
      case 0:
        house.subscribers.add(entry, list, {"operator"}, now);
        break;
      case 1:
      case 2:
        test::import_entries(house, {entry}, {.list = list, .source = some_text(random, 5)});
        break;
      case 3:
        if (const auto reader = house.subscribers.find(email))
          house.ledger.unsubscribe(reader->id, {}, "reader", "link", now);
        break;
      case 4:
        house.ledger.suppress(*mail::parse_address(email), SuppressionReason::asked, "operator",
                              now);
        break;
      default:
        ErasedAddresses(*house.database, keys()).remember(email, now);
    }
  }
}

}  // namespace

TEST_CASE("an export that is read back gives the same export, whatever has happened") {
  for (unsigned seed = 0; seed < test::seeds(40); ++seed) {
    House house;
    fill(house, seed);
    for (const auto format : test::export_formats) {
      const auto text = exported(house, format);
      House other;
      const auto summary = restored(other, text);
      if (!summary) FAIL(summary.error().message);
      CHECK(summary->unusable == 0);
      for (const auto each : test::export_formats)
        CHECK(exported(other, each) == exported(house, each));
      CHECK(other.subscribers.attribute_names() == house.subscribers.attribute_names());
    }
  }
}

TEST_CASE("a newsletter's own export, imported as a list, changes nothing, whatever has happened") {
  for (unsigned seed = 0; seed < test::seeds(20); ++seed) {
    CAPTURE(seed);
    House house;
    fill(house, seed);
    const auto before = exported(house, ExportFormat::jsonl);
    SqliteSubscribers subscribers(*house.database, [] { return std::cref(keys()); });
    for (const auto format : test::export_formats)
      for (const std::string list : {"report", "digest"}) {
        std::istringstream in(exported(house, format));
        auto source = Source::open(in, Format::postrider, list);
        if (!source) continue;  // JSONL of nobody
        const auto done = subscribers.import(
            [&](const RowVisitor& row, const SkipVisitor& skip) {
              return source->read(row, skip, [](const Remark&) {});
            },
            {.list = list, .source = "out"}, house.clock.now());
        REQUIRE(done);
        CHECK(done->added == 0);
        CHECK(done->updated == 0);
        CHECK(exported(house, ExportFormat::jsonl) == before);
      }
  }
}

TEST_CASE("whoever left, was suppressed or erased stays out after an export is read back") {
  House house;
  const auto left = house.add("left@a.example");
  house.ledger.unsubscribe(left, {}, "reader", "link", house.clock.now());
  house.ledger.suppress(*mail::parse_address("out@a.example"), SuppressionReason::bounced, "daemon",
                        house.clock.now());
  ErasedAddresses(*house.database, keys()).remember("a.example gone", house.clock.now());
  House other;
  REQUIRE(restored(other, exported(house, ExportFormat::csv)));
  SqliteSubscribers there(*other.database, [] { return std::cref(keys()); });
  const auto add = [&](const std::string& email) {
    return there.add({email, std::nullopt, {}}, "report", {"operator"}, other.clock.now()).value();
  };
  CHECK(add("left@a.example") == Added::skipped_unsubscribed);
  CHECK(add("out@a.example") == Added::skipped_suppressed);
  CHECK(add("gone@a.example") == Added::skipped_erased);
}

TEST_CASE("hashes by a token key that is missing are kept, and counted as unusable") {
  House house;
  const Fingerprints lost(TokenKeys({{9, std::string(32, 'l')}}), erased_use);
  ErasedAddresses(*house.database, lost).remember("a.example gone", house.clock.now());
  const auto text = exported(house, ExportFormat::json);
  House other;
  const auto summary = restored(other, text);
  REQUIRE(summary);
  CHECK(summary->erased == 1);
  CHECK(summary->unusable == 1);
  CHECK(exported(other, ExportFormat::json) == text);
}

TEST_CASE("a newsletter that has readers takes no export back") {
  House house;
  house.add("ann@a.example");
  const auto text = exported(house, ExportFormat::csv);
  const auto again = restored(house, text);
  REQUIRE_FALSE(again);
  CHECK(again.error().message.find("without readers") != std::string::npos);
  CHECK(exported(house, ExportFormat::csv) == text);
}

TEST_CASE("a dry run and a file with a bad line change nothing") {
  House house;
  house.add("ann@a.example");
  house.add("bob@a.example", "digest");
  const auto text = exported(house, ExportFormat::jsonl);
  House other;
  const auto dry = restored(other, text, true);
  REQUIRE(dry);
  CHECK(dry->readers == 2);
  const auto bad = [&](const std::string& what, const std::string& instead) {
    auto edited = text;
    edited.replace(edited.rfind(what), what.size(), instead);
    const auto result = restored(other, edited);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.starts_with("line 2: "));
    CHECK(exported(other, ExportFormat::jsonl).empty());
  };
  bad("bob@a.example", "bob");
  bad("bob@a.example", "ann@a.example");
  bad("confirmed", "delighted");
  bad("\"list\":\"digest\",\"state\"", "\"list\":\"gazette\",\"state\"");
  bad("\"attributes\":{}", "\"attributes\":[]");
  bad("created_at\":\"2", "created_at\":\"x");
  bad("}", "");
  CHECK(restored(other, text));
}
