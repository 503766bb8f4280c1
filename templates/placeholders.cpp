#include "templates/placeholders.h"

#include <charconv>
#include <functional>

#include "base/text.h"

namespace postrider::templates {

namespace {

constexpr std::size_t name_width = 12;

/// Calls `on_text` and `on_tag` for the text's pieces, in order.
void walk(const Lifted& lifted, std::string_view text,
          const std::function<void(std::string_view)>& on_text,
          const std::function<void(const Tag&)>& on_tag) {
  for (;;) {
    const auto at = text.find(lifted.word);
    if (at == std::string_view::npos) return on_text(text);
    on_text(text.substr(0, at));
    text.remove_prefix(at);
    const auto found = leading_placeholder(lifted, text);
    text.remove_prefix(found ? found->octets : lifted.word.size());
    if (found) on_tag(lifted.tags[found->number]);
  }
}

bool has_a_value(const Tag& tag) {
  return tag.kind == TagKind::variable || tag.kind == TagKind::unescaped ||
         tag.kind == TagKind::partial;
}

}  // namespace

std::optional<FoundPlaceholder> leading_placeholder(const Lifted& lifted, std::string_view text) {
  if (!text.starts_with(lifted.word)) return {};
  FoundPlaceholder found{0, 0};
  const auto* begin = text.data() + lifted.word.size();
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(begin, end, found.number);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != 'z' ||
      found.number >= lifted.tags.size())
    return {};
  found.octets = static_cast<std::size_t>(read.ptr + 1 - text.data());
  return found;
}

std::size_t shown_width(const Lifted& lifted, std::string_view text) {
  std::size_t width = 0;
  walk(
      lifted, text, [&](std::string_view words) { width += display_width(words); },
      [&](const Tag& tag) { width += has_a_value(tag) ? name_width : 0; });
  return width;
}

bool is_only_marks(const Lifted& lifted, std::string_view text) {
  std::size_t marks = 0;
  bool other = false;
  walk(
      lifted, text, [&](std::string_view words) { other = other || !trim(words).empty(); },
      [&](const Tag& tag) {
        other = other || has_a_value(tag);
        ++marks;
      });
  return !other && marks > 0;
}

bool opens_section(const Lifted& lifted, std::string_view text) {
  bool opens = false;
  walk(
      lifted, text, [](std::string_view) {},
      [&](const Tag& tag) {
        opens = opens || tag.kind == TagKind::section || tag.kind == TagKind::inverted;
      });
  return opens;
}

std::vector<std::pair<std::string, TagKind>> marks_of(const Lifted& lifted, std::string_view text) {
  std::vector<std::pair<std::string, TagKind>> marks;
  walk(
      lifted, text, [](std::string_view) {},
      [&](const Tag& tag) {
        const auto number = static_cast<std::size_t>(&tag - lifted.tags.data());
        marks.emplace_back(lifted.placeholder(number), tag.kind);
      });
  return marks;
}

std::string without_placeholders(const Lifted& lifted, std::string_view text) {
  std::string out;
  walk(lifted, text, [&](std::string_view words) { out += words; }, [](const Tag&) {});
  return out;
}

}  // namespace postrider::templates
