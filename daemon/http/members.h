// The lists and their readers, as those doors see them that lead out and back in.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/token.h"

namespace postrider::daemon::http {

/// Called on the io_context's thread; must not block on a disk that is slow to write: `leave`
/// answers later.
class Members {
 public:
  virtual ~Members() = default;

  struct Member {
    std::string list;        // the list's name for readers
    std::string language;    // the reader's own; empty: unknown
    bool subscribed = true;  // false: has left that list already
  };

  /// Nothing: no such subscriber or list.
  virtual std::optional<Member> find(const TokenClaims& claims) = 0;

  /// Unsubscribes; idempotent. `done(true)` when it is on disk; `done(false)`: it could not be
  /// written now. Called once.
  virtual void leave(const TokenClaims& claims, std::function<void(bool)> done) = 0;

  /// Empty: all is well; else why nothing can be written, in one line.
  virtual std::string trouble() = 0;
};

}  // namespace postrider::daemon::http
