// A segment's SQL says the same as a plain reading of its tree.
#include "store/segment_sql.h"
#include "store/segment_world.h"

using namespace postrider;
using namespace postrider::test;

namespace {

/// As the gathering does it: numbered parameters stand before.
std::set<std::int64_t> selected(World& world, const segment::Node& node,
                                const std::string& wanted = "") {
  const auto condition = store::segment_condition(node, "s", lists);
  auto query = world.database->prepare(
      "SELECT s.id FROM subscribers s WHERE s.id > ?1 AND s.id <= ?2 AND ?1 = 0 AND (" +
      condition.sql + ")" + wanted);
  query.bind(std::int64_t{0}).bind(std::int64_t{1'000'000});
  condition.bind(query);
  std::set<std::int64_t> ids;
  while (query.step()) ids.insert(query.integer(0));
  return ids;
}

}  // namespace

TEST_CASE("what SQL selects is what a plain reading of the tree says") {
  std::int64_t some = 0;
  for (unsigned seed = 0; seed < 6; ++seed) {
    World world(seed);
    for (int round = 0; round < 250; ++round) {
      const auto text = world.expression(static_cast<int>(world.dice.below(4)));
      const auto tree = world.tree(text);
      std::set<std::int64_t> expected;
      for (const auto& reader : world.readers)
        if (holds(tree, reader)) expected.insert(reader.id);
      CAPTURE(seed);
      CAPTURE(text);
      CHECK(selected(world, tree) == expected);
      CHECK(selected(world, tree, " IS NULL").empty());
      if (!expected.empty() && expected.size() < world.readers.size()) ++some;
    }
  }
  CHECK(some > 500);  // the expressions divide the readers
}

namespace {

/// A few readers whose answers can be told at a glance.
struct Few : House {
  Few() {
    add_with("kz@a.example", R"("KZ")");
    add_with("us@b.example", R"("US")");
    add("none@a.example");
    terms.attributes = {"country", "a\"b"};
    terms.lists = {lists.begin(), lists.end()};
    terms.saved = {{"kz", "country = 'KZ'"}};
  }

  void add_with(const std::string& email, const std::string& country) {
    REQUIRE(subscribers.add({email, std::nullopt, {{"country", country}}}, "report", {"operator"},
                            clock.now()));
  }

  segment::Node tree(const std::string& text) {
    auto read = segment::read_segment(text, terms);
    if (!read) FAIL(text << ": " << to_string(read.error()));
    return std::move(*read);
  }

  /// Who is found: "kz us ".
  std::string found(const std::string& text, const std::vector<std::string>& of = lists) {
    store::SegmentReaders readers(*database, of, Instant{});
    std::string all;
    std::int64_t listed = 0;
    readers.each(tree(text), [&](const store::SegmentReader& reader) {
      all += reader.email.substr(0, reader.email.find('@')) + " ";
      ++listed;
    });
    CHECK(readers.count(tree(text)) == listed);
    return all;
  }

  /// Deep within another statement, as the gathering has it.
  void selects_within(const std::string& text) {
    const auto condition = store::segment_condition(tree(text), "s", lists);
    auto query = database->prepare(
        "SELECT count(*) FROM (SELECT id FROM (SELECT s.id FROM subscribers s WHERE s.id > ?1 AND "
        "EXISTS (SELECT 1 FROM freezes f CROSS JOIN subscribers s WHERE (f.issue_id = ?1 OR " +
        condition.sql + ")) LIMIT -1) WHERE id > 0)");
    query.bind(std::int64_t{0});
    condition.bind(query);
    CHECK(query.step());
  }

  segment::Terms terms;
};

}  // namespace

TEST_CASE("a comparison with what is missing is false, and not of it true") {
  Few few;
  CHECK(few.found("country = 'KZ'") == "kz ");
  CHECK(few.found("country != 'KZ'") == "us ");
  CHECK(few.found("not country = 'KZ'") == "us none ");
  CHECK(few.found("not country != 'KZ'") == "kz none ");
  CHECK(few.found("country is missing") == "none ");
}

TEST_CASE("only who may be mailed is found: confirmed on the list, not suppressed") {
  Few few;
  few.add("digest@c.example", "digest");
  CHECK(few.found("email is set") == "kz us none digest ");
  CHECK(few.found("email is set", {"report"}) == "kz us none ");
  few.ledger.unsubscribe(few.subscribers.find("us@b.example")->id, {}, "reader", "",
                         few.clock.now());
  few.database->execute("INSERT INTO suppressions VALUES ('a.example kz', 'bounced', 0, NULL)");
  CHECK(few.found("email is set") == "none digest ");
  CHECK(few.found("joined is missing") == "");
}

TEST_CASE("joined is of the lists that are asked for") {
  Few few;
  few.database->execute("UPDATE subscriptions SET since = 1640995200000");  // 2022-01-01
  few.clock.advance(std::chrono::hours(24));
  CHECK(few.found("joined = 2022-01-01") == "kz us none ");
  few.add("kz@a.example", "digest");
  CHECK(few.found("joined = 2022-01-01", {"report", "digest"}) == "kz us none ");
  CHECK(few.found("joined > 2022-01-01", {"digest"}) == "kz ");
}

TEST_CASE("what looks like SQL is a value like any other") {
  Few few;
  const std::string hostile = "x'') OR 1=1; DROP TABLE subscribers; --";
  few.terms.attributes.insert("x\") OR 1=1 --");
  CHECK(few.found("country = '" + hostile + "' or email contains '%' or email starts with '_'") ==
        "");
  CHECK(few.found("\"x\"\") OR 1=1 --\" = 'y'") == "");
  CHECK(few.found("tag('" + hostile + "') or country in ('" + hostile + "')") == "");
  const auto condition =
      store::segment_condition(few.tree("country = '" + hostile + "'"), "s", lists);
  CHECK(condition.sql.find("DROP") == std::string::npos);
  CHECK(few.found("email is set") == "kz us none ");
}

TEST_CASE("a reader's language and time zone are fields of their own") {
  Few few;
  subscribers::Entry entry{.email = "us@b.example"};
  entry.language = "de";
  entry.time_zone = "Europe/Berlin";
  REQUIRE(few.subscribers.add(entry, "report", {"operator"}, few.clock.now()));
  CHECK(few.found("language = 'DE'") == "us ");
  CHECK(few.found("language in ('fr', 'de') and time_zone contains 'berlin'") == "us ");
  CHECK(few.found("language is missing", {"report"}).find("us ") == std::string::npos);
  CHECK(few.found("time_zone != 'Europe/Berlin'").empty());
}

TEST_CASE("an index finds the readers of an address or a domain") {
  Few few;
  store::SegmentReaders readers(*few.database, lists, few.clock.now());
  for (const auto& [text, index] : {std::pair{"email = 'kz@a.example'", "email"},
                                    {"email in ('kz@a.example', 'us@b.example')", "email"},
                                    {"domain = 'a.example' and country = 'KZ'", "domain"},
                                    {"domain contains 'a' and not tag('vip')", ""},
                                    {"country = 'KZ'", ""},
                                    {"not domain = 'a.example'", ""}}) {
    CAPTURE(text);
    few.terms.attributes.insert("tags");
    CHECK(readers.index_of(few.tree(text)) == index);
  }
}

TEST_CASE("SQLite's parser takes the deepest, the longest and the widest segment") {
  Few few;
  std::string leaf = "not \"a\"\"b\" != 2022-01-01";
  const auto nested = [&leaf](int levels, bool left) {
    std::string text = leaf;
    for (int level = 0; level < levels; ++level) {
      const auto* between = level % 2 == 0 ? " and " : " or ";
      const std::string other = "country = 18";
      text = left ? "(" + text + between + other + ")" : "(" + other + between + text + ")";
    }
    return text;
  };
  for (const bool left : {true, false}) {
    CHECK(few.found(nested(segment::deepest_tree - 1, left)) != "everybody");
    few.selects_within(nested(segment::deepest_tree - 1, left));
    CHECK(!segment::read_segment(nested(segment::deepest_tree, left), few.terms));
    leaf = "not last_got != 2022-01-01";
    few.selects_within(nested(segment::deepest_tree - 1, left));
  }
  std::string nots = "country = 18";
  for (int level = 0; level < segment::deepest_tree / 2; ++level)
    nots = "not (" + std::string("country = 18 or ") + nots + ")";
  CHECK(few.found(nots) != "everybody");
  std::string wide = "country = 'KZ'";
  few.terms.saved["more"] = "country='KZ'";
  for (int i = 1; i < 24; ++i) few.terms.saved["more"] += " or country = 'KZ'";
  for (int i = 0; i < 19; ++i) wide += " or segment('more')";
  CHECK(few.found(wide) == "kz ");
  std::string values = "country in ('KZ'";
  while (values.size() < 9'900) values += ",'a'";
  CHECK(few.found(values + ")") == "kz ");
}
