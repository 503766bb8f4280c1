// How fast issues are being sent: mails settled a second over the last ten seconds or so. Belongs
// to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace postrider::daemon {

class Speed {
 public:
  using Steady = std::chrono::steady_clock;

  /// So many mails of the issue are settled. A number that falls (a retry) begins anew.
  void observe(const std::string& slug, std::int64_t settled, Steady::time_point now);
  /// Forgets what was not observed for a while.
  void tidy(Steady::time_point now);

  /// Mails a second; 0 where too little is known.
  double of(const std::string& slug) const;
  /// All that are known.
  std::map<std::string, double> all() const;

 private:
  struct Sample {
    Steady::time_point at;
    std::int64_t settled;
  };
  std::map<std::string, std::deque<Sample>> samples_;  // oldest first
};

}  // namespace postrider::daemon
