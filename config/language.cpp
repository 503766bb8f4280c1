#include "config/language.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::config {

namespace {

bool is_alpha(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_alnum(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alpha({&c, 1}) || is_digits({&c, 1}); });
}

/// A tag's subtags, in lower case, taken from left to right.
class Subtags {
 public:
  explicit Subtags(std::string_view tag) : lower_(to_lower(tag)), parts_(split(lower_, '-')) {}

  bool at_end() const { return at_ == parts_.size(); }

  /// Takes the next one where it has so many octets and is what `fits` says; empty: it is not.
  std::string_view take(std::size_t least, std::size_t most, bool (*fits)(std::string_view)) {
    if (at_end()) return {};
    const auto part = parts_[at_];
    if (part.size() < least || part.size() > most || !fits(part)) return {};
    ++at_;
    return part;
  }

 private:
  std::string lower_;
  std::vector<std::string_view> parts_;
  std::size_t at_ = 0;
};

bool is_region(std::string_view text) {
  return text.size() == 2 ? is_alpha(text) : is_digits(text);
}

bool is_variant(std::string_view text) {
  return is_alnum(text) && (text.size() >= 5 || is_digits(text.substr(0, 1)));
}

std::string capitalised(std::string_view lower, std::size_t letters) {
  std::string out(lower);
  for (auto& c : std::span(out).first(std::min(letters, out.size())))
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

/// Subtags behind a single letter, of `least` to eight octets each; at least one.
bool take_extension(Subtags& subtags, std::size_t least, std::string& tag) {
  bool any = false;
  for (auto part = subtags.take(least, 8, is_alnum); !part.empty();
       part = subtags.take(least, 8, is_alnum)) {
    tag += "-" + std::string(part);
    any = true;
  }
  return any;
}

/// The tag in its usual case (RFC 5646 §2.1: langtag); empty: it is none.
std::string canonical_tag(std::string_view text) {
  Subtags subtags(text);
  std::string tag(subtags.take(2, 3, is_alpha));
  if (tag.empty()) return {};
  for (int i = 0; i < 3; ++i)
    if (const auto extended = subtags.take(3, 3, is_alpha); !extended.empty())
      tag += "-" + std::string(extended);
  if (const auto script = subtags.take(4, 4, is_alpha); !script.empty())
    tag += "-" + capitalised(script, 1);
  if (const auto region = subtags.take(2, 3, is_region); !region.empty())
    tag += "-" + capitalised(region, 3);
  for (auto variant = subtags.take(4, 8, is_variant); !variant.empty();
       variant = subtags.take(4, 8, is_variant))
    tag += "-" + std::string(variant);
  while (!subtags.at_end()) {
    const auto singleton = subtags.take(1, 1, is_alnum);
    if (singleton.empty()) return {};
    tag += "-" + std::string(singleton);
    if (!take_extension(subtags, singleton == "x" ? 1 : 2, tag)) return {};
  }
  return tag;
}

}  // namespace

Result<std::string> parse_language(std::string_view text) {
  if (auto tag = canonical_tag(text); !tag.empty()) return tag;
  return fail("\"" + printable(cut_utf8(text, 80)) +
              "\" is no language tag; write one such as \"en\" or \"pt-BR\"");
}

std::span<const std::string_view> theme_languages() {
  static constexpr std::array<std::string_view, 7> languages{"ar", "de", "en", "es",
                                                             "fr", "ru", "zh"};
  return languages;
}

bool has_words(std::string_view language, const std::filesystem::path& theme_folder) {
  const auto primary = language.substr(0, language.find('-'));
  const auto built_in = theme_languages();
  if (std::find(built_in.begin(), built_in.end(), primary) != built_in.end()) return true;
  for (const auto name : {primary, language}) {
    std::error_code ignored;
    const auto file = "languages/" + std::string(name) + ".yaml";
    if (std::filesystem::exists(theme_folder / file, ignored)) return true;
  }
  return false;
}

}  // namespace postrider::config
