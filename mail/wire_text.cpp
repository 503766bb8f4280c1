#include "mail/wire_text.h"

#include <algorithm>
#include <utility>

namespace postrider::mail {

namespace {

constexpr std::size_t worth_sharing = 1024;  // a shorter piece is sooner copied

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
    : size_(text.size()),
      first_(text.substr(0, 2)),
      last_(text.substr(text.size() - std::min<std::size_t>(text.size(), 2))),
      plain_(is_plain_inside(text)),
      eight_bit_(has_eight_bits(text)) {
  if (size_ >= worth_sharing)
    pieces_.push_back({std::make_shared<const std::string>(std::move(text)), size_});
  else
    add_own(text);
}

/// What the seam makes of two texts; `first` and `last` of the added one.
void WireText::join(std::string_view first, std::string_view last, std::size_t size) {
  if (size == 0) return;
  if (size_ > 0) {
    const bool cr = last_.ends_with('\r');
    if (cr != first.starts_with('\n')) plain_ = false;
    if (cr && first.starts_with("\n.")) plain_ = false;
    if (last_.ends_with('\n') && first.starts_with('.')) plain_ = false;
  }
  if (size_ < 2) first_ = (first_ + std::string(first)).substr(0, 2);
  last_ += last;
  last_.erase(0, last_.size() - std::min<std::size_t>(last_.size(), 2));
  size_ += size;
}

void WireText::add_own(std::string_view text) {
  if (text.empty()) return;
  own_ += text;
  if (pieces_.empty() || pieces_.back().shared)
    pieces_.push_back({nullptr, text.size()});
  else
    pieces_.back().size += text.size();
}

void WireText::append(std::string_view text) {
  join(text.substr(0, 2), text.substr(text.size() - std::min<std::size_t>(text.size(), 2)),
       text.size());
  plain_ = plain_ && is_plain_inside(text);
  eight_bit_ = eight_bit_ || has_eight_bits(text);
  add_own(text);
}

void WireText::append(const WireText& text) {
  join(text.first_, text.last_, text.size_);
  plain_ = plain_ && text.plain_;
  eight_bit_ = eight_bit_ || text.eight_bit_;
  std::string_view own = text.own_;
  for (const auto& [shared, size] : text.pieces_) {
    if (shared) {
      pieces_.push_back({shared, size});
    } else {
      add_own(own.substr(0, size));
      own.remove_prefix(size);
    }
  }
}

std::vector<std::string_view> WireText::pieces() const {
  std::vector<std::string_view> all;
  all.reserve(pieces_.size());
  std::string_view own = own_;
  for (const auto& [shared, size] : pieces_) {
    all.push_back(shared ? std::string_view(*shared) : own.substr(0, size));
    if (!shared) own.remove_prefix(size);
  }
  return all;
}

std::string WireText::str() const {
  std::string all;
  all.reserve(size_);
  for (const auto piece : pieces()) all += piece;
  return all;
}

bool WireText::is_plain() const {
  return plain_ && !first_.starts_with('.') && !first_.starts_with('\n') && !last_.ends_with('\r');
}

std::string WireText::dot_stuffed() const {
  const auto text = str();
  std::string out;
  out.reserve(text.size() + 64);
  bool line_begins = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' || c == '\n') {
      out += "\r\n";
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
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
