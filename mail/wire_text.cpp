#include "mail/wire_text.h"

#include <algorithm>
#include <utility>

namespace postrider::mail {

namespace {

/// Whether all but the first octets and the last one is as it may go out.
bool is_plain_inside(std::string_view text) {
  std::ptrdiff_t lines = 0;
  for (auto at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 == text.size()) break;  // depends on what follows
    if (text[at + 1] != '\n' || (at + 2 < text.size() && text[at + 2] == '.')) return false;
    ++lines;
  }
  // Each LF was counted but for one at the beginning, which depends on what goes before.
  return std::count(text.begin(), text.end(), '\n') - (text.starts_with('\n') ? 1 : 0) == lines;
}

bool has_eight_bits(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all >= 0x80;
}

}  // namespace

WireText::WireText(std::string text)
    : text_(std::move(text)), plain_(is_plain_inside(text_)), eight_bit_(has_eight_bits(text_)) {}

/// What the seam makes of two texts.
void WireText::join(std::string_view text) {
  if (text_.empty() || text.empty()) return;
  const bool cr = text_.ends_with('\r');
  if (cr != text.starts_with('\n')) plain_ = false;
  if (cr && text.starts_with("\n.")) plain_ = false;
  if (text_.ends_with('\n') && text.starts_with('.')) plain_ = false;
}

void WireText::append(std::string_view text) {
  join(text);
  plain_ = plain_ && is_plain_inside(text);
  eight_bit_ = eight_bit_ || has_eight_bits(text);
  text_ += text;
}

void WireText::append(const WireText& text) {
  join(text.text_);
  plain_ = plain_ && text.plain_;
  eight_bit_ = eight_bit_ || text.eight_bit_;
  text_ += text.text_;
}

bool WireText::is_plain() const {
  return plain_ && !text_.starts_with('.') && !text_.starts_with('\n') && !text_.ends_with('\r');
}

std::string WireText::dot_stuffed() const {
  std::string out;
  out.reserve(text_.size() + 64);
  bool line_begins = true;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == '\r' || c == '\n') {
      out += "\r\n";
      if (c == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n') ++i;
      line_begins = true;
      continue;
    }
    if (line_begins && c == '.') out += '.';
    out += c;
    line_begins = false;
  }
  return out;
}

}  // namespace postrider::mail
