#include "daemon/difference.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/hash.h"
#include "base/text.h"

namespace postrider::daemon {

namespace {

constexpr std::size_t context_lines = 3;
constexpr std::size_t most_compared = 4'000'000;  // pairs of lines

/// A line of the difference: its sign, and the text.
struct Line {
  char sign;
  std::string text;
};

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view text) {
  if (text.empty()) return {};
  if (text.ends_with('\n')) text.remove_suffix(1);
  Lines lines;
  for (const auto line : split(text, '\n')) lines.emplace_back(line);
  return lines;
}

/// Between what both have in common at their beginning and end: the longest common run of lines
/// stays, by the textbook's table.
void compare(std::span<const std::string> before, std::span<const std::string> after,
             std::vector<Line>& all) {
  const auto rows = before.size() + 1, columns = after.size() + 1;
  std::vector<std::uint32_t> common;
  if (before.size() * after.size() <= most_compared) {
    common.resize(rows * columns);
    for (auto i = before.size(); i-- > 0;)
      for (auto j = after.size(); j-- > 0;)
        common[i * columns + j] = before[i] == after[j] ? common[(i + 1) * columns + j + 1] + 1
                                                        : std::max(common[(i + 1) * columns + j],
                                                                   common[i * columns + j + 1]);
  }
  std::size_t i = 0, j = 0;
  while (i < before.size() || j < after.size()) {
    const bool both = i < before.size() && j < after.size();
    if (both && !common.empty() && before[i] == after[j]) {
      all.push_back({' ', before[i++]});
      ++j;
    } else if (i < before.size() &&
               (!both || common.empty() ||
                common[(i + 1) * columns + j] >= common[i * columns + j + 1])) {
      all.push_back({'-', before[i++]});
    } else {
      all.push_back({'+', after[j++]});
    }
  }
}

std::vector<Line> all_lines(const Lines& before, const Lines& after) {
  std::size_t head = 0;
  while (head < std::min(before.size(), after.size()) && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail < std::min(before.size(), after.size()) - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  std::vector<Line> all;
  for (std::size_t i = 0; i < head; ++i) all.push_back({' ', before[i]});
  compare(std::span(before).subspan(head, before.size() - head - tail),
          std::span(after).subspan(head, after.size() - head - tail), all);
  for (auto i = before.size() - tail; i < before.size(); ++i) all.push_back({' ', before[i]});
  return all;
}

/// "12,3", "12" of one line; a part without lines stands behind the line before it.
std::string range(std::size_t first, std::size_t count) {
  if (count == 1) return std::to_string(first);
  return std::to_string(count == 0 ? first - 1 : first) + "," + std::to_string(count);
}

std::string head_of(const templates::RenderedIssue& issue) {
  auto head = "Subject: " + issue.subject + "\n";
  for (const auto& image : issue.images)
    head += "Image: " + image.name.substr(0, image.name.find('@')) + ", " +
            with_thousands(static_cast<std::int64_t>(image.bytes.size())) + " octets, SHA-256 " +
            hex(sha256(image.bytes)).substr(0, 12) + "\n";
  return head + "\n";
}

}  // namespace

std::vector<std::string> unified_difference(std::string_view before, std::string_view after) {
  const auto all = all_lines(lines_of(before), lines_of(after));
  const auto changed = [](const Line& line) { return line.sign != ' '; };
  std::vector<std::string> told;
  std::size_t old_line = 1, new_line = 1, at = 0;
  while (at < all.size()) {
    const auto next = static_cast<std::size_t>(
        std::find_if(all.begin() + static_cast<std::ptrdiff_t>(at), all.end(), changed) -
        all.begin());
    if (next == all.size()) break;
    const auto begin = std::max(at, next - std::min(next, context_lines));
    old_line += begin - at;
    new_line += begin - at;
    // As long as the next change is near.
    auto end = next;
    for (auto look = next; look < std::min(all.size(), end + 2 * context_lines + 1); ++look)
      if (changed(all[look])) end = look + 1;
    end = std::min(end + context_lines, all.size());
    std::size_t old_count = 0, new_count = 0;
    for (auto i = begin; i < end; ++i) {
      if (all[i].sign != '+') ++old_count;
      if (all[i].sign != '-') ++new_count;
    }
    told.push_back("@@ -" + range(old_line, old_count) + " +" + range(new_line, new_count) + " @@");
    for (auto i = begin; i < end; ++i) told.push_back(all[i].sign + all[i].text);
    old_line += old_count;
    new_line += new_count;
    at = end;
  }
  return told;
}

std::vector<std::string> difference(const templates::RenderedIssue& before,
                                    const templates::RenderedIssue& after) {
  auto told = unified_difference(head_of(before) + before.text, head_of(after) + after.text);
  if (!told.empty() || before.html == after.html) return told;
  told = unified_difference(before.html, after.html);
  told.insert(told.begin(), "The HTML part alone differs:");
  return told;
}

}  // namespace postrider::daemon
