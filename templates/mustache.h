// The tags of a mustache template, with their places: for the lint, for lifting tags out of
// Markdown, and for knowing which depend on the reader. Rendering itself is kainjow's.
#pragma once

#include <cstddef>
#include <functional>
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
/// never, one closed that was never opened, more than 32 in each other, set-delimiter tags (not
/// supported), an empty name.
tl::expected<std::vector<Tag>, Faults> scan_tags(std::string_view text, std::string_view file,
                                                 int first_line = 1);

/// The tag as Postrider itself writes it: without blanks, {{{x}}} as {{&x}}, comments as nothing.
std::string canonical(const Tag& tag);

/// A text whose tags were taken out and replaced by words of letters and digits, so that Markdown,
/// escaping and another template's rendering leave them alone.
struct Lifted {
  std::string text;
  std::string word = "Qz7tag";
  std::vector<Tag> tags;

  /// What stands in the text for the tag of that number.
  std::string placeholder(std::size_t number) const;
  /// The tags in canonical form instead of their placeholders.
  std::string put_back(std::string_view rendered) const;
};

/// Lifts the tags that `which` says; `tags`: of the text, as scan_tags found them.
Lifted lift(std::string_view text, const std::vector<Tag>& tags,
            const std::function<bool(const Tag&)>& which);

/// Whether the tag's value differs between readers: subscriber.*, unsubscribe_url, preferences_url.
bool depends_on_reader(std::string_view name);

/// Whether the value is an address of ours, made by Postrider: unsubscribe_url, preferences_url.
bool is_our_url(std::string_view name);

}  // namespace postrider::templates
