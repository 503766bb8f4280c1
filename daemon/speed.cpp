#include "daemon/speed.h"

namespace postrider::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto span = 10s;

}  // namespace

void Speed::observe(const std::string& slug, std::int64_t settled, Steady::time_point now) {
  auto& samples = samples_[slug];
  if (!samples.empty() && settled < samples.back().settled) samples.clear();
  samples.push_back({now, settled});
  while (samples.size() > 2 && samples[1].at <= now - span) samples.pop_front();
}

void Speed::tidy(Steady::time_point now) {
  std::erase_if(samples_, [now](const auto& one) { return one.second.back().at < now - span; });
}

double Speed::of(const std::string& slug) const {
  const auto found = samples_.find(slug);
  if (found == samples_.end() || found->second.size() < 2) return 0;
  const auto& [first, last] = std::pair(found->second.front(), found->second.back());
  const std::chrono::duration<double> took = last.at - first.at;
  return took.count() > 0 ? static_cast<double>(last.settled - first.settled) / took.count() : 0;
}

std::map<std::string, double> Speed::all() const {
  std::map<std::string, double> speeds;
  for (const auto& [slug, samples] : samples_) speeds[slug] = of(slug);
  return speeds;
}

}  // namespace postrider::daemon
