#include "daemon/commands/progress_line.h"

#include <iostream>
#include <unistd.h>

#include "base/text.h"
#include "daemon/commands/progress.h"

namespace postrider::daemon::commands {

using namespace std::chrono_literals;

ProgressLine::ProgressLine() : shown_(::isatty(STDERR_FILENO) == 1) {}

void ProgressLine::tell(const Step& step) {
  if (!shown_) return;
  const auto now = Clock::now();
  if (step.doing != first_.doing) {
    first_ = step;
    begun_ = now;
  } else if (now < told_ + 100ms) {
    return;
  }
  told_ = now;
  auto line = std::string(step.doing) + " ";
  if (step.whole > 0) line += bar(step.part, step.whole, 30) + " ";
  line += with_thousands(step.done) + " " + std::string(step.what) + pace(step, now - begun_);
  std::cerr << "\r" << line << "\033[K" << std::flush;
  written_ = true;
}

/// Of what was done since the first step, which has a beginning of its own.
std::string ProgressLine::pace(const Step& step, std::chrono::duration<double> took) const {
  if (step.done <= first_.done || took.count() <= 0) return {};
  const auto speed = static_cast<double>(step.done - first_.done) / took.count();
  auto text = ", " + with_thousands(static_cast<std::int64_t>(speed)) + " a second";
  if (step.whole == 0 || step.part <= first_.part) return text;
  const auto rest =
      static_cast<double>(step.whole - step.part) / static_cast<double>(step.part - first_.part);
  return text + ", " + rough(std::chrono::duration_cast<Duration>(took * rest)) + " left";
}

void ProgressLine::clear() {
  if (written_) std::cerr << "\r\033[K" << std::flush;
  written_ = false;
}

}  // namespace postrider::daemon::commands
