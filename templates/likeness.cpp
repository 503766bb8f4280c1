#include "templates/likeness.h"

#include <algorithm>

#include "base/text.h"
#include "templates/body.h"
#include "templates/letters.h"

namespace postrider::templates {

namespace {

constexpr std::size_t words_of_run = 5;

/// Of the scripts that most newsletters are written in; others stay as they are.
char32_t lowered(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (within('A', 'Z')) return c + 0x20;
  if (within(0xC0, 0xDE) && c != 0xD7) return c + 0x20;
  if (within(0x100, 0x137) || within(0x14A, 0x177)) return c | 1;
  if ((within(0x139, 0x148) || within(0x179, 0x17E)) && c % 2 == 1) return c + 1;
  if (within(0x391, 0x3A9)) return c + 0x20;
  if (within(0x410, 0x42F)) return c + 0x20;
  if (within(0x400, 0x40F)) return c + 0x50;
  return c;
}

/// The character that begins `text` goes from there to the word.
char32_t move_character(std::string_view& text, std::string& word) {
  const auto before = text;
  const auto character = take_character(text);
  const auto lower = lowered(character);
  if (lower < 0x80) {
    word += static_cast<char>(lower);
  } else if (lower == character) {
    word += before.substr(0, before.size() - text.size());
  } else {  // all that are lowered here have two octets
    word += static_cast<char>(0xC0 | (lower >> 6));
    word += static_cast<char>(0x80 | (lower & 0x3F));
  }
  return character;
}

/// FNV-1a, and the last step of MurmurHash3, since the smallest ones are to be a fair sample.
std::uint64_t hash_of_run(const std::vector<std::string>& words, std::size_t from, std::size_t to) {
  std::uint64_t hash = 0xCBF29CE484222325;
  const auto take = [&hash](unsigned char octet) { hash = (hash ^ octet) * 0x100000001B3; };
  for (auto at = from; at < to; ++at) {
    for (const char octet : words[at]) take(static_cast<unsigned char>(octet));
    take(' ');
  }
  hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
  hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
  return hash ^ (hash >> 33);
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool goes_on = false;  // the last word does
  while (!text.empty()) {
    std::string letter;
    const auto character = move_character(text, letter);
    const bool in_word = is_word_character(character);
    const bool is_word = !in_word && character >= 0x80 && !is_foreign_punctuation(character);
    if (in_word && goes_on)
      words.back() += letter;
    else if (in_word || is_word)
      words.push_back(letter);
    goes_on = in_word;
  }
  return words;
}

Sketch sketch_of(const std::vector<std::string>& words) {
  Sketch sketch;
  // What is shorter than a run is one.
  for (std::size_t at = 0; at == 0 ? !words.empty() : at + words_of_run <= words.size(); ++at)
    sketch.push_back(hash_of_run(words, at, std::min(at + words_of_run, words.size())));
  std::sort(sketch.begin(), sketch.end());
  sketch.erase(std::unique(sketch.begin(), sketch.end()), sketch.end());
  if (sketch.size() > sketched) sketch.resize(sketched);
  return sketch;
}

double resemblance(const Sketch& one, const Sketch& other) {
  Sketch all;
  std::set_union(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(all));
  if (one.empty() || other.empty()) return 0;
  // Only of the smallest ones of both together is it known whether each text has them.
  if (all.size() > sketched) all.resize(sketched);
  const auto has = [](const Sketch& sketch, std::uint64_t hash) {
    return std::binary_search(sketch.begin(), sketch.end(), hash);
  };
  const auto in_both = std::count_if(all.begin(), all.end(), [&](std::uint64_t hash) {
    return has(one, hash) && has(other, hash);
  });
  return static_cast<double>(in_both) / static_cast<double>(all.size());
}

Likeness likeness_of(const Draft& draft) {
  Likeness likeness{join(words_of(draft.title), " "), {}};
  std::vector<std::string> words;
  if (const auto body = make_body(draft))
    for (const auto& passage : body->passages)
      for (auto& word : words_of(passage.text)) words.push_back(std::move(word));
  likeness.sketch = sketch_of(words);
  return likeness;
}

}  // namespace postrider::templates
