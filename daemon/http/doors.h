// The readers' doors: which page answers which path. Knows tokens and words, but neither sockets
// nor the database: those come in as Members.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/token.h"
#include "daemon/http/server.h"
#include "templates/theme.h"

namespace postrider::daemon::http {

/// The list and its readers, as the doors see them. Called on the io_context's thread; must not
/// block on a disk that is slow to write: `leave` answers later.
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

  /// Empty: all is well; else why not, in one line.
  virtual std::string trouble() = 0;
};

struct DoorsOptions {
  std::string publication;  // its name
  std::string language;     // its language
  std::filesystem::path theme_folder;
};

/// The handler for the server: GET and POST /unsubscribe/TOKEN, GET /healthz; 404, 405 otherwise.
/// Errors: a faulty override of a page template or of words.
tl::expected<Handler, Faults> make_doors(DoorsOptions options,
                                         std::shared_ptr<const TokenKeys> keys, Members& members);

}  // namespace postrider::daemon::http
