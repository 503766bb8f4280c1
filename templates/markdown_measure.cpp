#include "templates/markdown_measure.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::templates {

namespace {

/// Octets of one line: some of cmark's passes take the square of it.
constexpr std::size_t longest_line = 100'000;

/// A row is filled up to the head's columns, and every cell is a node of the tree.
constexpr std::size_t most_columns = 100;
constexpr std::size_t most_cells = 100'000;

/// How many quotes and lists the line may be in by its beginning: every one of them costs cmark a
/// look at every line.
std::size_t markers_of(std::string_view line) {
  std::size_t markers = 0;
  std::size_t blanks = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool before_blank = at + 1 == line.size() || line[at + 1] == ' ' || line[at + 1] == '\t';
    if (c == ' ')
      ++blanks;
    else if (c == '\t')
      blanks += 4;
    else if (c == '>' ||
             ((c == '-' || c == '*' || c == '+' || c == '.' || c == ')') && before_blank))
      ++markers;
    else if (c < '0' || c > '9')
      break;
  }
  return markers + blanks / 4;
}

/// The columns of a table whose head is underlined by this line; 0: it underlines none.
std::size_t columns_under(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of("> \t"), line.size()));
  line = trim(line);
  if (line.find('-') == std::string_view::npos ||
      line.find_first_not_of("|-: \t") != std::string_view::npos)
    return 0;
  if (line.starts_with('|')) line.remove_prefix(1);
  if (line.ends_with('|')) line.remove_suffix(1);
  return 1 + static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of("> \t") == std::string_view::npos;
}

/// The tables' cells as cmark would make them, counted line by line.
class Cells {
 public:
  /// What is wrong with the line; empty: nothing, or told before.
  std::string add(std::string_view line) {
    if (const auto columns = columns_under(line); columns > 1) {
      columns_ = columns;
      if (columns > most_columns) return "a table has at most 100 columns";
    } else if (is_blank(line)) {
      columns_ = 0;
    }
    const bool told = cells_ > most_cells;
    cells_ += columns_;
    return !told && cells_ > most_cells ? "the tables have more than 100,000 cells up to here" : "";
  }

 private:
  std::size_t columns_ = 0;  // of the table that may be open; 0: none
  std::size_t cells_ = 0;
};

}  // namespace

Faults beyond_measure(std::string_view text, const std::string& file, int line) {
  Faults faults;
  Cells cells;
  for (const auto part : split(text, '\n')) {
    if (part.size() > longest_line)
      faults.push_back({file, line, "", "this line is longer than 100,000 octets; is it text?"});
    else if (markers_of(part) > 2 * deepest_nesting)
      faults.push_back({file, line, "", "quotes and lists are nested too deep here"});
    if (auto message = cells.add(part); !message.empty())
      faults.push_back({file, line, "", std::move(message)});
    ++line;
  }
  return faults;
}

}  // namespace postrider::templates
