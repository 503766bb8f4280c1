#include "base/rate.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace postrider {

namespace {

struct RateUnit {
  std::string_view name;
  Duration period;
};

constexpr std::array<RateUnit, 4> rate_units{{{"s", std::chrono::seconds(1)},
                                              {"min", std::chrono::minutes(1)},
                                              {"h", std::chrono::hours(1)},
                                              {"day", std::chrono::hours(24)}}};
constexpr std::int64_t highest = 1'000'000;

}  // namespace

Result<Rate> parse_rate(std::string_view text) {
  Rate rate;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate.count);
  const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc() && rate.count >= 1 && rate.count <= highest && rest.starts_with('/'))
    for (const auto& [name, period] : rate_units)
      if (rest.substr(1) == name) return Rate{rate.count, period};
  return fail("\"" + printable(cut_utf8(text, 80)) +
              "\" is no rate; write a whole number and a unit, such as \"100/s\", \"60/min\", "
              "\"500/h\" or \"2000/day\"");
}

std::string to_string(const Rate& rate) {
  for (const auto& [name, period] : rate_units)
    if (rate.period == period) return std::to_string(rate.count) + "/" + std::string(name);
  return std::to_string(rate.count) + "/" + to_string(rate.period);
}

}  // namespace postrider
