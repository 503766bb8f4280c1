#include "subscribers/text_source.h"

namespace postrider::subscribers {

namespace {

constexpr std::size_t read_size = 256 * 1024;
constexpr char32_t replacement = 0xFFFD;

void append_utf8(char32_t code, std::string& out) {
  const auto put = [&out](char32_t octet) { out += static_cast<char>(octet); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

bool is_high(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

Result<bool> TextSource::append_to(std::string& out) {
  const auto kept = block_.size();
  block_.resize(kept + read_size);
  in_.read(block_.data() + kept, static_cast<std::streamsize>(read_size));
  block_.resize(kept + static_cast<std::size_t>(in_.gcount()));
  octets_read_ += static_cast<std::uint64_t>(in_.gcount());
  if (in_.bad()) return fail("cannot be read to its end");
  if (encoding_ == Encoding::unknown) find_encoding();
  if (encoding_ == Encoding::utf8) {
    out += block_;
    block_.clear();
  } else {
    convert_utf16(out);
  }
  return static_cast<bool>(in_);
}

void TextSource::find_encoding() {
  const auto begins = [this](std::string_view mark) { return block_.starts_with(mark); };
  encoding_ = Encoding::utf8;
  if (begins("\xEF\xBB\xBF")) block_.erase(0, 3);
  // A list's first letter is a plain one: a NUL beside it is the other half of UTF-16.
  const bool nul_second = block_.size() > 1 && block_[0] != '\0' && block_[1] == '\0';
  const bool nul_first = block_.size() > 1 && block_[0] == '\0' && block_[1] != '\0';
  if (begins("\xFF\xFE") || nul_second) encoding_ = Encoding::utf16_le;
  if (begins("\xFE\xFF") || nul_first) encoding_ = Encoding::utf16_be;
  if (begins("\xFF\xFE") || begins("\xFE\xFF")) block_.erase(0, 2);
}

void TextSource::convert_utf16(std::string& out) {
  const bool little = encoding_ == Encoding::utf16_le;
  const auto octet = [this](std::size_t at) { return static_cast<unsigned char>(block_[at]); };
  std::size_t at = 0;
  for (; at + 1 < block_.size(); at += 2) {
    const char32_t unit = little ? static_cast<char32_t>(octet(at) | (octet(at + 1) << 8))
                                 : static_cast<char32_t>((octet(at) << 8) | octet(at + 1));
    if (high_ != 0 && is_low(unit)) {
      append_utf8(0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00), out);
      high_ = 0;
      continue;
    }
    if (high_ != 0) append_utf8(replacement, out);
    high_ = is_high(unit) ? unit : 0;
    if (high_ == 0) append_utf8(is_low(unit) ? replacement : unit, out);
  }
  block_.erase(0, at);
}

}  // namespace postrider::subscribers
