// Keeps the lists' slots: deals them to drafts, tells of those that pass without an issue, and
// reminds the operator of those that are empty shortly before they come. Belongs to the main
// thread.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/errands.h"
#include "store/sqlite.h"

namespace postrider::daemon {

/// Whether something is to be done.
bool is_timetable_kept(store::Database& database, const std::vector<config::List>& lists,
                       Instant now);
/// Does it; inside a transaction.
void keep_timetable(store::Database& database, const std::vector<config::List>& lists, Instant now);

class Timetable {
 public:
  /// `reading`: the main thread's. All references must outlive it.
  Timetable(const config::Settings& settings, store::Database& reading, Errands errands,
            const Clock& clock);

  /// By the clock as it is now, whatever it was before; cheap where there is nothing to do.
  void tick();

 private:
  const std::shared_ptr<const std::vector<config::List>> lists_;
  store::Database& reading_;
  const Errands errands_;
  const Clock& clock_;
  std::shared_ptr<bool> busy_ = std::make_shared<bool>(false);  // the main thread's
};

}  // namespace postrider::daemon
