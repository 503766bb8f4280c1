#include "mail/mime.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::mail {

namespace {

constexpr std::size_t room_in_line = 75;  // and one for the = of a soft line break

constexpr std::array<bool, 256> make_literal_table() {
  std::array<bool, 256> table{};
  for (unsigned c = '!'; c <= '~'; ++c) table[c] = c != '=';
  return table;
}

/// Octets that stand for themselves wherever they are, a dot at a line's start aside.
constexpr auto literal = make_literal_table();

bool is_literal(char c) { return literal[static_cast<unsigned char>(c)]; }

class QuotedPrintable {
 public:
  QuotedPrintable(std::string& out, std::size_t& column) : out_(out), column_(column) {}

  void add(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      if (is_literal(text[at])) {
        at = add_run(text, at);
      } else if (text[at] == '\n') {
        end_line();
        ++at;
      } else if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') {
        end_line();
        at += 2;
      } else if (text[at] == ' ' && can_stand(text, at)) {
        make_room(1);
        out_ += ' ';
        ++column_;
        ++at;
      } else {
        add_escaped(text[at++]);
      }
    }
  }

 private:
  /// A blank between two octets that are none: neither the line's last nor the second of two.
  static bool can_stand(std::string_view text, std::size_t at) {
    return at > 0 && at + 1 < text.size() && text[at - 1] != ' ' && text[at - 1] != '\n' &&
           text[at + 1] != '\n' && text[at + 1] != '\r';
  }

  std::size_t add_run(std::string_view text, std::size_t at) {
    make_room(1);
    if (column_ == 0 && text[at] == '.') {
      add_escaped('.');
      return at + 1;
    }
    std::size_t end = at + 1;
    const auto most = at + room_in_line - column_;
    while (end < text.size() && end < most && is_literal(text[end])) ++end;
    out_ += text.substr(at, end - at);
    column_ += end - at;
    return end;
  }

  void add_escaped(char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    make_room(3);
    out_ += '=';
    out_ += digits[byte >> 4];
    out_ += digits[byte & 0x0F];
    column_ += 3;
  }

  void make_room(std::size_t octets) {
    if (column_ + octets <= room_in_line) return;
    out_ += "=\r\n";
    column_ = 0;
  }

  void end_line() {
    out_ += "\r\n";
    column_ = 0;
  }

  std::string& out_;
  std::size_t& column_;
};

}  // namespace

void append_quoted_printable(std::string& out, std::string_view text, std::size_t& column) {
  QuotedPrintable(out, column).add(text);
}

std::string base64_lines(std::string_view bytes) {
  constexpr std::size_t octets_a_line = 57;  // 76 characters
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + bytes.size() / octets_a_line * 2 + 8);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(octets_a_line, bytes.size())))
    out += base64(bytes.substr(0, octets_a_line)) + "\r\n";
  return out;
}

std::string boundary(std::string_view seed, int level) {
  return "=_" + std::to_string(level) + "_" + std::string(seed);
}

}  // namespace postrider::mail
