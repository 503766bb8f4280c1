// A message's text as SMTP carries it, with what its sender has to know of it. That is found out
// while it is put together: a piece that all readers share is looked through once, not for each.
#pragma once

#include <string>
#include <string_view>

namespace postrider::mail {

class WireText {
 public:
  WireText() = default;
  /// Any text; looks through all of it.
  WireText(std::string text);  // NOLINT(google-explicit-constructor): a text is a text

  void reserve(std::size_t octets) { text_.reserve(octets); }
  /// Looks through what is added.
  void append(std::string_view text);
  void append(const std::string& text) { append(std::string_view(text)); }
  /// Knows what is added already.
  void append(const WireText& text);

  std::size_t size() const { return text_.size(); }
  const std::string& str() const { return text_; }
  operator std::string_view() const { return text_; }  // NOLINT(google-explicit-constructor)
  std::string take() && { return std::move(text_); }

  /// Whether it can go out between DATA and the final dot as it is: every CR is before an LF and
  /// every LF behind a CR, and no line begins with a dot.
  bool is_plain() const;
  /// Has octets beyond ASCII: BODY=8BITMIME (RFC 6152).
  bool is_eight_bit() const { return eight_bit_; }

  /// The text as it may go out: dots at the beginning of lines doubled (RFC 5321 §4.5.2), lone CR
  /// and LF made CRLF, for to some servers they end a line, and so a message (SMTP smuggling).
  std::string dot_stuffed() const;

 private:
  void join(std::string_view text);

  std::string text_;
  bool plain_ = true;  // but for its first octets and its last one, which depend on what is beside
  bool eight_bit_ = false;
};

}  // namespace postrider::mail
