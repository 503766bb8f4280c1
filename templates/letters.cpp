#include "templates/letters.h"

#include <algorithm>
#include <array>

namespace postrider::templates {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array<Range, 9> punctuation{{{0x80, 0xA9},
                                            {0xAB, 0xB4},
                                            {0xB6, 0xB9},
                                            {0xBB, 0xBF},
                                            {0x2000, 0x206F},
                                            {0x2E00, 0x2E7F},
                                            {0x3000, 0x303F},
                                            {0xFE10, 0xFE6F},
                                            {0xFF01, 0xFF0F}}};

// Hangul, kana, Han, full-width forms and what lies beyond the first plane, emoji among it.
constexpr std::array<Range, 5> without_spaces{
    {{0x1100, 0x11FF}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7FF}, {0xF900, 0xFFEF}, {0x10000, 0x10FFFF}}};

template <std::size_t n>
bool within(char32_t character, const std::array<Range, n>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [character](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

}  // namespace

bool is_foreign_punctuation(char32_t character) { return within(character, punctuation); }

bool is_word_character(char32_t character) {
  if (character < 0x80)
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_';
  return !within(character, punctuation) && !within(character, without_spaces);
}

}  // namespace postrider::templates
