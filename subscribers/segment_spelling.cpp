#include "subscribers/segment_spelling.h"

#include "base/text.h"
#include "subscribers/segment_words.h"

namespace postrider::subscribers::segment {

namespace {

/// segment ( 'name' )
bool is_saved(const std::vector<Word>& words, std::size_t at) {
  return at + 3 < words.size() && words[at].kind == WordKind::name && words[at].text == "segment" &&
         words[at + 1].kind == WordKind::symbol && words[at + 1].text == "(" &&
         words[at + 2].kind == WordKind::text;
}

/// A text with others in the places of their names.
std::string with_saved(std::string_view text, const Terms& terms) {
  const auto words = words_of(text).value();
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (!is_saved(words, at)) continue;
    out += text.substr(from, words[at].place.begin - from);
    out += "(" + with_saved(trim(terms.saved.at(words[at + 2].text)), terms) + ")";
    from = words[at + 3].place.end;
  }
  return out += text.substr(from);
}

}  // namespace

std::string spelled_out(std::string_view text, const Terms& terms) {
  const auto saved = terms.saved.find(std::string(trim(text)));
  return with_saved(saved == terms.saved.end() ? trim(text) : trim(saved->second), terms);
}

}  // namespace postrider::subscribers::segment
