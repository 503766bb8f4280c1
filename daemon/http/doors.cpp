#include "daemon/http/doors.h"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "daemon/http/pages.h"

namespace postrider::daemon::http {

namespace {

constexpr std::string_view unsubscribe_path = "/unsubscribe/";

class Doors {
 public:
  Doors(std::shared_ptr<const Pages> pages, std::shared_ptr<const TokenKeys> keys, Members& members)
      : pages_(std::move(pages)), keys_(std::move(keys)), members_(members) {}

  void operator()(const Request& request, const Respond& respond) const {
    const auto language = pages_->choose({}, request.accept_language);
    try {
      if (request.path == "/healthz") return respond(health(request));
      if (request.path.starts_with(unsubscribe_path)) return unsubscribe(request, respond);
      respond(page(404, Page::not_found, language));
    } catch (const std::exception& error) {
      spdlog::error("http: a page could not be made: {}", error.what());
      respond(page(503, Page::try_later, language));
    }
  }

 private:
  Response page(int status, Page which, const std::string& language,
                std::string_view list = {}) const {
    return {status, "text/html; charset=utf-8", pages_->html(which, language, list)};
  }

  static Response not_allowed(std::string allow) {
    return {405, "text/plain; charset=utf-8", "This address knows no such method.\n",
            std::move(allow)};
  }

  Response health(const Request& request) const {
    if (request.method != "GET") return not_allowed("GET, HEAD");
    const auto trouble = members_.trouble();
    const auto json = trouble.empty()
                          ? nlohmann::ordered_json{{"status", "ok"}}
                          : nlohmann::ordered_json{{"status", "trouble"}, {"reason", trouble}};
    return {trouble.empty() ? 200 : 503, "application/json",
            json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"};
  }

  /// RFC 8058: a POST is enough, whatever its body says; a GET changes nothing.
  void unsubscribe(const Request& request, const Respond& respond) const {
    const bool is_post = request.method == "POST";
    if (!is_post && request.method != "GET") return respond(not_allowed("GET, HEAD, POST"));
    const auto token = std::string_view(request.path).substr(unsubscribe_path.size());
    const auto claims = keys_->verify(Purpose::unsubscribe, token);
    const auto member = claims ? members_.find(*claims) : std::nullopt;
    const auto language =
        pages_->choose(member ? member->language : std::string(), request.accept_language);
    if (!member) return respond(page(404, Page::not_found, language));
    if (!member->subscribed) return respond(page(200, Page::unsubscribed, language, member->list));
    if (!is_post) return respond(page(200, Page::unsubscribe, language, member->list));
    if (!members_.trouble().empty()) return respond(page(503, Page::try_later, language));
    // The doors may have been replaced by a reload before the answer comes.
    members_.leave(*claims, [doors = *this, respond, language, list = member->list](bool left) {
      respond(left ? doors.page(200, Page::unsubscribed, language, list)
                   : doors.page(503, Page::try_later, language));
    });
  }

  std::shared_ptr<const Pages> pages_;
  std::shared_ptr<const TokenKeys> keys_;
  Members& members_;
};

}  // namespace

tl::expected<Handler, Faults> make_doors(DoorsOptions options,
                                         std::shared_ptr<const TokenKeys> keys, Members& members) {
  auto pages = Pages::load(options.publication, options.language, options.theme_folder);
  if (!pages) return tl::make_unexpected(std::move(pages.error()));
  return Doors(std::make_shared<const Pages>(std::move(*pages)), std::move(keys), members);
}

}  // namespace postrider::daemon::http
