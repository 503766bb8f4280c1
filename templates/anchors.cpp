#include "templates/anchors.h"

#include "base/text.h"
#include "templates/letters.h"

namespace postrider::templates {

namespace {

std::string plain_anchor(std::string_view heading) {
  const auto lower = to_lower(heading);
  std::string anchor;
  for (std::string_view rest = lower; !rest.empty();) {
    const auto before = rest;
    const auto character = take_character(rest);
    const bool kept = character >= 0x80 ? !is_foreign_punctuation(character)
                                        : is_word_character(character) || character == '-';
    if (kept)
      anchor += before.substr(0, before.size() - rest.size());
    else if (character == ' ')
      anchor += '-';
  }
  return anchor.empty() ? "section" : anchor;
}

}  // namespace

std::string Anchors::name(std::string_view heading) {
  const auto plain = plain_anchor(heading);
  auto& next = used_.try_emplace(plain, 0).first->second;
  if (next == 0) {
    next = 1;
    return plain;
  }
  for (;;) {
    auto numbered = plain + "-" + std::to_string(next++);
    if (used_.try_emplace(numbered, 1).second) return numbered;
  }
}

void Anchors::take(const std::string& anchor) { used_.try_emplace(anchor, 1); }

}  // namespace postrider::templates
