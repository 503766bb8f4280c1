// Where a value stands in a part: in words, in an attribute, in an address. It decides how the
// value is escaped, and whether it can be escaped at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "templates/mustache.h"

namespace postrider::templates {

enum class PartKind { html, text };

enum class Place {
  html,           // words, or an attribute in quotes
  html_url,       // an attribute in quotes that is an address: href, src, …
  html_unquoted,  // an attribute without quotes: a value could leave it
  html_name,      // the name of a tag or an attribute, or between attributes
  text,
  text_url,  // a word that began as an address
};

/// The places of those octets, which ascend; in time that grows with the text.
std::vector<Place> places_in(std::string_view text, PartKind kind,
                             const std::vector<std::size_t>& octets);

/// The places of a template's tags; what is in a section counts as if it were always there.
std::vector<Place> places_of(std::string_view text, PartKind kind, const std::vector<Tag>& tags);

/// Values of an HTML template that stand where no value can.
Faults misplaced_tags(std::string_view html, const std::vector<Tag>& tags, const std::string& file);

/// The same for a writer's HTML whose tags are lifted and whose first line is that of the file; no
/// section may begin in the name of a tag.
Faults misplaced_tags(const Lifted& lifted, std::string_view html, const std::string& file,
                      int line);

}  // namespace postrider::templates
