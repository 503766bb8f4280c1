// Issues by local time: which zones they come to, and when the first of those is due, which is when
// they start. Belongs to the main thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/errands.h"
#include "store/sqlite.h"

namespace postrider::daemon {

/// Of readers who have none: the first list's, which is the publication's where it has none.
std::string home_zone(const std::vector<std::string>& lists, const config::Settings& settings);

/// What readers of those lists go by: their zones, and `home`.
std::vector<std::string> reader_zones(store::Database& database,
                                      const std::vector<std::string>& lists,
                                      const std::string& home);

/// The day that clocks in the zone show then.
std::chrono::local_days local_day_of(Instant instant, const std::string& zone);

/// Readers come and go, and with them zones: keeps the starts of those that wait right.
class LocalStarts {
 public:
  /// `reading`: the main thread's. All references must outlive it.
  LocalStarts(const config::Settings& settings, store::Database& reading, Errands errands,
              const Clock& clock);

  /// Cheap where there is nothing to do; looks once a minute.
  void tick();

  static constexpr Duration look_every = std::chrono::minutes(1);

 private:
  const config::Settings& settings_;
  store::Database& reading_;
  const Errands errands_;
  const Clock& clock_;
  std::optional<Instant> looked_at_;
};

}  // namespace postrider::daemon
