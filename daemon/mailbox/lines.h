// What a server sends, line by line, and of IMAP's literals octet by octet. A line ends with CRLF
// or LF. All of it throws Broken as Connection does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/mailbox/connection.h"

namespace postrider::daemon::mailbox {

class Lines {
 public:
  explicit Lines(Connection& connection) : connection_(connection), buffer_(longest_line) {}

  struct Piece {
    std::string_view text;  // good until the next call
    bool ends;              // else more of the same line follows
  };

  /// The next line without its end: whole, or of one that is too long for that a part.
  Piece piece();

  /// The next line, which has to be whole.
  std::string line();

  /// The next `count` octets; of more than `keep`, only the beginning.
  std::string octets(std::uint64_t count, std::size_t keep);

 private:
  static constexpr std::size_t longest_line = 16384;
  std::string_view at_hand() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void receive();

  Connection& connection_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace postrider::daemon::mailbox
