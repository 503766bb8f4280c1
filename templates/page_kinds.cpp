#include "templates/page_kinds.h"

namespace postrider::templates {

std::span<const PageKind> page_kinds() {
  static const std::vector<PageKind> kinds{
      {"unsubscribe", {"list.name", "on_others"}, true},
      {"unsubscribed", {"list.name", "on_others", "left_several", "undo_path"}},
      {"resubscribe", {}, true},
      {"resubscribed", {}},
      {"resubscribe_over", {"subscribe_path"}},
      {"preferences",
       {"subscriber.email", "subscriber.name", "subscriber.time_zone", "paused_until", "new_email",
        "shown", "lists", "list.name", "languages", "key", "name", "chosen", "saved", "mailed",
        "problem", "form_stale", "time_zone_problem", "pause_problem", "address_problem"},
       true,
       "shown"},
      {"change_address", {"subscriber.email"}, true},
      {"address_changed", {"subscriber.email"}},
      {"erase", {}, true},
      {"erased", {}},
      {"link_over", {}},
      {"subscribe",
       {"form",          "email",        "name",
        "lists",         "key",          "list.name",
        "chosen",        "one_list",     "several_lists",
        "problem",       "form_stale",   "limited",
        "list_problem",  "list_missing", "email_problem",
        "email_missing", "email_bad",    "email_disposable",
        "name_problem",  "name_long",    "name_link"},
       true},
      {"subscribe_sent", {}},
      {"confirm", {"list.name"}, true},
      {"confirmed", {"list.name"}},
      {"confirm_gone", {"subscribe_path"}},
      {"approve", {"issue.title", "version", "readers", "segment", "time", "at_once"}, true},
      {"approved", {"issue.title", "version", "by"}},
      {"approve_over", {}},
      {"not_found", {}},
      {"try_later", {}},
  };
  return kinds;
}

std::string page_file(std::string_view name) { return std::string(name) + ".html.mustache"; }

}  // namespace postrider::templates
