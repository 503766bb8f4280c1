// Providers that tell what came back, as the door sees it that they come to.
#pragma once

#include <functional>
#include <string_view>

#include "daemon/http/server.h"

namespace postrider::daemon::http {

/// Called on the io_context's thread.
class Webhooks {
 public:
  virtual ~Webhooks() = default;

  /// Whether that provider tells us anything; by its name in paths.
  virtual bool has(std::string_view provider) const = 0;

  /// Called once, now or later, with HTTP's status: 200: it is on disk, or nothing to us; 400, 403
  /// and 413: it is refused; 503: it is to be sent again.
  using Answer = std::function<void(int status)>;
  virtual void tell(std::string_view provider, const Request& request, Answer answer) = 0;
};

}  // namespace postrider::daemon::http
