// A small matcher of phrases: what a regular expression would do, in linear time and with nothing
// that a row of a table could get wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace postrider::mail {

/// A server's text as the patterns see it: lower case without accents, brackets and quotes; each
/// address an `@`, the recipient's own domain a `~`; the codes before each line of a reply away;
/// white space squeezed, with one space at both ends. At most `most_octets` of it.
std::string folded_words(std::string_view text, std::string_view domain);
inline constexpr std::size_t most_octets = 4096;

/// Whether the text begins with the pattern. In a pattern `*` stands for up to 48 octets, `?` for
/// one word, `(a|b|)` for any of these, `{name}` for a group of failure_patterns.h.
bool begins_with_pattern(std::string_view text, std::string_view pattern);

/// Many patterns at once, looked up by their first three octets, which are to be letters.
class PatternIndex {
 public:
  static constexpr std::size_t none = SIZE_MAX;

  explicit PatternIndex(std::vector<std::string_view> patterns);

  /// The first of the patterns that is in the text, at a word's beginning, of those that `counts`
  /// says yes to.
  std::size_t first_in(std::string_view text, const std::function<bool(std::size_t)>& counts) const;

 private:
  std::vector<std::string_view> patterns_;
  std::unordered_map<std::string, std::vector<std::size_t>> starts_;
};

}  // namespace postrider::mail
