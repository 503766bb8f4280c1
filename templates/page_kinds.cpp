#include "templates/page_kinds.h"

namespace postrider::templates {

std::span<const PageKind> page_kinds() {
  static const std::vector<PageKind> kinds{
      {"unsubscribe", {"list.name"}, true},
      {"unsubscribed", {"list.name"}},
      {"not_found", {}},
      {"try_later", {}},
  };
  return kinds;
}

std::string page_file(std::string_view name) { return std::string(name) + ".html.mustache"; }

}  // namespace postrider::templates
