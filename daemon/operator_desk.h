// Has notices made of what the operator is to be told, as soon as it is time. Belongs to the main
// thread.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/errands.h"
#include "mail/address.h"
#include "store/sqlite.h"

namespace postrider::daemon {

class OperatorDesk {
 public:
  /// `reading`: the main thread's. All references must outlive it.
  OperatorDesk(const config::Settings& settings, store::Database& reading, Errands errands,
               const Clock& clock);

  /// Cheap where there is nothing to tell.
  void tick();

 private:
  std::optional<mail::Address> email_;  // nothing: nobody is told
  store::Database& reading_;
  const Errands errands_;
  const Clock& clock_;
  std::shared_ptr<bool> busy_ = std::make_shared<bool>(false);  // the main thread's
};

}  // namespace postrider::daemon
