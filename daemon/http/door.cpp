#include "daemon/http/door.h"

#include <spdlog/spdlog.h>

namespace postrider::daemon::http {

Response Premises::page(int status, PageId page, std::string_view language,
                        const templates::PageValues& values) const {
  return {status, "text/html; charset=utf-8", pages.html(page, language, values)};
}

Response Premises::try_later(std::string_view language) const {
  return page(503, PageId::try_later, language);
}

Response Premises::not_found(const Request& request) const {
  return page(404, PageId::not_found, pages.choose({}, request.accept_language));
}

Response Premises::gone(PageId id, std::string_view language) const {
  return page(410, id, language, {{{"subscribe_path", subscribe_path}}});
}

void respond_by(const Premises& premises, std::string_view language, const Respond& respond,
                const std::function<Response()>& make) {
  Response response;
  try {
    response = make();
  } catch (const std::exception& error) {
    spdlog::error("http: a page could not be made: {}", error.what());
    response = premises.try_later(language);
  }
  respond(std::move(response));
}

}  // namespace postrider::daemon::http
