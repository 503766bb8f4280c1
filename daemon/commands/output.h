// What commands print: aligned tables, CSV and JSON. Whatever comes from readers, servers or drafts
// is made printable first.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "daemon/event_json.h"

namespace postrider::daemon::commands {

using Json = nlohmann::ordered_json;

/// One JSON document on stdout.
void print_json(const Json& document);
/// RFC 3339 or null.
Json json_time(const std::optional<Instant>& instant);

enum class Align { left, right };

/// The text, or its beginning with an … where a terminal would need more columns than `width`.
std::string fitting(std::string_view text, std::size_t width);
/// That, and spaces up to the width.
std::string padded(std::string_view text, std::size_t width);

/// Rows under headings, columns as wide as their widest cell, but wider cells than `widest` are cut
/// with an …. Prints nothing where there is no row.
class Table {
 public:
  static constexpr std::size_t uncut = 1'000'000;
  struct Column {
    std::string heading;
    Align align = Align::left;
    std::size_t widest = 48;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells);
  void print() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "label  value" lines with the values aligned.
void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);

/// One field of CSV (RFC 4180), what a spreadsheet would take for a formula made harmless.
std::string csv_field(std::string_view text);
void print_csv_row(const std::vector<std::string>& fields);

/// stdout is a terminal and NO_COLOR is not set.
bool colours();
bool on_terminal();
/// Each on a line of its own on stderr, errors red and warnings yellow.
void print_faults(const Faults& faults);
/// Takes away what was written over and over on stderr, where that is a terminal.
void end_line();

/// Text in a colour where colours are on: "32" green, "33" yellow, "31" red, "1" bold, "2" faint.
std::string coloured(std::string_view text, std::string_view code);

/// "[███████─────]  58 %"
std::string bar(std::int64_t part, std::int64_t whole, std::size_t width);

}  // namespace postrider::daemon::commands
