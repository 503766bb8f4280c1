#include "templates/images.h"

#include <optional>

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

}  // namespace

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
