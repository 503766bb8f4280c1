// Which characters make up words.
#pragma once

namespace postrider::templates {

/// Punctuation and blanks outside ASCII: curly quotes, dashes, ellipses, full-width forms.
bool is_foreign_punctuation(char32_t character);

/// A letter or a digit of a script that sets words apart by spaces: what glues to a Latin word.
/// Chinese, Japanese and Korean characters stand directly beside it.
bool is_word_character(char32_t character);

}  // namespace postrider::templates
