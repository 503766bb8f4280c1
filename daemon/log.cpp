#include "daemon/log.h"

#include <cstdlib>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>

namespace postrider::daemon {

void set_up_log(const std::string& level) {
  // systemd sets this where stderr goes to the journal, which then keeps levels apart.
  if (std::getenv("JOURNAL_STREAM")) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "", std::make_shared<spdlog::sinks::systemd_sink_mt>("postrider")));
  } else {
    const auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
        std::getenv("NO_COLOR") ? spdlog::color_mode::never : spdlog::color_mode::automatic);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", sink));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  }
  spdlog::set_level(spdlog::level::from_str(level == "warning" ? "warn" : level));
  spdlog::flush_on(spdlog::level::info);
}

}  // namespace postrider::daemon
