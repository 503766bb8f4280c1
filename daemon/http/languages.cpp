#include "daemon/http/languages.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::daemon::http {

namespace {

/// ";q=0.8" in thousandths (RFC 9110 §12.4.2); 1000 where none is said, 0 where it is malformed.
int weight_of(std::string_view parameters) {
  const auto text = trim(parameters);
  if (text.empty()) return 1000;
  if (text.size() < 3 || text.size() > 7 || !iequals(text.substr(0, 2), "q=")) return 0;
  const auto number = text.substr(2);
  if (number[0] != '0' && number[0] != '1') return 0;
  if (number.size() > 1 && number[1] != '.') return 0;
  int weight = (number[0] - '0') * 1000;
  int place = 100;
  for (const char digit : number.substr(std::min<std::size_t>(2, number.size()))) {
    if (digit < '0' || digit > '9') return 0;
    weight += (digit - '0') * place;
    place /= 10;
  }
  return std::min(weight, 1000);
}

}  // namespace

std::optional<std::string> find_language(std::string_view tag, std::span<const std::string> known) {
  for (auto range = trim(tag); !range.empty();) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const auto& name) { return iequals(name, range); });
    if (found != known.end()) return *found;
    const auto hyphen = range.rfind('-');
    range = range.substr(0, hyphen == std::string_view::npos ? 0 : hyphen);
  }
  return {};
}

std::optional<std::string> accepted_language(std::string_view field,
                                             std::span<const std::string> known) {
  std::optional<std::string> best;
  int best_weight = 0;
  for (const auto item : split(field, ',')) {
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto tag = trim(item.substr(0, semicolon));
    const int weight = weight_of(item.substr(std::min(semicolon + 1, item.size())));
    const auto language = find_language(tag, known);
    if (weight <= best_weight || (!language && tag != "*")) continue;
    best = language;
    best_weight = weight;
  }
  return best;
}

}  // namespace postrider::daemon::http
