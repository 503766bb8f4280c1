// A message's text as SMTP carries it, with what its sender has to know of it. That is found out
// while it is put together: a piece that all readers share is looked through once, not for each,
// and is there once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::mail {

class WireText {
 public:
  WireText() = default;
  /// Any text; looks through all of it.
  WireText(std::string text);  // NOLINT(google-explicit-constructor): a text is a text

  /// Looks through what is added.
  void append(std::string_view text);
  void append(const std::string& text) { append(std::string_view(text)); }
  /// Knows what is added already, and shares its longer pieces.
  void append(const WireText& text);

  std::size_t size() const { return size_; }
  std::string str() const;
  /// Its octets in order; views into it and into what it shares, until it is changed or moved.
  std::vector<std::string_view> pieces() const;

  /// Whether it can go out between DATA and the final dot as it is: every CR is before an LF and
  /// every LF behind a CR, and no line begins with a dot.
  bool is_plain() const;
  /// Has octets beyond ASCII: BODY=8BITMIME (RFC 6152).
  bool is_eight_bit() const { return eight_bit_; }
  bool ends_with_line() const { return last_ == "\r\n"; }

  /// The text as it may go out: dots at the beginning of lines doubled (RFC 5321 §4.5.2), lone CR
  /// and LF made CRLF, for to some servers they end a line, and so a message (SMTP smuggling).
  std::string dot_stuffed() const;

 private:
  struct Piece {
    std::shared_ptr<const std::string> shared;  // null: of own_
    std::size_t size;
  };

  void join(std::string_view first, std::string_view last, std::size_t size);
  void add_own(std::string_view text);

  std::string own_;  // pieces that are this text's alone, one behind another
  std::vector<Piece> pieces_;
  std::size_t size_ = 0;
  std::string first_, last_;  // two octets at most
  bool plain_ = true;  // but for its first octets and its last one, which depend on what is beside
  bool eight_bit_ = false;
};

}  // namespace postrider::mail
