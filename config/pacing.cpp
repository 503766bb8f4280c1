#include <algorithm>

#include "base/text.h"
#include "config/checks.h"
#include "config/providers.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

constexpr int most_domain_connections = 10'000;

std::vector<std::string> names_of_providers() {
  std::vector<std::string> names;
  for (const auto& provider : providers()) names.emplace_back(provider.name);
  return names;
}

}  // namespace

Domain read_domain(const Section& section, std::string name) {
  Domain domain{.name = std::move(name), .connections = 0, .rate = {}};
  section.read_number("connections", domain.connections, 1, most_domain_connections);
  section.read("rate", domain.rate, parse_rate);
  return domain;
}

Pacing read_pacing(const Section& section) {
  Pacing pacing;
  const auto items = section.texts("providers");
  if (!items) return pacing;
  for (const auto& item : *items) {
    if (item.text == "all")
      pacing.providers = names_of_providers();
    else if (find_provider(item.text))
      pacing.providers.push_back(item.text);
    else
      section.fault_at(item.line, "providers",
                       "\"" + printable(cut_utf8(item.text, 80)) + "\" is unknown; " +
                           suggest(item.text, names_of_providers()) + "; \"all\" is all of them");
  }
  return pacing;
}

}  // namespace postrider::config
