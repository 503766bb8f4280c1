#include "templates/letters.h"

#include <algorithm>
#include <array>
#include <string_view>

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

constexpr std::array<Range, 6> ideographs{{{0x2E80, 0x30FF},
                                           {0x3100, 0x312F},
                                           {0x31A0, 0xA4CF},
                                           {0xF900, 0xFAFF},
                                           {0xFE30, 0xFFEF},
                                           {0x20000, 0x3FFFD}}};

// JIS X 4051's, and what is small: it belongs to the character before.
constexpr std::u32string_view not_at_line_begin =
    U"、。，．・：；？！ー々〻ヽヾゝゞ゛゜〟〞’”）］｝〕〉》」』】〙〗｠〜～％‰ぁぃぅぇぉっゃゅょゎ"
    U"ゕゖァィゥェォッャュョヮヵヶ"
    U"｡､｣･ｰﾞﾟ\u302A\u302B\u302C\u302D\u302E\u302F\u3099\u309A";
constexpr std::u32string_view not_at_line_end = U"（［｛〔〈《「『【〘〖〝｟｢￥＄＃";

bool is_latin_or_digit(char32_t character) {
  return character < 0x80 && character != '_' && is_word_character(character);
}

// A consonant, or one of the vowels that are written before theirs.
bool begins_thai(char32_t character) {
  return (character >= 0x0E01 && character <= 0x0E2E) ||
         (character >= 0x0E40 && character <= 0x0E44);
}
bool is_thai(char32_t character) { return character >= 0x0E01 && character <= 0x0E5B; }

}  // namespace

bool is_foreign_punctuation(char32_t character) { return within(character, punctuation); }

bool is_word_character(char32_t character) {
  if (character < 0x80)
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_';
  return !within(character, punctuation) && !within(character, without_spaces);
}

bool may_break_between(char32_t before, char32_t after) {
  const bool thai_vowel_before = before >= 0x0E40 && before <= 0x0E44;
  if (is_thai(before) && begins_thai(after)) return !thai_vowel_before;
  const bool wide_before = within(before, ideographs);
  const bool wide_after = within(after, ideographs);
  if (!(wide_before && (wide_after || is_latin_or_digit(after))) &&
      !(wide_after && is_latin_or_digit(before)))
    return false;
  return not_at_line_end.find(before) == std::u32string_view::npos &&
         not_at_line_begin.find(after) == std::u32string_view::npos;
}

}  // namespace postrider::templates
