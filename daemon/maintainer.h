// Has the database maintained (store/maintenance.h) once a week, while no issue is being sent, on a
// thread and a connection of its own. Belongs to the main thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "daemon/errands.h"
#include "store/maintenance.h"
#include "store/sqlite.h"

namespace postrider::daemon {

class Maintainer {
 public:
  static constexpr Duration every = std::chrono::days(7);
  static constexpr Duration most_waiting = std::chrono::days(7);  // for a quiet moment
  static constexpr Duration quiet = std::chrono::minutes(30);     // no issue starts within it
  static constexpr Duration again_after = std::chrono::days(1);   // one that found or met trouble

  /// References must outlive it. `post` runs functions on the main thread.
  Maintainer(store::Database& reading, Errands errands, Errands::Post post, const Clock& clock);
  /// Ends after the step under way.
  ~Maintainer();

  /// Every few seconds. `fold_after`: as the settings have it now.
  void tick(Duration fold_after);
  bool busy() const { return thread_.joinable(); }

 private:
  bool is_due(Instant now);
  bool is_quiet(Instant now);
  void start(Duration fold_after);
  /// On its thread.
  void work(const std::stop_token& stop, const store::MaintenanceOrder& order);
  void finished(const store::Maintenance& done);
  void failed(const std::string& why);

  store::Database& reading_;
  const Errands errands_;
  const Errands::Post post_;
  const Clock& clock_;
  std::optional<Instant> not_before_;
  bool counts_ = false;  // there is, or will be, a time to count from
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postrider::daemon
