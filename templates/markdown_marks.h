// Marks that travel through Markdown as HTML comments: section tags that stand alone, and the names
// of headings. No draft can write one by itself, as each holds the word that lifting has made sure
// of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "templates/mustache.h"

namespace postrider::templates {

/// A comment that Markdown takes for a block of its own, in the place of section tags alone on
/// their line.
std::string block_mark(const Lifted& lifted, std::string_view placeholders);

/// Stands first in a heading, for its id.
std::string anchor_mark(const Lifted& lifted, std::string_view anchor);

/// Code that block marks came into, as it was.
std::string without_marks(const Lifted& lifted, std::string_view code);

struct MarkedPiece {
  std::string_view text;  // of a mark: the placeholders
  bool is_mark = false;
};
/// A block of HTML, split at the block marks in it.
std::vector<MarkedPiece> pieces_of(const Lifted& lifted, std::string_view html);

/// cmark's HTML with placeholders for block marks, ids on headings, scopes on a table's head cells
/// (WCAG H63), and without the writer's comments.
std::string with_marks(const Lifted& lifted, std::string_view html);

}  // namespace postrider::templates
