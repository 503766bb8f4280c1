// The tags of a mustache template, with their places: for the lint, for lifting tags out of
// Markdown, and for knowing which depend on the reader. Rendering itself is kainjow's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace postrider::templates {

enum class TagKind { variable, unescaped, section, inverted, close, comment, partial };

struct Tag {
  TagKind kind;
  std::string name;   // "subscriber.name"; empty for a comment
  std::size_t begin;  // octets of the whole tag in the text, braces included
  std::size_t end;
  int line;  // from 1, or from the first_line given
};

/// All tags in order. Faults: a tag that is never closed, a section closed by another's name or
/// never, one closed that was never opened, set-delimiter tags (not supported), an empty name.
tl::expected<std::vector<Tag>, Faults> scan_tags(std::string_view text, std::string_view file,
                                                 int first_line = 1);

/// Whether the tag's value differs between readers: subscriber.*, unsubscribe_url.
bool depends_on_reader(std::string_view name);

/// Whether the value is an address of ours, made by Postrider: unsubscribe_url.
bool is_our_url(std::string_view name);

}  // namespace postrider::templates
