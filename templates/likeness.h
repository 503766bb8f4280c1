// By what an issue is recognised whose draft comes again under another name: the words of its
// title, and a sketch of its text, of bounded size whatever the text's. Both are stored: what makes
// them must not change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "templates/draft.h"

namespace postrider::templates {

/// Of a text: the smallest of the hashes of all runs of five words, in their order. Of a text with
/// fewer runs than `sketched` it says all, of a longer one a sample (Broder 1997, "On the
/// resemblance and containment of documents").
using Sketch = std::vector<std::uint64_t>;

constexpr std::size_t sketched = 256;

struct Likeness {
  std::string title;  // in lower case, its words with blanks between, without punctuation
  Sketch sketch;      // of the body; empty: there are no words
};

/// Of a draft that can be rendered; code, addresses and what the theme adds are left out.
Likeness likeness_of(const Draft& draft);

/// The words of a text, as they are compared: letters and digits in lower case; Chinese and
/// Japanese characters are a word each.
std::vector<std::string> words_of(std::string_view text);

Sketch sketch_of(const std::vector<std::string>& words);

/// How much of what is in one of two texts is in both (Jaccard), from 0 to 1: exact for short ones,
/// else within some hundredths. Without words nothing is alike.
double resemblance(const Sketch& one, const Sketch& other);

}  // namespace postrider::templates
