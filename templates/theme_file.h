// A template of a theme, made whole: partials in place, every tag known.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "templates/issue_values.h"
#include "templates/theme.h"

namespace postrider::templates {

/// The text of the theme's file `name` with its partials in it. Adds to `faults`, with file and
/// line: tags that are broken or name nothing known, a partial that is missing, includes itself or
/// nests too deep; the text is then not to be used. `values`: what the tags may name beside the
/// contents, the body and the reader.
std::string whole_template(const Theme& theme, const std::string& name, const Values& values,
                           Faults& faults);

/// The same for a readers' page: "unsubscribe.html.mustache", or their frame, "page.html.mustache".
/// Its tags may name the publication, the language, the page's title, words, those `values`, and in
/// the frame the content.
std::string whole_page(const Theme& theme, const std::string& name,
                       std::span<const std::string_view> values, Faults& faults);

/// The same for a part of a notice's mail: "notice.html.mustache". `values`: all that its tags may
/// name.
std::string whole_notice(const Theme& theme, const std::string& name, const Values& values,
                         Faults& faults);

}  // namespace postrider::templates
