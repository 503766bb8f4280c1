// How a relay is doing, for all its sender threads together: how many connections it takes, when it
// is tried again, and whether another relay should carry its mail. Safe from any thread.
//
// A connection that fails while others work costs only itself and narrows the window; where none is
// left, the relay is down: it is tried again after 1 s, doubling to 5 min, by one connection, which
// puts it back where it is opened. Login refused for good, or a sender that it does not want: it is
// out until the settings change.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "queue/window.h"

namespace postrider::queue {

class RelayHealth {
 public:
  using Steady = std::chrono::steady_clock;

  explicit RelayHealth(int connections) : window_(connections) {}

  /// Called, without a lock, each time that `usable` has changed, and when the first connection was
  /// opened. Set before the threads start.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

  /// Called, without a lock, each time that it asks for a pause, or a longer one. Set before the
  /// threads start.
  using Paused = std::function<void(const std::string& why, std::chrono::milliseconds pause)>;
  void on_pause(Paused paused) { paused_ = std::move(paused); }

  /// Reserves one more connection, which then is `opened` or `failed`, or `given_up` where it was
  /// not tried to its end. False: no more now.
  bool may_open(Steady::time_point now);
  /// Whether that would be true.
  bool could_open(Steady::time_point now) const;
  /// The same for a relay that is down: the one connection that tries it.
  bool may_probe(Steady::time_point now);
  void opened();
  void given_up();
  void failed(const std::string& why, Steady::time_point now);
  /// An open connection has ended, by whosever doing.
  void closed();
  /// One that was open broke before it settled anything: the relay's failure where none is left.
  void broke(const std::string& why, Steady::time_point now);
  /// It told us to send less: narrows, and nothing is sent for so long.
  void pressed(const std::string& why, std::chrono::milliseconds pause, Steady::time_point now);
  /// What it told an earlier daemon: nothing is sent before.
  void pause(const std::string& why, Steady::time_point until);
  /// An answer about a recipient: it works.
  void succeeded(Steady::time_point now);
  void out(const std::string& why);

  bool usable() const;
  /// It asked us to send nothing now.
  bool paused(Steady::time_point now) const;

  struct Picture {
    bool down = false;  // no connection, and the last try failed
    bool out = false;
    int connections = 0;
    int width = 0;  // how many it may be now
    int most = 0;
    std::string last_error;                             // empty: none since the last success
    std::optional<std::chrono::milliseconds> next_try;  // from now
  };
  Picture picture(Steady::time_point now) const;

 private:
  void back_off(const std::string& why, Steady::time_point now);
  /// Does `work` under the lock, and tells where it changed whether the relay is usable.
  void change(const std::function<void()>& work);
  bool has_room(Steady::time_point now) const;
  bool is_usable() const { return !out_ && !down_; }

  std::function<void()> changed_;
  Paused paused_;
  mutable std::mutex mutex_;
  Window window_;
  int open_ = 0;
  int opening_ = 0;
  int failures_ = 0;     // in a row
  bool proven_ = false;  // some connection was opened
  bool down_ = false;
  bool out_ = false;
  Steady::time_point wait_until_{};   // no connection is tried before
  Steady::time_point pause_until_{};  // nothing is sent before
  std::string last_error_;
};

}  // namespace postrider::queue
