// What the words that stand for lifted tags mean to plain text: how wide they are, and which lines
// are nothing but section tags.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "templates/mustache.h"

namespace postrider::templates {

/// Columns of the text as readers see it: section tags take none, a value as many as a name.
std::size_t shown_width(const Lifted& lifted, std::string_view text);

/// Whether there is nothing but section tags, comments and blanks, and one of them at least.
bool is_only_marks(const Lifted& lifted, std::string_view text);

struct FoundPlaceholder {
  std::size_t number;  // of its tag, which there is
  std::size_t octets;
};
/// The placeholder that the text begins with.
std::optional<FoundPlaceholder> leading_placeholder(const Lifted& lifted, std::string_view text);

/// Whether a section opens among the text's tags.
bool opens_section(const Lifted& lifted, std::string_view text);

/// The placeholders in the text, one by one, and what each stands for.
std::vector<std::pair<std::string, TagKind>> marks_of(const Lifted& lifted, std::string_view text);

/// The text without its placeholders.
std::string without_placeholders(const Lifted& lifted, std::string_view text);

}  // namespace postrider::templates
