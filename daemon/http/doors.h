// All of the readers' doors together: which one answers which path.
#pragma once

#include <memory>
#include <string>

#include "base/token.h"
#include "daemon/http/doors/subscribe.h"
#include "daemon/http/members.h"
#include "daemon/http/profiles.h"
#include "daemon/http/proxies.h"
#include "daemon/http/registrar.h"
#include "daemon/http/reviews.h"
#include "daemon/http/server.h"
#include "daemon/http/webhooks.h"

namespace postrider::daemon::http {

struct DoorsOptions {
  std::string publication;  // its name
  std::string language;     // its language
  std::filesystem::path theme_folder;
  /// The path of base_url, "/news"; empty: none. Doors answer below it and without it: some proxies
  /// take it off, some leave it.
  std::string base_path = {};
  TrustedProxies proxies = {};
  SubscribeTerms sign_up = {};
  std::map<std::string, std::string> list_names = {};  // for readers, by key
};

/// What the doors lead to. May be called as long as an answer is awaited, after a reload too.
struct Services {
  std::shared_ptr<Members> members;
  std::shared_ptr<Profiles> profiles;
  std::shared_ptr<Registrar> registrar = {};
  std::shared_ptr<Webhooks> webhooks = {};
  std::shared_ptr<Reviews> reviews = {};
};

/// The handler for the server; 404 where there is no door, 405 where it knows no such method.
/// Errors: a faulty override of a page template or of words.
tl::expected<Handler, Faults> make_doors(DoorsOptions options,
                                         std::shared_ptr<const TokenKeys> keys,
                                         const Services& services);

}  // namespace postrider::daemon::http
