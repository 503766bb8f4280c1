// Each guard by itself: what sets it off, and what does not.
#include <doctest/doctest.h>

#include "base/text.h"
#include "daemon/guards/again.h"
#include "daemon/guards/audience.h"
#include "daemon/guards/content.h"

using namespace postrider;
using namespace daemon;

namespace {

std::optional<store::SameReaders> last_week(std::int64_t readers) {
  return store::SameReaders{"weekly-12", readers};
}

bool holds(std::int64_t readers, std::int64_t before, const config::Guards& settings = {}) {
  return guards::audience(readers, last_week(before), settings).has_value();
}

queue::Issue issue_for(std::int64_t readers) {
  queue::Issue issue;
  issue.slug = "weekly";
  issue.lists = {"report", "digest"};
  issue.sums.pending = readers;
  return issue;
}

/// A text of so many words, of which those from `changed` on are others than in its namesake.
templates::Sketch text_of(int words, int changed = 1'000'000) {
  std::vector<std::string> all;
  for (int i = 0; i < words; ++i) all.push_back((i < changed ? "a" : "b") + std::to_string(i));
  return templates::sketch_of(all);
}

const Instant sent_at = parse_rfc3339("2022-01-03T13:00:00Z").value();

}  // namespace

TEST_CASE("an audience is held that is over 30 % and over 100 readers bigger or smaller") {
  CHECK(holds(1'301, 1'000));
  CHECK(holds(699, 1'000));
  CHECK_FALSE(holds(1'300, 1'000));
  CHECK_FALSE(holds(700, 1'000));
  CHECK(holds(201, 100));
  CHECK_FALSE(holds(200, 100));  // twice as many, and no more than 100
  CHECK_FALSE(holds(5, 100));
  CHECK(
      guards::audience(1'400, last_week(1'000), {}) ==
      "it would go to 1,400 readers; the last issue to the same lists, 'weekly-12', went to 1,000 "
      "(audience_change = \"30%\", audience_change_readers = 100)");
}

TEST_CASE("what an audience may change by is as the settings say") {
  CHECK_FALSE(holds(1'400, 1'000, {.audience_change = 50}));
  CHECK_FALSE(holds(1'400, 1'000, {.audience_change_readers = 400}));
  CHECK(holds(14, 10, {.audience_change = 30, .audience_change_readers = 0}));
  CHECK_FALSE(holds(1, 1'000'000, {.audience_change = 0}));
}

TEST_CASE("the first issue to its lists and segment has nothing to be compared with") {
  CHECK_FALSE(guards::audience(1'000'000, {}, {}));
}

TEST_CASE("an issue that nobody would get is held, and that alone is said") {
  auto issue = issue_for(0);
  issue.excluded = {{"unconfirmed", 3}};
  CHECK(guards::nobody(issue) ==
        "nobody would get it: no reader of report, digest who can be mailed; excluded: unconfirmed "
        "3");
  issue.segment = "country = 'KZ'";
  CHECK(guards::nobody(issue) ==
        "nobody would get it: no reader of report, digest who can be mailed is in its segment, "
        "country "
        "= 'KZ'; excluded: unconfirmed 3");
  CHECK_FALSE(holds(0, 1'000));
  CHECK_FALSE(guards::nobody(issue_for(1)));
}

TEST_CASE("the title and nearly the text of a sent issue are held") {
  const std::vector<store::SameTitle> before{{"older", sent_at, text_of(500, 0)},
                                             {"weekly-12", sent_at, text_of(500)}};
  config::Publication publication;
  publication.timezone = "America/New_York";
  const auto told = [&](const templates::Sketch& sketch) {
    return guards::again(sketch, before, publication);
  };
  CHECK(told(text_of(500)) ==
        "it has the title and the text of 'weekly-12', which was sent 2022-01-03 08:00 EST");
  CHECK(
      told(text_of(500, 470))->starts_with("it has the title and nearly the text of 'weekly-12'"));
  CHECK_FALSE(told(text_of(500, 250)));
  CHECK_FALSE(told({}));
  CHECK_FALSE(guards::again(text_of(500), {}, publication));
}

TEST_CASE("ten words that were mended in a text of five hundred leave it nearly the same") {
  std::vector<std::string> words, mended;
  for (int i = 0; i < 500; ++i) {
    words.push_back("w" + std::to_string(i));
    mended.push_back(i % 50 == 25 ? "other" : words.back());
  }
  const auto alike =
      templates::resemblance(templates::sketch_of(words), templates::sketch_of(mended));
  CHECK(alike >= guards::nearly_the_text);
  CHECK(alike < 0.9);
}

TEST_CASE("what was left in the text is told with its line, the first of it") {
  CHECK_FALSE(guards::content({}));
  const Fault one{"weekly.md", 4, "", "'XXX' is left in the text", Severity::warning};
  CHECK(guards::content({one}) == "weekly.md:4: 'XXX' is left in the text");
  CHECK(guards::content({one, one, one}) == "weekly.md:4: 'XXX' is left in the text (and 2 more)");
}
