// One of the readers' doors: what answers at one address. Doors know tokens, forms and pages, but
// neither sockets nor the database. All run on the io_context's one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/token.h"
#include "daemon/http/form.h"
#include "daemon/http/pages.h"
#include "daemon/http/server.h"

namespace postrider::daemon::http {

/// A request at a door.
struct Visit {
  const Request& request;
  std::string_view rest;            // of the path, behind the door's own: a token
  std::optional<IpAddress> client;  // nothing: nobody knows

  bool is_post() const { return request.method == "POST"; }
};

class Door {
 public:
  virtual ~Door() = default;
  /// "/unsubscribe/" (anything may follow) or "/healthz" (that alone).
  virtual std::string_view path() const = 0;
  /// For the Allow field; whatever is not there gets 405.
  virtual std::string_view methods() const { return "GET, HEAD, POST"; }
  /// Answers once, now or later; an exception is answered as "try later". The visit is gone
  /// afterwards, and a reload may have taken the door: what answers later keeps `premises`.
  virtual void answer(const Visit& visit, const Respond& respond) const = 0;
};

/// What all doors share. Immutable.
struct Premises {
  Pages pages;
  std::shared_ptr<const TokenKeys> keys;
  std::string subscribe_path{};  // seen from a token's page; empty: there is no sign-up

  Response page(int status, PageId page, std::string_view language,
                const templates::PageValues& values = {}) const;
  Response try_later(std::string_view language) const;
  Response not_found(const Request& request) const;
  /// For links that are over for good: those who want the mails may sign up again.
  Response gone(PageId page, std::string_view language) const;
};

/// `respond`s with what `make` makes; where that throws, logs it and says "try later": for answers
/// that come when the door's own call is over.
void respond_by(const Premises& premises, std::string_view language, const Respond& respond,
                const std::function<Response()>& make);

}  // namespace postrider::daemon::http
