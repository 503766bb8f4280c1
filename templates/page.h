// A readers' page, made ready once and rendered for each reader without parsing anything.
// Immutable, so safe to share between threads.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "templates/page_kinds.h"
#include "templates/theme.h"

namespace postrider::templates {

/// What a page's tags stand for. Texts are plain and are escaped wherever they stand, in three
/// braces too; so what a stranger typed may be one. A section on a text is entered where it is not
/// empty, one on a list once for each of its elements, whose values come before those around it.
struct PageValues {
  std::map<std::string, std::string, std::less<>> texts = {};
  std::map<std::string, std::vector<PageValues>, std::less<>> lists = {};
};

class Page {
 public:
  /// The page in its frame, in the theme's language. Faults: those of its templates and words.
  static tl::expected<Page, Faults> make(const Theme& theme, const PageKind& kind,
                                         const std::string& publication);

  std::string html(const PageValues& values) const;

 private:
  friend class PagePress;
  enum class Kind : std::uint8_t { text, value, section, inverted };
  struct Piece {
    Kind kind;
    std::string text;     // HTML, or the name of a value
    std::size_t end = 0;  // of a section: the piece behind it
  };
  using Scopes = std::vector<const PageValues*>;  // the outermost first

  void write(std::size_t begin, std::size_t end, Scopes& scopes, std::string& out) const;
  void write_section(const Piece& section, std::size_t begin, Scopes& scopes,
                     std::string& out) const;

  std::vector<Piece> pieces_;
  std::size_t html_octets_ = 0;  // of all texts together
};

/// Escapes for HTML's words and its attributes in quotes. Control characters and broken UTF-8
/// become question marks, but for line ends.
void append_escaped(std::string& html, std::string_view text);

}  // namespace postrider::templates
