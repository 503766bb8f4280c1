// How often strangers may make us write to people: rates that a restart does not forget, and for
// each list a breaker that an operator closes again. Belongs to the thread of its Database; each
// call is made inside a transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/rate.h"
#include "store/sqlite.h"

namespace postrider::store {

/// Why sign-ups are held while the breaker of their list is open.
inline constexpr std::string_view stopped = "stopped";

class SignUpLimits {
 public:
  SignUpLimits(Database& database, Instant now) : database_(database), now_(now) {}

  /// Whether one more may come of it; `name`: "list report", "network 192.0.2.0/24".
  bool allows(const std::string& name, const Rate& rate);
  /// Takes it. Nothing is written for who takes nothing, so that only what has an effect costs
  /// room.
  void take(const std::string& name, const Rate& rate);
  void forget(const std::string& name);
  /// Those that are as good as new.
  void tidy();

  bool is_stopped(ListId list);
  void stop(ListId list);
  /// False: it was not.
  bool go_on(ListId list);

 private:
  Database& database_;
  const Instant now_;
};

struct StoppedList {
  std::string list;  // key
  Instant since;
};
std::vector<StoppedList> stopped_lists(Database& database);

}  // namespace postrider::store
