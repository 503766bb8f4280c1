// How far a command is that works for longer: one line on stderr, written over and over; nothing
// where that is no terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::daemon::commands {

class ProgressLine {
 public:
  struct Step {
    std::string_view doing;  // "writing"; where it changes, the speed is counted anew
    std::string_view what;   // "rows"
    std::int64_t done;
    std::int64_t part, whole;  // whole 0: not known
  };

  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// As often as one likes: most of it is not shown.
  void tell(const Step& step);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::string pace(const Step& step, std::chrono::duration<double> took) const;

  const bool shown_;
  bool written_ = false;
  Step first_{};
  Clock::time_point begun_{}, told_{};
};

}  // namespace postrider::daemon::commands
