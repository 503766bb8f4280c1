// The command line: `postrider COMMAND …`, by CLI11.
#pragma once

namespace postrider::daemon::commands {

/// Runs what the arguments ask for. 0 done · 1 refused or failed · 2 wrong usage.
int run_command_line(int argc, const char* const* argv);

}  // namespace postrider::daemon::commands
