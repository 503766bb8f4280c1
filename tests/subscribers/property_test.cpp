// Random lists, written in every way that is CSV, are read back as they were.
#include <doctest/doctest.h>
#include <random>
#include <sstream>

#include "base/text.h"
#include "subscribers/csv_records.h"
#include "subscribers/dump.h"

using namespace postrider;
using namespace postrider::subscribers;

namespace {

using Row = std::vector<std::string>;

struct Style {
  char separator;
  std::string line_end;
  bool quotes_all;
  bool utf16;
  bool mark;       // a byte order mark
  bool ends_bare;  // no line end behind the last row
};

class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  int below(int limit) { return std::uniform_int_distribution(0, limit - 1)(random_); }

  Style style() {
    const std::string line_ends[] = {"\n", "\r\n", "\r"};
    return {",;\t"[below(3)], line_ends[below(3)], below(2) == 0,
            below(4) == 0,    below(2) == 0,       below(2) == 0};
  }

  /// Without outer blanks, for those are not part of a value.
  std::string value() {
    const std::string parts[] = {"a",  "Z",  "7",    "\"", "\"\"", ",",          ";",
                                 "\t", "\n", "\r\n", "\r", " ",    "'",          "é",
                                 "Ж",  "読", "😀",   "=",  "\\",   "x@y.example"};
    std::string text;
    for (int left = below(12); left > 0; --left) text += parts[below(20)];
    return text.empty() ? text : "<" + text + ">";
  }

  std::string write(const std::vector<Row>& rows, const Style& style) {
    std::string text;
    for (const auto& row : rows) {
      for (std::size_t i = 0; i < row.size(); ++i)
        text += (i > 0 ? std::string(1, style.separator) : "") + field(row[i], style);
      if (&row != &rows.back() || !style.ends_bare) text += style.line_end;
    }
    return text;
  }

 private:
  std::string field(const std::string& value, const Style& style) {
    const bool must =
        value.find_first_of("\"\r\n" + std::string(1, style.separator)) != std::string::npos;
    if (!must && !style.quotes_all && below(3) > 0) return value;
    std::string out = "\"";
    for (const char c : value) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
  }

  std::mt19937 random_;
};

std::string as_utf16(std::string_view text, bool mark) {
  std::string out = mark ? "\xFF\xFE" : "";
  const auto put = [&out](char32_t unit) {
    out += static_cast<char>(unit & 0xFF);
    out += static_cast<char>(unit >> 8);
  };
  while (!text.empty()) {
    auto code = take_character(text);
    if (code < 0x10000) {
      put(code);
      continue;
    }
    code -= 0x10000;
    put(0xD800 + (code >> 10));
    put(0xDC00 + (code & 0x3FF));
  }
  return out;
}

std::string encode(const std::string& text, const Style& style) {
  if (style.utf16) return as_utf16(text, style.mark);
  return (style.mark ? "\xEF\xBB\xBF" : "") + text;
}

}  // namespace

TEST_CASE("any list is read back, whatever its separators, line ends, quotes and encoding") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    Writer writer(seed);
    const auto style = writer.style();
    const auto columns = 2 + writer.below(6);
    std::vector<Row> rows(1);
    for (int i = 0; i < columns; ++i) rows[0].push_back("c" + std::to_string(i));
    for (int left = 1 + writer.below(30); left > 0; --left) {
      Row row{std::to_string(left)};
      while (static_cast<int>(row.size()) < columns) row.push_back(writer.value());
      rows.push_back(row);
    }
    std::istringstream in(encode(writer.write(rows, style), style));
    CsvRecords records(in);
    for (const auto& row : rows) {
      const auto next = records.next();
      REQUIRE(next);
      REQUIRE(*next == CsvRecords::Next::record);
      CHECK(Row(records.fields().begin(), records.fields().end()) == row);
    }
    CHECK(records.next() == CsvRecords::Next::end);
    CHECK(records.separator() == style.separator);
  }
}

TEST_CASE("names and attributes come through a whole list as they were") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Writer writer(seed + 1000);
    const auto style = writer.style();
    std::vector<Row> rows{{"colour", "email", "name"}};
    for (int left = 1 + writer.below(20); left > 0; --left)
      rows.push_back({writer.value(), std::to_string(left) + "@reader.example", writer.value()});
    std::istringstream in(encode(writer.write(rows, style), style));
    auto source = Source::open(in, Format::automatic);
    REQUIRE(source);
    std::size_t at = 0;
    REQUIRE(source->read(
        [&](const Entry& entry, std::int64_t row, std::int64_t) {
          ++at;
          CHECK(row == static_cast<std::int64_t>(at));
          CHECK(entry.email == rows[at][1]);
          CHECK(entry.name.value_or("") == rows[at][2]);
          CHECK(entry.attributes.size() == (rows[at][0].empty() ? 0u : 1u));
        },
        [](const SkippedRow& row) { FAIL(row.reason); },
        [](const Remark& remark) { FAIL(remark.reason); }));
    CHECK(at == rows.size() - 1);
  }
}

TEST_CASE("random octets are told or read, and never end badly") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    CAPTURE(round);
    const std::string header = round % 2 == 0 ? "email,name,tags,status,metadata\n" : "";
    constexpr std::string_view alphabet = "a,;\t\n\r\"'=@{}[]:0\\\0\xC3\xA9\xFF-TFN ";
    auto text = header;
    for (auto left = random() % 200; left > 0; --left) text += alphabet[random() % alphabet.size()];
    std::istringstream in(text);
    auto source = Source::open(in, Format::automatic);
    if (!source) {
      CHECK(!source.error().message.empty());
      continue;
    }
    std::int64_t last = 0;
    CHECK(source->read([&](const Entry&, std::int64_t row, std::int64_t) { CHECK(row == ++last); },
                       [&](const SkippedRow& row) { CHECK(row.row == ++last); },
                       [](const Remark& remark) { CHECK(!remark.detail.empty()); }));
  }
}
