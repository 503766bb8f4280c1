#include "subscribers/formats/platform.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::subscribers {

const std::array<const Platform*, 8>& known_platforms() {
  static const std::array<const Platform*, 8> all{
      &substack_platform(),   &mailchimp_platform(), &ghost_platform(),   &listmonk_platform(),
      &buttondown_platform(), &keila_platform(),     &beehiiv_platform(), &postrider_platform()};
  return all;
}

const Platform& platform(Format format) {
  for (const auto* known : known_platforms())
    if (known->format == format) return *known;
  return csv_platform();
}

std::string simplified(std::string_view column) {
  auto text = to_lower(trim(column));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string bare(std::string_view text) {
  auto letters = to_lower(text);
  std::erase_if(letters, [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
    return !letter && !(c >= '0' && c <= '9');
  });
  return letters;
}

}  // namespace postrider::subscribers
