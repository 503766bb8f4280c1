// What a mailbox on a server is asked for between log-in and log-out. All of it throws Broken.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/mailbox/mailbox.h"

namespace postrider::daemon::mailbox {

class Session {
 public:
  virtual ~Session() = default;

  struct Listed {
    std::string id;
    std::uint32_t number;  // of this session
  };

  /// Tells what is there, oldest first, until `take` says no. How many there are.
  virtual std::int64_t list(const std::function<bool(Listed)>& take) = 0;

  /// Reads them without a trace, until `take` says no; those that are gone are left out.
  virtual void fetch(const std::vector<Listed>& wanted,
                     const std::function<bool(Arrived)>& take) = 0;

  /// Deletes for good those that are still there.
  virtual void remove(const std::vector<std::string>& ids) = 0;

  /// Logs out. Without it nothing that POP3 deletes is gone.
  virtual void end() = 0;
};

}  // namespace postrider::daemon::mailbox
