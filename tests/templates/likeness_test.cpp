#include "templates/likeness.h"

#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "support/source.h"

using namespace postrider;
using namespace postrider::templates;

namespace {

using Texts = std::vector<std::string>;

std::string sample_issue() {
  std::ifstream file(test::source_folder() / "docs/sample-issue.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Draft draft_of(const std::string& text) {
  const auto draft = parse_draft(text, "weekly.md");
  if (!draft) FAIL(to_string(draft.error()[0]));
  return *draft;
}

Draft with_body(const std::string& body) {
  return draft_of("---\ntitle: Weekly\n---\n\n" + body + "\n");
}

double alike(const std::string& one, const std::string& other) {
  return resemblance(likeness_of(with_body(one)).sketch, likeness_of(with_body(other)).sketch);
}

/// Different words: "alpha0 alpha1 …".
std::string made_up(const std::string& word, int count) {
  Texts words;
  for (int i = 0; i < count; ++i) words.push_back(word + std::to_string(i));
  return join(words, " ");
}

}  // namespace

TEST_CASE("a title is its words, whatever its case, punctuation and blanks") {
  const auto title = [](const std::string& text) {
    return likeness_of(draft_of("---\ntitle: \"" + text + "\"\n---\n\nx\n")).title;
  };
  CHECK(title("  The  Steppe: RAILWAY, reopened! ") == "the steppe railway reopened");
  CHECK(title("ÜBER Łódź – Ωμέγα и ЁЖ") == "über łódź ωμέγα и ёж");
  CHECK(title("新铁路") == "新 铁 路");
  CHECK(title("!!!").empty());
}

TEST_CASE("words are parted by what is no letter and no digit") {
  CHECK(words_of("Don’t stop-now, at 06:10…") ==
        Texts{"don", "t", "stop", "now", "at", "06", "10"});
  CHECK(words_of(" \n—") == Texts{});
}

TEST_CASE("a text is like itself, and nothing is like a text without words") {
  CHECK(alike("One.", "one") == 1.0);
  const auto issue = likeness_of(draft_of(sample_issue())).sketch;
  CHECK(resemblance(issue, issue) == 1.0);
  CHECK(resemblance({}, {}) == 0.0);
  CHECK(alike("![a chart](https://x.example/a.png \"\")", "One") < 1.0);
}

TEST_CASE("of short texts the resemblance is exact") {
  // 10 and 10 words: 6 runs of five each; the last word changes one of them.
  const auto one = made_up("w", 9);
  CHECK(alike(one + " a", one + " b") == doctest::Approx(5.0 / 7));
  CHECK(alike(made_up("a", 50), made_up("b", 50)) == 0.0);
}

TEST_CASE("of long texts it is within some hundredths, and the sketch stays small") {
  for (const int shared : {1'000, 4'500, 9'000}) {
    const int own = 10'000 - shared;
    const auto one = made_up("both", shared) + " " + made_up("one", own);
    const auto other = made_up("both", shared) + " " + made_up("other", own);
    const double exact = static_cast<double>(shared) / (20'000 - shared);
    CAPTURE(shared);
    CHECK(alike(one, other) == doctest::Approx(exact).epsilon(0.2).scale(0.5));
    CHECK(likeness_of(with_body(one)).sketch.size() == sketched);
  }
}

TEST_CASE("the same issue with some mended words is nearly the same, another week's is not") {
  const auto text = sample_issue();
  const auto issue = likeness_of(draft_of(text)).sketch;
  auto mended = replace_all(text, "eleven months", "twelve months");
  mended = replace_all(mended, "Thanks for reading.", "Thank you for reading, as ever!");
  CHECK(resemblance(issue, likeness_of(draft_of(mended)).sketch) > 0.85);
  // What stands in every issue: a greeting, some housekeeping, how to write to the editor.
  const auto boilerplate = text.substr(text.find("{{#"), text.find("## 1)") - text.find("{{#"));
  const auto next = "---\ntitle: Next week\n---\n\n" + boilerplate + made_up("news", 400) + "\n";
  CHECK(resemblance(issue, likeness_of(draft_of(next)).sketch) < 0.5);
}
