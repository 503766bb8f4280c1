#include "subscribers/export.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "subscribers/csv_records.h"

using namespace postrider;
using namespace postrider::subscribers;

namespace {

const Instant noon_of_export{std::chrono::hours(12)};

ExportedReader ann() {
  ExportedReader reader;
  reader.email = "ann@a.example";
  reader.name = "=1+1";
  reader.attributes = R"({"age":18,"tags":["vip","a, b"]})";
  reader.language = "de";
  reader.time_zone = "Europe/Berlin";
  reader.paused_until = noon_of_export;
  reader.left_all_at = noon_of_export;
  reader.created_at = noon_of_export;
  reader.subscriptions = {
      {"digest", "unsubscribed", noon_of_export, noon_of_export, {}, ""},
      {"report", "confirmed", noon_of_export, noon_of_export,
       ExportedEvidence{"import", "operator", noon_of_export, R"({"source":"list.csv"})"},
       R"({"how":"form"})"}};
  reader.suppression = {SuppressionReason::bounced, noon_of_export};
  return reader;
}

std::string written(ExportFormat format) {
  std::ostringstream out;
  ExportWriter writer(out, format);
  writer.begin();
  writer.reader(ann());
  writer.suppression({"bob@b.example", SuppressionReason::asked, noon_of_export});
  writer.erased({3, {}}, noon_of_export);
  writer.end();
  return out.str();
}

/// The fields of one line of CSV, below a first one that tells what separates them.
std::vector<std::string> fields_of(const std::string& line) {
  std::istringstream in("a,b\r\n" + line);
  CsvRecords records(in);
  REQUIRE(records.next() == CsvRecords::Next::record);
  REQUIRE(records.next() == CsvRecords::Next::record);
  return {records.fields().begin(), records.fields().end()};
}

}  // namespace

TEST_CASE("a reader's lists are rows of CSV, and all rows have the header's fields") {
  const auto text = written(ExportFormat::csv);
  std::istringstream in(text);
  CsvRecords records(in);
  std::vector<std::vector<std::string>> rows;
  while (*records.next() == CsvRecords::Next::record)
    rows.emplace_back(records.fields().begin(), records.fields().end());
  REQUIRE(rows.size() == 5);
  for (const auto& row : rows) CHECK(row.size() == rows[0].size());
  CHECK(rows[1][8] == "digest");
  CHECK(rows[2][8] == "report");
  CHECK(rows[2][14] == R"({"source":"list.csv"})");
  CHECK(rows[3][1] == "bob@b.example");
  CHECK(rows[3][16] == "asked");
  CHECK(rows[4][0] == "erased");
  CHECK(rows[4][1].empty());
  CHECK(rows[1][22] == "1970-01-01T12:00:00Z");
  CHECK(rows[3][22].empty());
}

TEST_CASE("JSON and JSONL have the same records, attributes with their types") {
  const auto document = nlohmann::json::parse(written(ExportFormat::json));
  REQUIRE(document.size() == 3);
  CHECK(document[0]["attributes"]["age"] == 18);
  CHECK(document[0]["suppressed"]["reason"] == "bounced");
  CHECK(document[0]["left_all_at"] == "1970-01-01T12:00:00Z");
  CHECK(document[0]["subscriptions"][1]["evidence"]["detail"]["source"] == "list.csv");
  CHECK(document[2]["key"] == "0000000000000003");
  std::istringstream lines(written(ExportFormat::jsonl));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    CHECK(nlohmann::json::parse(line) == document[count]);
  CHECK(count == 3);
}

TEST_CASE("a list of nobody is whole in every format") {
  for (const auto format : {ExportFormat::csv, ExportFormat::json, ExportFormat::jsonl}) {
    std::ostringstream out;
    ExportWriter writer(out, format);
    writer.begin();
    writer.end();
    if (format == ExportFormat::json) CHECK(nlohmann::json::parse(out.str()).empty());
    if (format == ExportFormat::jsonl) CHECK(out.str().empty());
  }
}

TEST_CASE("no field of CSV is a formula") {
  for (const auto* text : {"=1+1", "+1", "-1", "@x", "\tx", "\rx"})
    CHECK(fields_of(guarded_csv_field(text) + ",x\r\n").at(0).front() == '\'');
  CHECK(guarded_csv_field("it's") == "it's");
  CHECK(guarded_csv_field("'quoted'") == "'quoted'");
}

TEST_CASE("what was done to a field of CSV can be undone, whatever it is") {
  std::mt19937 random(3);
  const std::string_view letters = "''==+-@\t\r\n\",;a ";
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (auto length = random() % 6; length > 0; --length)
      text += letters[random() % letters.size()];
    CHECK(without_guard(fields_of(guarded_csv_field(text) + ",x\r\n").at(0)) == text);
  }
}
