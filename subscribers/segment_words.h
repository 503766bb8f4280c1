// The words of a segment's text, with their places. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace postrider::subscribers::segment {

/// Octets of the text.
struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What is wrong, where, before it is made readable.
struct Trouble {
  Place place;
  std::string message;
};

enum class WordKind {
  name,         // country, and, is
  quoted_name,  // "best colour"
  text,         // 'it''s'
  figure,       // begins with a digit, or - and one: a number or a date
  symbol,       // = != < <= > >= ( ) , .
  end,
};

struct Word {
  WordKind kind = WordKind::end;
  std::string text{};  // without quotes
  Place place{};
};

constexpr std::size_t longest_segment = 10'000;  // octets

/// All words, and at last one of kind end. Trouble: too long, no UTF-8, control characters, quotes
/// that are not closed, unknown symbols.
tl::expected<std::vector<Word>, Trouble> words_of(std::string_view text);

}  // namespace postrider::subscribers::segment
