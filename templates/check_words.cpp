#include "templates/check_words.h"

#include <string>

#include "base/text.h"
#include "templates/letters.h"

namespace postrider::templates {

namespace {

std::u32string characters_of(std::string_view text) {
  std::u32string characters;
  while (!text.empty()) characters += take_character(text);
  return characters;
}

class Search {
 public:
  explicit Search(std::string_view text) : text_(characters_of(text)) {}

  /// The next such word; empty: there is none.
  std::string next() {
    while (at_ < text_.size()) {
      const auto begin = at_;
      while (is_word(at_)) ++at_;
      const auto word = std::u32string_view(text_).substr(begin, at_ - begin);
      if (at_ == begin) ++at_;
      if ((word == U"TK" || word == U"TODO") && !is_glued(begin, begin + word.size()))
        return {word.begin(), word.end()};
    }
    return {};
  }

 private:
  bool is_word(std::size_t at) const { return at < text_.size() && is_word_character(text_[at]); }

  /// A piece of a name: "docs/TODO", "TODO.md".
  bool is_glued(std::size_t begin, std::size_t end) const {
    const bool behind =
        begin > 1 && (text_[begin - 1] == '/' || text_[begin - 1] == '.') && is_word(begin - 2);
    return behind || (end < text_.size() && text_[end] == '.' && is_word(end + 1));
  }

  const std::u32string text_;
  std::size_t at_ = 0;
};

}  // namespace

Faults check_words(const Draft& draft, const Body& body) {
  Faults faults;
  const auto look = [&](std::string_view text, int line, const std::string& where) {
    Search search(text);
    for (auto word = search.next(); !word.empty(); word = search.next())
      faults.push_back({draft.file, line, where, word + " is left in the text"});
  };
  look(draft.title, line_of_key(draft, "title"), "title");
  look(draft.subtitle, line_of_key(draft, "subtitle"), "subtitle");
  for (const auto& passage : body.passages) look(passage.text, passage.line, "");
  return faults;
}

}  // namespace postrider::templates
