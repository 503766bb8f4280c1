// The readers' pages that there are: each a template of the theme, and what its tags may name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::templates {

/// In the order of `page_kinds`.
enum class PageId : std::uint8_t {
  unsubscribe,
  unsubscribed,
  resubscribe,
  resubscribed,
  resubscribe_over,
  preferences,
  change_address,
  address_changed,
  erase,
  erased,
  link_over,
  subscribe,
  subscribe_sent,
  confirm,
  confirmed,
  confirm_gone,
  approve,
  approved,
  approve_over,
  not_found,
  try_later,
};

struct PageKind {
  std::string_view name;                 // "unsubscribe": of its file, and of its words
  std::vector<std::string_view> values;  // beside those of every page; those inside lists, too
  bool needs_form = false;               // nothing can be done there without one
  std::string_view field = {};           // hidden: what the page's answer is judged by
};

std::span<const PageKind> page_kinds();

/// "unsubscribe.html.mustache".
std::string page_file(std::string_view name);

/// Around every page.
inline constexpr std::string_view page_frame = "page.html.mustache";

}  // namespace postrider::templates
