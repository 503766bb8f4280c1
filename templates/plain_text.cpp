#include "templates/plain_text.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postrider::templates {

namespace {

constexpr std::size_t short_address = 40;  // stands beside its words

/// One paragraph line's words; a word that is too long stands alone.
void wrap_line(std::string_view text, std::string& line, std::string_view rest, std::size_t width,
               const Measure& measure, std::string& out) {
  bool empty = true;
  auto used = measure(line);
  for (const auto word : split(text, ' ')) {
    if (word.empty()) continue;
    const auto columns = measure(word);
    if (!empty && used + 1 + columns > width) {
      out += line + "\n";
      line = rest;
      used = measure(line);
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    used += columns + (empty ? 0 : 1);
    empty = false;
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
  out_ += std::exchange(marks_, {});
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

void PlainText::mark(std::string_view tag) { marks_ += tag; }

std::string PlainText::link(std::string_view words, std::string_view target) {
  const auto bare = target.starts_with("mailto:") ? target.substr(7) : target;
  if (target.starts_with('#')) return std::string(words);
  if (words == target || words == bare) return std::string(words);
  if (words.empty()) return std::string(bare);
  if (bare.size() <= short_address) return std::string(words) + " <" + std::string(bare) + ">";
  const auto [known, is_new] = numbers_.try_emplace(std::string(bare), targets_.size());
  if (is_new) targets_.emplace_back(bare);
  const auto number = static_cast<std::size_t>(first_number_) + known->second;
  return std::string(words) + " [" + std::to_string(number) + "]";
}

void PlainText::end_section() {
  if (targets_.empty()) return;
  out_ += std::exchange(marks_, {});
  out_ += "\n";
  for (const auto& target : targets_)
    out_ += "[" + std::to_string(first_number_++) + "] " + target + "\n";
  targets_.clear();
  numbers_.clear();
}

std::string PlainText::finish() {
  end_section();
  out_ += std::exchange(marks_, {});
  return std::move(out_);
}

}  // namespace postrider::templates
