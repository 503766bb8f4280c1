// A draft's body as both parts of a mail. Mustache tags are lifted out before anything is parsed
// and stand in both parts as they were, in canonical form; nothing is filled in yet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "templates/draft.h"
#include "templates/mustache.h"

namespace postrider::templates {

struct Heading {
  int level = 2;
  std::string text;    // plain
  std::string anchor;  // unique in the body
  int line = 0;        // of the draft's file
  // The tags that open and close the sections it stands in: "{{#subscriber.name}}".
  std::string opening = {};
  std::string closing = {};
};

/// A link or an image, for the lint.
struct Reference {
  std::string target;
  std::string text;  // the link's words, the image's alternative text
  bool image = false;
  int line = 0;
};

/// Words of one line, outside code and addresses, for the lint.
struct Passage {
  std::string text;
  int line = 0;
};

/// An element of the writer's own HTML that is not for text: "script".
struct Element {
  std::string name;
  int line = 0;
};

struct Body {
  std::string html;  // structure only; styles come with the theme
  std::string text;  // wrapped at 72 columns
  std::vector<Heading> headings;
  std::vector<Reference> references;
  std::vector<Passage> passages;
  std::vector<Element> elements;
};

/// Faults: of the tags (scan_tags), HTML that never ends, nesting or lines beyond all measure,
/// braces that would become a tag. Takes time in proportion to the draft's size, whatever is in it.
tl::expected<Body, Faults> make_body(const Draft& draft);

/// CommonMark and GFM's tables, strikethrough, autolinks and footnotes, by cmark-gfm.
/// `lifted`: the body without its tags, section tags alone on their lines as block_mark
/// (markdown_marks.h).
tl::expected<Body, Faults> render_markdown(const Lifted& lifted, const std::string& file,
                                           int first_line);

/// A list of the level-2 headings for the text part, each line within the sections of its heading.
/// No line end at its end.
std::string plain_contents(const std::vector<Heading>& headings);

}  // namespace postrider::templates
