#include "mail/reply.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postrider::mail {

namespace {

constexpr std::size_t longest_text = 512;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The length of "5.1.1" at the text's beginning, where a blank or the end follows; 0: none
/// (RFC 3463 §2: class 2, 4 or 5, then two numbers of up to three digits).
std::size_t enhanced_length(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5')) return 0;
  std::size_t at = 1;
  for (int part = 0; part < 2; ++part) {
    if (at >= text.size() || text[at] != '.') return 0;
    const auto first = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == first || at - first > 3) return 0;
  }
  return at == text.size() || text[at] == ' ' ? at : 0;
}

}  // namespace

std::string Reply::str() const {
  std::string line = code > 0 ? std::to_string(code) : "";
  for (const auto& part : {enhanced, text})
    if (!part.empty()) line += (line.empty() ? "" : " ") + part;
  return line;
}

bool ReplyReader::feed(std::string_view bytes) {
  while (!bytes.empty() && !broken_) {
    const auto end = bytes.find('\n');
    partial_ += bytes.substr(0, end);
    if (partial_.size() > longest_line) broken_ = true;
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    if (!partial_.empty() && partial_.back() == '\r') partial_.pop_back();
    if (!broken_ && !take_line(partial_)) broken_ = true;
    partial_.clear();
  }
  return !broken_;
}

bool ReplyReader::take_line(std::string_view line) {
  // Reply-line = code [ SP text ] | code "-" text (RFC 5321 §4.2)
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return false;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (code < 200 || code > 599) return false;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return false;
  if (lines_ > 0 && code != current_.code) return false;
  if (++lines_ > most_lines) return false;
  current_.code = code;
  auto text = line.substr(std::min<std::size_t>(line.size(), 4));
  if (const auto length = enhanced_length(text); length > 0) {
    if (current_.enhanced.empty()) current_.enhanced = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  if (!text.empty() && current_.text.size() < longest_text)
    current_.text += (current_.text.empty() ? "" : " ") + std::string(text);
  if (line.size() > 3 && line[3] == '-') return true;
  current_.text = cut_utf8(printable(current_.text), longest_text);
  ready_.push_back(std::exchange(current_, {}));
  lines_ = 0;
  return true;
}

std::optional<Reply> ReplyReader::next() {
  if (ready_.empty()) return {};
  auto reply = std::move(ready_.front());
  ready_.pop_front();
  return reply;
}

}  // namespace postrider::mail
