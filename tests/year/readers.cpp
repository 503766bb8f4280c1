#include "year/readers.h"

#include <charconv>

namespace postrider::year {

namespace {

// On both sides of the date line, with and without summer time, and with odd offsets.
constexpr std::array zones{"America/New_York", "America/Los_Angeles", "America/Sao_Paulo",
                           "Europe/Berlin",    "Europe/London",       "Africa/Cairo",
                           "Asia/Kolkata",     "Asia/Tokyo",          "Australia/Sydney",
                           "Pacific/Auckland"};

constexpr std::size_t domains = 12;

}  // namespace

std::size_t Readers::make() {
  const auto number = all_.size();
  Reader reader;
  reader.email =
      "r" + std::to_string(number) + "@d" + std::to_string(number % domains) + ".example";
  reader.key = "k" + std::to_string(number);
  reader.zone = zones[number % zones.size()];
  all_.push_back(std::move(reader));
  return number;
}

std::optional<std::size_t> Readers::find(std::string_view email) const {
  std::size_t number = 0;
  if (email.empty() || email[0] != 'r') return {};
  std::from_chars(email.data() + 1, email.data() + email.size(), number);
  if (number >= all_.size() || all_[number].email != email) return {};
  return number;
}

void Readers::join(std::size_t number, std::size_t list) {
  auto& reader = all_[number];
  if (reader.suppressed || reader.standing[list] == Standing::left) return;
  reader.standing[list] = Standing::confirmed;
}

std::map<std::string, long> Readers::excluded(std::size_t list) const {
  std::map<std::string, long> reasons;
  for (const auto& reader : all_) {
    if (reader.standing[list] == Standing::none) continue;
    if (reader.suppressed)
      ++reasons["suppressed"];
    else if (reader.standing[list] == Standing::left)
      ++reasons["unsubscribed"];
  }
  return reasons;
}

}  // namespace postrider::year
