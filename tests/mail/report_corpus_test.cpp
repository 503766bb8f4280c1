// Every tests/data/bounces/NN-name.eml reads as NN-name.expected says, an array with one object a
// recipient: of `recipient`, `status`, `code`, `kind` and `reason` those that are given. A new case
// is a file.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "base/text.h"
#include "mail/report.h"
#include "support/source.h"

using namespace postrider::mail;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::vector<fs::path> corpus() {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(postrider::test::source_folder() / "tests/data/bounces"))
    if (entry.path().extension() == ".eml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

json or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json as_json(const Finding& finding) {
  return {{"recipient", or_null(finding.recipient)},
          {"status", or_null(finding.status)},
          {"code", finding.code == 0 ? json() : json(finding.code)},
          {"kind", kind_name(finding.kind)},
          {"reason", or_null(finding.reason)}};
}

/// What differs, "kind: hard, not soft"; empty: nothing.
std::string difference(const json& expected, const Finding& finding) {
  std::string all;
  const auto is = as_json(finding);
  for (const auto& [key, value] : expected.items())
    if (is.contains(key) && is[key] != value)
      all += key + ": " + is[key].dump() + ", not " + value.dump() + " by " + finding.rule + "; ";
  return all;
}

}  // namespace

TEST_CASE("the corpus of reports reads as its files say") {
  for (const auto& path : corpus()) {
    const auto name = path.filename().string();
    const auto expected = json::parse(bytes_of(fs::path(path).replace_extension(".expected")));
    const auto report = read_report(read_message(bytes_of(path)));
    CHECK_MESSAGE(report.findings.size() == expected.size(), name);
    for (std::size_t n = 0; n < std::min(expected.size(), report.findings.size()); ++n)
      CHECK_MESSAGE(difference(expected[n], report.findings[n]) == "", name);
  }
}

TEST_CASE("reports with octets changed, lost and doubled are still something") {
  std::mt19937 random(6);
  const auto below = [&](std::size_t top) {
    return std::uniform_int_distribution<std::size_t>(0, top - 1)(random);
  };
  const auto* wanted = std::getenv("POSTRIDER_MUTATIONS");
  const int times = wanted ? std::atoi(wanted) : 30;
  for (const auto& path : corpus()) {
    const auto original = bytes_of(path);
    for (int n = 0; n < times; ++n) {
      auto bytes = original.substr(0, 50'000);
      for (auto changes = below(20) + 1; changes > 0 && bytes.size() > 2; --changes) {
        const auto at = below(bytes.size());
        const auto length = std::min(below(200), bytes.size() - at);
        switch (below(5)) {
          case 0:
            bytes[at] = static_cast<char>(below(256));
            break;
          case 1:
            bytes.erase(at, length);
            break;
          case 2:
            bytes.insert(below(bytes.size()), bytes.substr(at, length));
            break;
          case 3:
            bytes.insert(at, 1, "\r\n \0\":;-=<>@"[below(12)]);
            break;
          default:
            bytes.resize(std::max<std::size_t>(at, bytes.size() / 2));
        }
      }
      const auto report = read_report(read_message(bytes));
      REQUIRE_FALSE(report.findings.empty());
      for (const auto& finding : report.findings) {
        CHECK(finding.text.size() <= 512);
        CHECK(postrider::is_utf8(finding.text));
        CHECK(postrider::is_utf8(finding.recipient));
      }
    }
  }
}

// POSTRIDER_BENCH=1000 mail_test -tc="reading*" tells the CPU time of so many messages.
TEST_CASE("reading many reports" * doctest::skip(std::getenv("POSTRIDER_BENCH") == nullptr)) {
  const auto* wanted = std::getenv("POSTRIDER_BENCH");
  std::vector<std::string> messages;
  for (const auto& path : corpus()) messages.push_back(bytes_of(path));
  const int times = wanted ? std::atoi(wanted) : 0;
  const auto start = std::clock();
  for (int n = 0; n < times; ++n) {
    const auto& bytes = messages[static_cast<std::size_t>(n) % messages.size()];
    CHECK_FALSE(read_report(read_message(bytes)).findings.empty());
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  MESSAGE(times << " messages in " << seconds << " s of CPU");
}
