#include "daemon/mailbox/lines.h"

#include <algorithm>
#include <cstring>

namespace postrider::daemon::mailbox {

Lines::Piece Lines::piece() {
  std::size_t seen = 0;  // there is no line end in these
  for (;;) {
    auto text = at_hand();
    if (const auto end = text.find('\n', seen); end != std::string_view::npos) {
      begin_ += end + 1;
      text = text.substr(0, end);
      if (text.ends_with('\r')) text.remove_suffix(1);
      return {text, true};
    }
    seen = text.size();
    if (seen == buffer_.size()) {
      // It may belong to the line's end.
      if (text.ends_with('\r')) text.remove_suffix(1);
      begin_ += text.size();
      return {text, false};
    }
    receive();
  }
}

std::string Lines::line() {
  const auto next = piece();
  if (!next.ends) throw Broken(connection_.peer() + " sends a line without end");
  return std::string(next.text);
}

std::string Lines::octets(std::uint64_t count, std::size_t keep) {
  std::string kept;
  while (count > 0) {
    if (begin_ == end_) receive();
    const auto some = at_hand().substr(0, count);
    kept += some.substr(0, keep - kept.size());
    begin_ += some.size();
    count -= some.size();
  }
  return kept;
}

void Lines::receive() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  end_ += connection_.receive(std::span(buffer_).subspan(end_));
}

}  // namespace postrider::daemon::mailbox
