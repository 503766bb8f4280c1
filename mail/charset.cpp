#include "mail/charset.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iconv.h>
#include <optional>
#include <utility>

#include "base/text.h"

namespace postrider::mail {

namespace {

using std::string_view;

/// Names that iconv lacks, or for which mail means a wider charset than they say (as in the
/// WHATWG's Encoding standard).
constexpr std::array<std::pair<string_view, string_view>, 16> meant{{
    {"ansi_x3.4-1968", "windows-1252"},
    {"ascii", "windows-1252"},
    {"us-ascii", "windows-1252"},
    {"iso-8859-1", "windows-1252"},
    {"latin1", "windows-1252"},
    {"iso-8859-9", "windows-1254"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"gb2312", "gb18030"},
    {"gbk", "gb18030"},
    {"x-gbk", "gb18030"},
    {"cp936", "gb18030"},
    {"shift_jis", "cp932"},
    {"x-sjis", "cp932"},
    {"ks_c_5601-1987", "cp949"},
    {"euc-kr", "cp949"},
    {"unicode-1-1-utf-7", "utf-7"},
}};

/// Nothing but a name reaches iconv_open, which takes paths and options, too.
std::string iconv_name(string_view charset) {
  auto name = to_lower(trim(charset));
  if (name.size() > 40) return {};
  for (const char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
        string_view("-_.:").find(c) == string_view::npos)
      return {};
  for (const auto& [said, wide] : meant)
    if (name == said) return std::string(wide);
  return name;
}

struct Converted {
  std::string text;
  std::size_t unknown = 0;  // octets that became U+FFFD
};

std::optional<Converted> convert(string_view bytes, const std::string& charset) {
  if (charset.empty()) return {};
  const auto descriptor = iconv_open("UTF-8", charset.c_str());
  // iconv_open's own sign of a failure
  if (descriptor == reinterpret_cast<iconv_t>(-1)) return {};  // NOLINT
  Converted out;
  std::array<char, 4096> buffer{};
  auto* from = const_cast<char*>(bytes.data());  // iconv does not write there  NOLINT
  auto left = bytes.size();
  while (left > 0) {
    auto* to = buffer.data();
    auto room = buffer.size();
    const auto done = iconv(descriptor, &from, &left, &to, &room);
    const auto error = errno;
    out.text.append(buffer.data(), buffer.size() - room);
    if (done != static_cast<std::size_t>(-1) || error == E2BIG) continue;
    out.text += "\xEF\xBF\xBD";
    ++out.unknown;
    if (error != EILSEQ) break;  // a character that the end cuts off
    ++from;
    --left;
  }
  iconv_close(descriptor);
  return out;
}

bool high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool between(char c, unsigned char low, unsigned char top) {
  const auto octet = static_cast<unsigned char>(c);
  return octet >= low && octet <= top;
}

/// Bytes of no known charset. Cyrillic is runs of octets from C0 up, in KOI8-R with the small
/// letters below the capitals; Chinese of GB 2312 stands in pairs; in Latin scripts such letters
/// stand alone.
std::string guess(string_view bytes) {
  std::size_t pairs = 0, odd = 0, runs = 0, octets = 0, letters = 0, small_koi = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    if (!high(bytes[at])) {
      ++at;
      continue;
    }
    const auto first = at;
    for (; at < bytes.size() && high(bytes[at]); ++at) {
      ++octets;
      letters += between(bytes[at], 0xC0, 0xFF);
      small_koi += between(bytes[at], 0xC0, 0xDF);
    }
    ++runs;
    for (auto pair = first; pair < at; pair += 2) {
      const bool hanzi =
          pair + 1 < at && between(bytes[pair], 0xA1, 0xF7) && between(bytes[pair + 1], 0xA1, 0xFE);
      ++(hanzi ? pairs : odd);
    }
  }
  const bool long_runs = runs > 0 && octets / runs >= 3;
  if (long_runs && letters * 10 >= octets * 9)
    return small_koi * 2 > letters ? "koi8-r" : "windows-1251";
  if (pairs > 0 && odd == 0) return "gb18030";
  return "windows-1252";
}

/// Whether other charsets' bytes may be taken for it: of what claims to be this, UTF-8 is likelier.
bool takes_any_octet(string_view charset) {
  return charset.starts_with("windows-") || charset.starts_with("iso-8859-") ||
         charset.starts_with("koi8-") || charset.starts_with("cp12");
}

/// Whether it writes other characters than ASCII without an octet above 127.
bool is_shifting(string_view charset) {
  return charset.starts_with("iso-2022-") || charset.starts_with("utf-7") ||
         charset.starts_with("utf-16") || charset.starts_with("utf-32") ||
         charset.starts_with("ucs-") || charset == "hz" || charset == "hz-gb-2312";
}

}  // namespace

std::string to_utf8(string_view bytes, string_view charset) {
  const auto name = iconv_name(charset);
  if (!is_shifting(name)) {
    if (bytes.find("\x1B$") != string_view::npos)
      if (auto japanese = convert(bytes, "iso-2022-jp")) return std::move(japanese->text);
    const bool plain = std::none_of(bytes.begin(), bytes.end(), high);
    const bool unsaid = name.empty() || name == "utf-8" || name == "utf8" || takes_any_octet(name);
    if (plain || (unsaid && is_utf8(bytes))) return std::string(bytes);
  }
  auto said = convert(bytes, name);
  const bool ascii = iequals(trim(charset), "us-ascii") || iequals(trim(charset), "ascii");
  if (said && !ascii && said->unknown <= bytes.size() / 100) return std::move(said->text);
  auto guessed = convert(bytes, guess(bytes));
  return guessed ? std::move(guessed->text) : printable(bytes);
}

}  // namespace postrider::mail
