// A server's reply to an SMTP command (RFC 5321 §4.2) with its enhanced status code (RFC 3463),
// and a reader that takes replies from a stream of bytes.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::mail {

struct Reply {
  int code = 0;          // 200..599; 0: no reply came
  std::string enhanced;  // "5.1.1"; empty where the server gave none
  std::string text;  // all lines joined by a space, without codes; printable, at most 512 octets

  bool positive() const { return code >= 200 && code < 300; }
  bool intermediate() const { return code >= 300 && code < 400; }
  bool temporary() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500 && code < 600; }

  /// "550 5.1.1 no such user"
  std::string str() const;
  bool operator==(const Reply&) const = default;
};

/// Takes bytes as they come and gives whole replies, in order.
class ReplyReader {
 public:
  static constexpr std::size_t longest_line = 4096;  // RFC 5321 says 512; servers exceed it
  static constexpr int most_lines = 128;

  /// False: what came is no SMTP reply, or exceeds the limits; the stream is useless from there on.
  bool feed(std::string_view bytes);

  std::optional<Reply> next();

 private:
  bool take_line(std::string_view line);

  std::string partial_;
  Reply current_;
  int lines_ = 0;
  bool broken_ = false;
  std::deque<Reply> ready_;
};

}  // namespace postrider::mail
