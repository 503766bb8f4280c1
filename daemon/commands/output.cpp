#include "daemon/commands/output.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

#include "base/text.h"

namespace postrider::daemon::commands {

void print_json(const Json& document) {
  // Bytes that are no UTF-8 (an old reply, a file's name) must not keep the rest from being shown.
  std::cout << document.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

Json json_time(const std::optional<Instant>& instant) {
  return instant ? Json(rfc3339(*instant)) : Json(nullptr);
}

std::string fitting(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string begin;
  for (std::size_t used = 0; begin.size() < text.size();) {
    auto end = begin.size() + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    const auto letter = text.substr(begin.size(), end - begin.size());
    used += display_width(letter);
    if (used >= width) break;
    begin += letter;
  }
  return begin + "…";
}

std::string padded(std::string_view text, std::size_t width) {
  auto cell = fitting(text, width);
  return cell + std::string(width - display_width(cell), ' ');
}

void Table::add(std::vector<std::string> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i)
    cells[i] = fitting(printable(cells[i]), columns_[i].widest);
  rows_.push_back(std::move(cells));
}

void Table::print() const {
  if (rows_.empty()) return;
  std::vector<std::size_t> widths;
  for (const auto& column : columns_) widths.push_back(display_width(column.heading));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  const auto print_row = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string cell = cell_of(i);
      const std::string padding(widths[i] - display_width(cell), ' ');
      line += columns_[i].align == Align::right ? padding + cell : cell + padding;
      if (i + 1 < columns_.size()) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::cout << coloured(print_row([&](std::size_t i) { return columns_[i].heading; }), "1") << "\n";
  for (const auto& row : rows_)
    std::cout << print_row([&](std::size_t i) { return row[i]; }) << "\n";
}

void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::size_t width = 0;
  for (const auto& [label, value] : pairs) width = std::max(width, display_width(label));
  for (const auto& [label, value] : pairs)
    std::cout << label << std::string(width - display_width(label) + 2, ' ') << printable(value)
              << "\n";
}

std::string csv_field(std::string_view text) {
  std::string field;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    field += '\'';
  field += text;
  return csv_quoted(field);
}

void print_csv_row(const std::vector<std::string>& fields) {
  std::string line;
  for (const auto& field : fields) {
    if (!line.empty() || &field != &fields.front()) line += ',';
    line += csv_field(field);
  }
  std::cout << line << "\r\n";
}

bool on_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

void print_faults(const Faults& faults) {
  for (const auto& fault : faults)
    std::cerr << coloured(printable(to_string(fault)),
                          fault.severity == Severity::error ? "31" : "33")
              << "\n";
}

void end_line() {
  if (::isatty(STDERR_FILENO) == 1) std::cerr << "\r\033[K" << std::flush;
}

bool colours() {
  const char* no_color = std::getenv("NO_COLOR");
  return on_terminal() && (!no_color || !*no_color);
}

std::string coloured(std::string_view text, std::string_view code) {
  if (!colours()) return std::string(text);
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

std::string bar(std::int64_t part, std::int64_t whole, std::size_t width) {
  const auto share = whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 1.0;
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  std::string text = "[";
  for (std::size_t i = 0; i < width; ++i) text += i < filled ? "█" : "─";
  const auto percent = std::to_string(static_cast<int>(share * 100));
  return text + "] " + std::string(3 - std::min<std::size_t>(percent.size(), 3), ' ') + percent +
         " %";
}

}  // namespace postrider::daemon::commands
