#include "templates/images.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/text.h"
#include "templates/html.h"

namespace postrider::templates {

namespace {

std::optional<HtmlAttribute> source_of(const HtmlTag& tag) {
  std::optional<HtmlAttribute> source;
  walk_attributes(tag, [&](const HtmlAttribute& attribute) {
    if (!source && iequals(attribute.name, "src")) source = attribute;
  });
  return source;
}

/// The host of the address; without one a name that nobody has (RFC 2606 §2).
std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const auto host = url.substr(0, url.find_first_of(":/?#"));
  const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
  return plain && !host.empty() ? std::string(host) : "postrider.invalid";
}

}  // namespace

ImageIds image_ids(const Draft& draft, std::string_view base_url) {
  constexpr std::size_t digits = 20;
  const auto host = host_of(base_url);
  ImageIds ids;
  for (const auto& image : draft.images) {
    Sha256Stream hash;
    hash.update(draft.slug);
    hash.update(std::string_view("\0", 1));
    hash.update(image.bytes);
    const auto number = std::to_string(ids.size() + 1);
    ids[image.name] = hex(hash.finish()).substr(0, digits) + "." + number + "@" + host;
  }
  return ids;
}

std::string_view image_name(std::string_view target) {
  if (target.starts_with("./")) target.remove_prefix(2);
  return target;
}

std::string with_image_ids(std::string_view html, const ImageIds& ids,
                           std::set<std::string, std::less<>>& shown) {
  std::string out;
  std::size_t copied = 0;
  walk_html(
      html,
      [&](const HtmlTag& tag) {
        if (tag.name != "img" || tag.closing) return;
        const auto source = source_of(tag);
        if (!source) return;
        const auto target = decode_entities(source->value);
        const auto id = ids.find(image_name(target));
        if (id == ids.end()) return;
        shown.insert(id->first);
        const auto at = static_cast<std::size_t>(source->value.data() - html.data());
        const std::string_view quote = source->quoted ? "" : "\"";
        out += html.substr(copied, at - copied);
        out.append(quote).append("cid:").append(id->second).append(quote);
        copied = at + source->value.size();
      },
      [](std::string_view) {});
  out += html.substr(copied);
  return out;
}

}  // namespace postrider::templates
