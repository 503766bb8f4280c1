// The fetching of an access token beside a sender thread, which must not wait for a command. All
// members are called on that thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "queue/access_token.h"

namespace postrider::queue {

class TokenFetch {
 public:
  explicit TokenFetch(std::shared_ptr<TokenKeeper> keeper);
  /// Ends what is under way, and waits for that.
  ~TokenFetch();
  TokenFetch(const TokenFetch&) = delete;
  TokenFetch& operator=(const TokenFetch&) = delete;

  /// As of TokenKeeper::fetch; nothing new where one is under way.
  void start(const std::string& refused);
  /// An eventfd, readable when one has come to its end.
  int fd() const { return ended_; }
  /// What came of it; nothing: none was under way.
  std::optional<Result<std::string>> take();

 private:
  const std::shared_ptr<TokenKeeper> keeper_;
  const int ended_;
  Result<std::string> token_ = std::string();  // the thread's until it is joined
  std::jthread thread_;
};

}  // namespace postrider::queue
