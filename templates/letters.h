// Characters of UTF-8 text one by one, and which of them make up words.
#pragma once

#include <string_view>

namespace postrider::templates {

/// Takes the first character off `text`, which is well-formed UTF-8 and not empty.
char32_t take_character(std::string_view& text);

/// Punctuation and blanks outside ASCII: curly quotes, dashes, ellipses, full-width forms.
bool is_foreign_punctuation(char32_t character);

/// A letter or a digit of a script that sets words apart by spaces: what glues to a Latin word.
/// Chinese, Japanese and Korean characters stand directly beside it.
bool is_word_character(char32_t character);

/// Whether a line may end between the two without a blank: between Chinese or Japanese characters,
/// and these and Latin letters or digits, but not before closing nor behind opening punctuation;
/// in Thai before what can begin a syllable, as its words show only to a dictionary.
bool may_break_between(char32_t before, char32_t after);

}  // namespace postrider::templates
