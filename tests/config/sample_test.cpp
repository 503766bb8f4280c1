// The sample and the manual explain exactly the keys that the parser knows.
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>
#include <set>

#include "config/keys.h"
#include "config/sample_newsletter.h"
#include "support/source.h"

using namespace postrider;
using namespace postrider::test;

namespace {

using Names = std::set<std::string>;  // "lists.*.name"

Names known_names() {
  Names names;
  for (const auto& key : config::known_keys())
    names.insert(std::string(key.section) + "." + std::string(key.name));
  return names;
}

/// "[lists.report]", `[[relay]]` → "lists.*", "relay"; empty: no section's head.
std::string section_of(std::string_view line) {
  if (!line.starts_with('[') || line.find(']') == std::string_view::npos) return {};
  line.remove_prefix(line.starts_with("[[") ? 2 : 1);
  const auto name = line.substr(0, line.find(']'));
  const auto dot = name.find('.');
  return std::string(name.substr(0, dot)) + (dot == std::string_view::npos ? "" : ".*");
}

/// The keys of a TOML text, those in comments ("# key = …") too.
Names written_names(std::string_view text) {
  Names names;
  std::string section;
  for (auto line : split(text, '\n')) {
    if (line.starts_with("# ")) line.remove_prefix(2);
    if (const auto head = section_of(line); !head.empty()) section = head;
    const auto end = line.find(" = ");
    const auto key = line.substr(0, end);
    if (end == std::string_view::npos || key.empty() ||
        key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string_view::npos)
      continue;
    // Segments are called as one likes.
    names.insert(section + "." + (section == "segments" ? "NAME" : std::string(key)));
  }
  return names;
}

/// The keys that docs/settings.md explains: rows "| `key` |" below "## `[section]`".
Names documented_names() {
  std::ifstream file(test::source_folder() / "docs/settings.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  Names names;
  std::string section;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("## ")) section.clear();
    if (line.starts_with("## `[")) section = section_of(line.substr(4));
    if (line.starts_with("| `") && !section.empty())
      names.insert(section + "." + std::string(line.substr(3, line.find('`', 3) - 3)));
  }
  return names;
}

}  // namespace

TEST_CASE("the sample loads as it stands, without a word") {
  const auto settings = load(config::sample_settings());
  CAPTURE(settings ? "" : listing(settings.error()));
  REQUIRE(settings);
  CHECK(listing(settings->warnings) == "");
  CHECK(settings->relays[0].kind == config::RelayKind::file);
  CHECK(settings->relays[0].directory.filename() == "outbox");
  CHECK(settings->http.listen == "127.0.0.1:8025");
}

TEST_CASE("the sample holds every known key and no other") {
  CHECK(written_names(config::sample_settings()) == known_names());
}

TEST_CASE("the manual explains every known key and no other") {
  CHECK(documented_names() == known_names());
}

TEST_CASE("what the sample has commented out of built features loads too") {
  std::string text;
  for (const auto line : split(config::sample_settings(), '\n')) {
    const bool built = line.starts_with("# reply_to = ");
    text += std::string(built ? line.substr(2) : line) + "\n";
  }
  CHECK(load(text)->publication.reply_to == "editors@report.example");
}
