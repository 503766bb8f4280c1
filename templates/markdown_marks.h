// Marks that travel through Markdown: as HTML comments section tags that stand alone and the names
// of headings, as a word each < before a tag, which Markdown would take for HTML's. No draft can
// write one by itself, as each holds the word that lifting has made sure of.
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

/// The lifted text with a word for each < that would make an HTML tag of a mustache tag.
std::string with_angle_marks(const Lifted& lifted);

/// The text with < for those words, as it was.
std::string with_angles(const Lifted& lifted, std::string_view text);

/// The same for a link's address, which may stand between < and >.
std::string address_with_angles(const Lifted& lifted, std::string_view address);

/// A text cut at the addresses of ours that stand in it between < and >.
struct AnglePiece {
  std::string text;  // of an address: its placeholder
  bool is_address = false;
};
std::vector<AnglePiece> angle_pieces(const Lifted& lifted, std::string_view text);

/// Code that marks came into, as it was.
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
