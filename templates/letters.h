// Which characters make up words.
#pragma once

namespace postrider::templates {

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
