#include "templates/check_links.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "templates/html.h"
#include "templates/mustache.h"
#include "templates/variant.h"

namespace postrider::templates {

namespace {

/// Headings, footnotes and the writer's own: id="x", <a name='x'>.
std::set<std::string> places_in(std::string_view html) {
  std::set<std::string> places;
  walk_html(
      html,
      [&](const HtmlTag& tag) {
        places.insert(tag.attribute("id"));
        if (tag.name == "a") places.insert(tag.attribute("name"));
      },
      [](std::string_view) {});
  return places;
}

/// Between // and the first / ? or #: a host, maybe with a user before and a port behind it.
bool has_host(std::string_view address) {
  const auto rest = address.substr(address.find(':') + 1);
  if (!rest.starts_with("//")) return false;
  const auto authority = rest.substr(2, rest.find_first_of("/?#", 2) - 2);
  auto host = authority.substr(authority.rfind('@') + 1);
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  return !host.empty() && authority.find("{{") == std::string_view::npos &&
         authority.find_first_of(" <>\"") == std::string_view::npos;
}

std::string scheme_of(std::string_view address) {
  const auto colon = address.find(':');
  return to_lower(address.substr(0, colon == std::string_view::npos ? 0 : colon));
}

bool is_web(std::string_view address) {
  const auto scheme = scheme_of(address);
  return scheme == "http" || scheme == "https";
}

class LinkCheck {
 public:
  LinkCheck(const Draft& draft, const Body& body, std::string_view html, const Values& values)
      : draft_(draft), values_(values), places_(places_in(html)) {
    for (const auto& reference : body.references)
      if (reference.image) image_lines_.insert(reference.line);
    for (const auto& image : draft.images) images_.insert(image.name);
  }

  void check(const Reference& reference) {
    line_ = reference.line;
    shown_ = "'" + printable(cut_utf8(reference.target, 80)) + "'";
    const auto address = filled(reference.target);
    if (reference.image)
      check_image(reference, address);
    else
      check_link(reference, address);
  }

  Faults faults;

 private:
  void fault(std::string message, Severity severity = Severity::error) {
    faults.push_back({draft_.file, line_, "", std::move(message), severity});
  }

  /// With the values that are the same for all readers.
  std::string filled(const std::string& address) const {
    const auto tags = scan_tags(address, "");
    if (!tags) return address;
    std::string out;
    std::size_t at = 0;
    for (const auto& tag : *tags) {
      const auto value = values_.find(tag.name);
      const bool has_value = tag.kind == TagKind::variable || tag.kind == TagKind::unescaped;
      if (value == values_.end() || !has_value) continue;
      out += address.substr(at, tag.begin - at);
      out += tag.name == "publication.base_url" ? value->second
                                                : escaped(value->second, Place::text_url, false);
      at = tag.end;
    }
    return out + address.substr(at);
  }

  void check_link(const Reference& link, const std::string& address) {
    if (trim(address).empty()) return fault("a link has no address");
    if (trim(link.text).empty() && !image_lines_.contains(line_))
      fault("the link to " + shown_ + " has no words to click on");
    for (const std::string door : {"unsubscribe_url}}", "preferences_url}}"})
      if (address == "{{" + door || address == "{{&" + door) return;
    if (address.starts_with('#')) {
      if (address != "#" && !places_.contains(address.substr(1)))
        fault("the link " + shown_ + " leads to no heading of this issue");
    } else if (scheme_of(address) == "mailto") {
      if (address.ends_with(':')) fault("the link " + shown_ + " names nobody");
    } else if (!is_web(address)) {
      fault("the link " + shown_ +
            " is no address that works in a mail; write https://…, http://… or mailto:…");
    } else if (!has_host(address)) {
      fault("the link " + shown_ + " has no host");
    }
  }

  void check_image(const Reference& image, const std::string& address) {
    if (trim(image.text).empty())
      fault("the image " + shown_ + " has no alternative text", Severity::warning);
    if (is_web(address)) {
      if (!has_host(address)) fault("the address of the image " + shown_ + " has no host");
    } else if (!images_.contains(address.starts_with("./") ? address.substr(2) : address)) {
      fault("the image " + shown_ +
            " is not there; put it beside index.md in the draft's folder, or write https://…");
    }
  }

  const Draft& draft_;
  const Values& values_;
  const std::set<std::string> places_;
  std::set<int> image_lines_;
  std::set<std::string> images_;
  std::string shown_;  // the address in hand
  int line_ = 0;
};

}  // namespace

Faults check_links(const Draft& draft, const Body& body, std::string_view html,
                   const Values& values) {
  LinkCheck links(draft, body, html, values);
  for (const auto& reference : body.references) links.check(reference);
  return std::move(links.faults);
}

}  // namespace postrider::templates
