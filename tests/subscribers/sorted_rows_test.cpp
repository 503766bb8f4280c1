#include "subscribers/sorted_rows.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/temporary_folder.h"

using postrider::subscribers::SortedRows;
using postrider::test::TemporaryFolder;

TEST_CASE("rows come in the order of their keys, and those of one key in their own") {
  std::mt19937 random(7);
  for (const std::size_t memory : {std::size_t{1} << 20, std::size_t{3000}, std::size_t{1}}) {
    const TemporaryFolder folder;
    SortedRows rows(folder.path(), memory);
    std::vector<std::pair<std::string, std::string>> expected;
    for (int i = 0; i < 500; ++i) {
      const auto key = std::to_string(random() % 200) + std::string(random() % 3, 'x');
      const auto row = std::to_string(i) + std::string(random() % 100, '\0');
      rows.add(key, row);
      expected.emplace_back(key, row);
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& one, const auto& other) { return one.first < other.first; });
    std::vector<std::pair<std::string, std::string>> got;
    rows.each([&](std::string_view key, std::string_view row) { got.emplace_back(key, row); });
    CHECK(got == expected);
    CHECK(rows.count() == 500);
    // Its file has no name.
    CHECK(std::filesystem::is_empty(folder.path()));
  }
}

TEST_CASE("rows longer than a block are whole") {
  const TemporaryFolder folder;
  SortedRows rows(folder.path(), 1000);
  rows.add("b", std::string(2'000'000, 'b'));
  rows.add("a", std::string(600'000, 'a'));
  std::string keys;
  rows.each([&](std::string_view key, std::string_view row) {
    keys += key;
    CHECK(row == std::string(row.size(), key[0]));
    CHECK(row.size() == (key == "a" ? 600'000 : 2'000'000));
  });
  CHECK(keys == "ab");
}

TEST_CASE("no rows are no rows") {
  SortedRows rows(std::filesystem::temp_directory_path());
  rows.each([](std::string_view, std::string_view) { FAIL("a row from nowhere"); });
}
