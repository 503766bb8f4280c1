#include "templates/plain_text.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "templates/letters.h"

namespace postrider::templates {

namespace {

constexpr std::size_t short_address = 40;  // stands beside its words

/// The word, cut where a line may end within it: scripts that write no spaces.
std::vector<std::string_view> pieces_of_word(std::string_view word) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  char32_t before = 0;
  for (auto left = word; !left.empty();) {
    const auto at = word.size() - left.size();
    const auto character = take_character(left);
    if (at > begin && may_break_between(before, character)) {
      pieces.push_back(word.substr(begin, at - begin));
      begin = at;
    }
    before = character;
  }
  pieces.push_back(word.substr(begin));
  return pieces;
}

/// One paragraph line's words; a word that is too long stands alone.
void wrap_line(std::string_view text, std::string& line, std::string_view rest, std::size_t width,
               const Measure& measure, std::string& out) {
  bool empty = true;
  auto used = measure(line);
  const auto add = [&](std::string_view piece, bool blank_before) {
    const auto columns = measure(piece);
    if (!empty && used + (blank_before ? 1 : 0) + columns > width) {
      out += line + "\n";
      line = rest;
      used = measure(line);
      empty = true;
    }
    if (!empty && blank_before) line += ' ';
    line += piece;
    used += columns + (empty || !blank_before ? 0 : 1);
    empty = false;
  };
  for (const auto word : split(text, ' ')) {
    if (word.empty()) continue;
    bool first = true;
    for (const auto piece : pieces_of_word(word)) add(piece, std::exchange(first, false));
  }
}

std::string_view without_blanks_at_end(std::string_view line) {
  const auto last = line.find_last_not_of(' ');
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

}  // namespace

std::string wrap(std::string_view text, std::string_view first, std::string_view rest,
                 std::size_t width, const Measure& measure) {
  std::string out;
  std::string line(first);
  bool first_line = true;
  for (const auto part : split(text, '\n')) {
    if (!first_line) {
      out += line + "\n";
      line = rest;
    }
    wrap_line(part, line, rest, width, measure, out);
    first_line = false;
  }
  return out + line;
}

void PlainText::push_prefix(std::string first, std::string rest) {
  prefixes_.push_back({std::move(first), std::move(rest), false});
}

void PlainText::pop_prefix() { prefixes_.pop_back(); }

void PlainText::push_tight(bool tight) { tight_.push_back(tight); }
void PlainText::pop_tight() { tight_.pop_back(); }

std::string PlainText::take_first_prefix() {
  std::string all;
  for (auto& prefix : prefixes_) {
    all += prefix.used ? prefix.rest : prefix.first;
    prefix.used = true;
  }
  return all;
}

std::string PlainText::rest_prefix() const {
  std::string all;
  for (const auto& prefix : prefixes_) all += prefix.rest;
  return all;
}

void PlainText::begin_block() {
  if (!out_.empty() && !tight()) {
    // Between two blocks of one quote the empty line belongs to it; above a new one it does not.
    std::string shared;
    for (const auto& prefix : prefixes_) {
      if (!prefix.used) break;
      shared += prefix.rest;
    }
    out_ += std::string(without_blanks_at_end(shared)) + "\n";
  }
  for (const auto& [tag, kind] : std::exchange(marks_, {})) out_ += tag;
}

void PlainText::add_lines(std::string_view lines) {
  for (const auto line : split(lines, '\n'))
    out_ += std::string(without_blanks_at_end(line)) + "\n";
}

void PlainText::paragraph(std::string_view text) {
  begin_block();
  const auto first = take_first_prefix();
  add_lines(wrap(text, first, rest_prefix(), text_width, measure_));
}

void PlainText::heading(std::string_view text, int level) {
  if (level <= 2) end_section();
  begin_block();
  const auto wrapped = wrap(text, "", "", text_width, measure_);
  std::size_t width = 0;
  for (const auto line : split(wrapped, '\n')) width = std::max(width, measure_(line));
  auto prefix = take_first_prefix();
  for (const auto line : split(wrapped, '\n')) {
    add_lines(prefix + std::string(line));
    prefix = rest_prefix();
  }
  add_lines(prefix + std::string(width, level == 1 ? '=' : level == 2 ? '-' : '~'));
}

void PlainText::verbatim(std::string_view text) {
  begin_block();
  while (text.ends_with('\n')) text.remove_suffix(1);
  auto prefix = take_first_prefix();
  for (const auto line : split(text, '\n')) {
    add_lines(prefix + "    " + std::string(line));
    prefix = rest_prefix();
  }
}

void PlainText::table(const std::vector<std::vector<std::string>>& rows,
                      const std::vector<Alignment>& alignments) {
  begin_block();
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], measure_(row[i]));
  }
  std::size_t width = measure_(rest_prefix());
  for (const auto column : widths) width += column + 2;
  if (width > text_width + 2 && rows.size() > 1)
    records(rows);
  else
    grid(rows, widths, alignments);
}

void PlainText::grid(const std::vector<std::vector<std::string>>& rows,
                     const std::vector<std::size_t>& widths,
                     const std::vector<Alignment>& alignments) {
  auto prefix = take_first_prefix();
  const auto add_row = [&](const auto& cell) {
    auto line = prefix;
    for (std::size_t i = 0; i < widths.size(); ++i) line += (i > 0 ? "  " : "") + cell(i);
    add_lines(line);
    prefix = rest_prefix();
  };
  for (std::size_t r = 0; r < rows.size(); ++r) {
    add_row([&](std::size_t i) {
      const auto text = i < rows[r].size() ? rows[r][i] : std::string();
      const auto room = widths[i] - measure_(text);
      const auto alignment = i < alignments.size() ? alignments[i] : Alignment::left;
      const auto before = alignment == Alignment::left    ? 0
                          : alignment == Alignment::right ? room
                                                          : room / 2;
      return std::string(before, ' ') + text + std::string(room - before, ' ');
    });
    if (r == 0) add_row([&](std::size_t i) { return std::string(widths[i], '-'); });
  }
}

void PlainText::records(const std::vector<std::vector<std::string>>& rows) {
  auto prefix = take_first_prefix();
  const auto& head = rows.front();
  for (std::size_t r = 1; r < rows.size(); ++r) {
    if (r > 1) add_lines(prefix);
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      if (rows[r][i].empty()) continue;
      const auto name = i < head.size() && !head[i].empty() ? head[i] + ": " : std::string();
      add_lines(wrap(name + rows[r][i], prefix, rest_prefix() + "  ", text_width, measure_));
      prefix = rest_prefix();
    }
  }
}

void PlainText::rule() {
  begin_block();
  add_lines(take_first_prefix() + "* * *");
}

void PlainText::marks(const std::vector<std::pair<std::string, TagKind>>& tags) {
  for (const auto& mark : tags) {
    if (mark.second == TagKind::section || mark.second == TagKind::inverted)
      levels_.emplace_back();
    else if (mark.second == TagKind::close && levels_.size() > 1)
      close_level();
    marks_.push_back(mark);
  }
}

/// Who sees what is around a section need not see what is in it: its addresses may move outwards,
/// never inwards.
void PlainText::close_level() {
  auto inner = std::move(levels_.back());
  levels_.pop_back();
  auto& outer = levels_.back();
  if (inner.targets.size() > outer.targets.size()) std::swap(inner, outer);
  outer.targets.insert(outer.targets.end(), inner.targets.begin(), inner.targets.end());
  outer.numbers.merge(inner.numbers);
}

std::string PlainText::link(std::string_view words, std::string_view target) {
  const auto bare = target.starts_with("mailto:") ? target.substr(7) : target;
  if (target.starts_with('#')) return std::string(words);
  if (words == target || words == bare) return std::string(words);
  // As Markdown's bare www.a.example becomes one.
  if (words.starts_with("www.") && bare == "http://" + std::string(words))
    return std::string(words);
  if (words.empty()) return std::string(bare);
  if (bare.size() <= short_address) return std::string(words) + " <" + std::string(bare) + ">";
  auto number = next_number_;
  for (const auto& level : levels_)
    if (const auto known = level.numbers.find(bare); known != level.numbers.end())
      number = known->second;
  if (number == next_number_) {
    levels_.back().numbers.emplace(bare, next_number_++);
    levels_.back().targets.emplace_back(number, bare);
  }
  return std::string(words) + " [" + std::to_string(number) + "]";
}

/// The addresses come after the marks that close a section, and before those that open one: whoever
/// sees a number must see its address.
void PlainText::end_section() {
  std::size_t place = 0;
  int depth = 0;
  int lowest = 0;
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    const auto kind = marks_[i].second;
    depth += kind == TagKind::section || kind == TagKind::inverted ? 1
             : kind == TagKind::close                              ? -1
                                                                   : 0;
    if (depth > lowest) continue;
    lowest = depth;
    place = i + 1;
  }
  const auto opened = std::min(static_cast<std::size_t>(depth - lowest), levels_.size() - 1);
  const auto level = levels_.size() - 1 - opened;
  if (std::all_of(levels_.begin() + static_cast<std::ptrdiff_t>(level), levels_.end(),
                  [](const Level& at) { return at.targets.empty(); }))
    return;
  for (std::size_t i = 0; i < place; ++i) out_ += marks_[i].first;
  marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(place));
  list_targets(level);
}

/// Of that level and of all within it.
void PlainText::list_targets(std::size_t level) {
  std::vector<std::pair<std::size_t, std::string>> targets;
  for (auto at = level; at < levels_.size(); ++at) {
    targets.insert(targets.end(), levels_[at].targets.begin(), levels_[at].targets.end());
    levels_[at] = {};
  }
  if (targets.empty()) return;
  std::sort(targets.begin(), targets.end());
  out_ += "\n";
  for (const auto& [number, target] : targets)
    out_ += "[" + std::to_string(number) + "] " + target + "\n";
}

std::string PlainText::finish() {
  for (const auto& [tag, kind] : std::exchange(marks_, {})) out_ += tag;
  list_targets(0);
  return std::move(out_);
}

}  // namespace postrider::templates
