// A variant of an issue: what its template becomes for all readers for whom the same sections are
// entered, cut where a reader's own values belong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "templates/mustache.h"
#include "templates/places.h"
#include "templates/reader_values.h"

namespace postrider::templates {

/// So many variants of an issue are kept; beyond them each reader's mail is rendered by itself.
constexpr std::size_t most_variants = 64;

/// A piece of fixed text, and the value behind it.
struct Piece {
  std::string fixed;
  std::string value;     // its name, or its text where it is literal; empty: none (the last piece)
  bool literal = false;  // an element of the reader's own list
  Place place = Place::html;
};

/// A part of an issue, ready to be rendered for a variant.
class PartTemplate {
 public:
  /// Faults in its tags are told as one error.
  static Result<PartTemplate> make(std::string text, PartKind kind);

  const std::vector<std::string>& variables() const { return variables_; }
  const std::vector<std::string>& sections() const { return sections_; }

  /// Renders with the sections as they are for this reader; values stay open.
  Result<std::vector<Piece>> render(const ReaderValues& values) const;

 private:
  std::vector<Piece> cut(std::string_view rendered, const std::vector<std::string>& literals) const;
  std::string marker(char kind, std::size_t number) const;
  std::string prepared(const Tag& tag);

  std::string text_;  // values as markers, sections by their numbers
  PartKind kind_ = PartKind::html;
  std::string word_;  // begins each marker; the template has it nowhere
  std::vector<std::string> variables_;
  std::vector<std::string> sections_;
};

/// The value as it is put in at that place; where none can stand, nothing but letters, digits and
/// %.
std::string escaped(std::string_view value, Place place, bool our_url);

}  // namespace postrider::templates
