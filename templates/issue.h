// An issue: a draft rendered once for all its readers. What is left in it are mustache tags that
// depend on the reader; templates/message fills those in.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "templates/draft.h"
#include "templates/theme.h"

namespace postrider::templates {

/// What the theme says about the publication. Values are plain text, escaped where they are used.
struct PublicationText {
  std::string name;
  std::string base_url;
  std::string postal_address;
  std::string language;
};

/// A rendered issue, the same for all readers but for the reader's tags that stand in `html` and
/// `text`: {{subscriber.email}}, {{subscriber.name}}, {{subscriber.first_name}},
/// {{subscriber.attributes.X}}, {{unsubscribe_url}} and sections on them, always written without
/// spaces, unescaped forms too ({{{x}}} as {{&x}}). This is what the freeze stores.
struct RenderedIssue {
  std::string subject;        // UTF-8, one line, no tags
  std::string html;           // LF line ends
  std::string text;           // LF line ends
  std::vector<Image> images;  // those the HTML shows, named by their content ids: "…@host"
};

/// Renders the draft with the theme. Faults are errors in draft or theme with file and line.
tl::expected<RenderedIssue, Faults> render_issue(const Draft& draft, const Theme& theme,
                                                 const PublicationText& publication);

}  // namespace postrider::templates
