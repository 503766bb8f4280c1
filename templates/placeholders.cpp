#include "templates/placeholders.h"

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
    text.remove_prefix(at + lifted.word.size());
    std::size_t number = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      number = number * 10 + static_cast<std::size_t>(text.front() - '0');
      text.remove_prefix(1);
    }
    if (text.starts_with('z')) text.remove_prefix(1);
    if (number < lifted.tags.size()) on_tag(lifted.tags[number]);
  }
}

bool has_a_value(const Tag& tag) {
  return tag.kind == TagKind::variable || tag.kind == TagKind::unescaped ||
         tag.kind == TagKind::partial;
}

}  // namespace

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
