// The operator's own command, run for each event that the operator is to hear of: JSON on its
// standard input, no shell, one at a time. Each event at least once, over restarts, too: how far it
// came is kept in the database after it has ended. A command that fails is told in the log and not
// run again for that event.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/errands.h"
#include "store/sqlite.h"

namespace postrider::daemon {

class EventCommand {
 public:
  static constexpr std::chrono::seconds time_limit{30};

  /// Where there was no command before: for events from now on. `post` runs functions on the main
  /// thread, whose is `reading`; both must outlive it.
  EventCommand(const config::Settings& settings, store::Database& reading, Errands errands,
               Errands::Post post);
  /// Kills the command that runs; its event is told again.
  ~EventCommand();

  /// Main thread. Cheap where there is nothing new.
  void tick();
  /// What cannot be an event in the database, since that is what it is about. Main thread.
  void tell(std::string_view kind, std::string_view detail, Instant now);

 private:
  struct Text {
    std::string name;  // for the log, where no address belongs
    std::string json;
  };
  struct Batch {
    std::vector<Text> texts;
    std::optional<std::int64_t> last;  // event
  };
  void hand_over(Batch batch);
  void run(const std::stop_token& stop);
  void settle(std::optional<std::int64_t> last);  // main thread

  const std::vector<std::string> words_;
  const std::string publication_;
  store::Database& reading_;
  const Errands errands_;
  const Errands::Post post_;
  std::int64_t told_ = 0;  // the main thread's, as busy_ is
  bool busy_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // gone: late answers are dropped
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Batch> waiting_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postrider::daemon
