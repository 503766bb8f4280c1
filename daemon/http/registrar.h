// Who lets readers in, as the doors see it that lead to a subscription.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/token.h"
#include "subscribers/sign_up.h"

namespace postrider::daemon::http {

/// Called on the io_context's thread; what has to be written is answered later, on that thread,
/// once; with nothing where it could not be written now.
class Registrar {
 public:
  virtual ~Registrar() = default;

  /// `own_form`: it came by our page, and not too fast.
  virtual void sign_up(subscribers::SignUp sign_up, const std::optional<IpAddress>& client,
                       bool own_form,
                       std::function<void(std::optional<subscribers::SignUpAnswer>)> done) = 0;

  /// What a confirmation's token leads to; changes nothing.
  virtual subscribers::Confirmation look(const TokenClaims& claims) = 0;
  virtual void confirm(const TokenClaims& claims, const std::optional<IpAddress>& client,
                       std::function<void(std::optional<subscribers::Confirmation>)> done) = 0;

  virtual Instant now() const = 0;
  /// Empty: all is well; else why nothing can be written, in one line.
  virtual std::string trouble() = 0;
};

}  // namespace postrider::daemon::http
