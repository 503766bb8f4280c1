#include "daemon/http/doors.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "base/text.h"
#include "daemon/http/door.h"
#include "daemon/http/doors/approve.h"
#include "daemon/http/doors/change_address.h"
#include "daemon/http/doors/confirm.h"
#include "daemon/http/doors/erase.h"
#include "daemon/http/doors/health.h"
#include "daemon/http/doors/preferences.h"
#include "daemon/http/doors/resubscribe.h"
#include "daemon/http/doors/unsubscribe.h"
#include "daemon/http/doors/webhooks.h"
#include "templates/theme.h"

namespace postrider::daemon::http {

namespace {

using AllDoors = std::vector<std::unique_ptr<const Door>>;

class Doors {
 public:
  Doors(DoorsOptions options, std::shared_ptr<const Premises> premises,
        std::shared_ptr<const AllDoors> all)
      : options_(std::move(options)), premises_(std::move(premises)), all_(std::move(all)) {}

  void operator()(const Request& request, const Respond& respond) const {
    const auto path = below_base(request.path);
    const auto door = std::ranges::find_if(*all_, [&](const auto& d) { return is_at(*d, path); });
    if (door == all_->end()) return respond(premises_->not_found(request));
    if (!knows_method(**door, request.method)) return respond(not_allowed(**door));
    try {
      const auto client = client_of(request.peer, request.forwarded_for, options_.proxies);
      (*door)->answer({request, path.substr((*door)->path().size()), client}, respond);
    } catch (const std::exception& error) {
      spdlog::error("http: a page could not be made: {}", error.what());
      respond(premises_->try_later(premises_->pages.choose({}, request.accept_language)));
    }
  }

 private:
  std::string_view below_base(std::string_view path) const {
    const auto& base = options_.base_path;
    const bool is_below =
        path.size() > base.size() && path.starts_with(base) && path[base.size()] == '/';
    return is_below ? path.substr(base.size()) : path;
  }

  static bool is_at(const Door& door, std::string_view path) {
    return door.path().ends_with('/') ? path.starts_with(door.path()) : path == door.path();
  }

  static bool knows_method(const Door& door, std::string_view method) {
    return std::ranges::any_of(split(door.methods(), ','),
                               [&](std::string_view known) { return trim(known) == method; });
  }

  static Response not_allowed(const Door& door) {
    return {405, "text/plain; charset=utf-8", "This address knows no such method.\n",
            std::string(door.methods())};
  }

  DoorsOptions options_;
  std::shared_ptr<const Premises> premises_;
  std::shared_ptr<const AllDoors> all_;
};

/// What the sign-up page says that one agrees to, by language.
tl::expected<std::map<std::string, std::string>, Faults> consents(
    const DoorsOptions& options, const std::vector<std::string>& languages) {
  std::map<std::string, std::string> texts;
  for (const auto& language : languages) {
    const auto words = templates::load_words(language, options.theme_folder);
    if (!words) return tl::make_unexpected(words.error());
    const auto word = words->find("subscribe_consent");
    if (word != words->end())
      texts[language] = replace_all(word->second, "{{publication.name}}", options.publication);
  }
  return texts;
}

}  // namespace

tl::expected<Handler, Faults> make_doors(DoorsOptions options,
                                         std::shared_ptr<const TokenKeys> keys,
                                         const Services& services) {
  auto pages = Pages::load(options.publication, options.language, options.theme_folder);
  if (!pages) return tl::make_unexpected(std::move(pages.error()));
  const auto premises = std::make_shared<const Premises>(Premises{
      std::move(*pages), std::move(keys), options.sign_up.offers.empty() ? "" : "../subscribe"});
  auto consent = consents(options, premises->pages.languages());
  if (!consent) return tl::make_unexpected(std::move(consent.error()));
  auto sign_up = options.sign_up;
  sign_up.consent = std::move(*consent);
  AllDoors all;
  all.push_back(make_health_door(services.members));
  all.push_back(make_unsubscribe_door(premises, services.members));
  all.push_back(make_subscribe_door(premises, services.registrar, std::move(sign_up)));
  all.push_back(make_confirm_door(premises, services.registrar, options.list_names));
  all.push_back(make_resubscribe_door(premises, services.members));
  all.push_back(make_preferences_door(premises, services.profiles));
  all.push_back(make_change_address_door(premises, services.profiles));
  all.push_back(make_erase_door(premises, services.profiles));
  all.push_back(make_approve_door(premises, services.reviews));
  all.push_back(make_webhooks_door(premises, services.webhooks));
  return Doors(std::move(options), premises, std::make_shared<const AllDoors>(std::move(all)));
}

}  // namespace postrider::daemon::http
