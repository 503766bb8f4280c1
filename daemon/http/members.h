// The lists and their readers, as those doors see them that lead out and back in.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/token.h"
#include "subscribers/way_back.h"

namespace postrider::daemon::http {

using subscribers::way_back_open;
using subscribers::WayBack;

/// Called on the io_context's thread; must not block on a disk that is slow to write: what writes
/// answers later.
class Members {
 public:
  virtual ~Members() = default;

  /// Called once. True: it is on disk; false: it could not be written now.
  using Done = std::function<void(bool)>;

  struct Member {
    std::string list;                     // the list's name for readers
    std::string language;                 // the reader's own; empty: unknown
    bool subscribed = true;               // false: has left that list already
    std::optional<Instant> left_at = {};  // by this door, and nothing has happened since
    bool left_several = false;            // several lists at that moment
    bool on_others = false;               // on other lists, too
  };

  struct Leaving {
    TokenClaims claims;       // context: the issue whose link it was
    bool all = false;         // all lists of the publication
    std::string reason = {};  // one line, or more; empty: none
  };

  /// Called once, with the member as they are now; nothing: no such subscriber or list, or it could
  /// not be written now.
  using Left = std::function<void(bool written, std::optional<Member> member)>;

  struct Returning {
    std::string language;  // the reader's own; empty: unknown
    WayBack way = WayBack::closed;
  };

  virtual Instant now() = 0;

  /// Nothing: no such subscriber or list.
  virtual std::optional<Member> find(const TokenClaims& claims) = 0;

  /// Unsubscribes; idempotent.
  virtual void leave(const Leaving& leaving, Left left) = 0;

  /// `claims`: the list left, 0: all that were left together; and until when it can be taken back.
  /// Nothing: no such subscriber.
  virtual std::optional<Returning> find_return(const TokenClaims& claims) = 0;
  /// Restores what was; idempotent.
  virtual void come_back(const TokenClaims& claims, Done done) = 0;

  /// Empty: all is well; else why nothing can be written, in one line.
  virtual std::string trouble() = 0;
};

}  // namespace postrider::daemon::http
