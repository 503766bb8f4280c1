// A short program of the operator's whose output is wanted. Safe from any thread.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace postrider {

struct CommandLimits {
  std::chrono::milliseconds time = std::chrono::seconds(30);
  std::size_t octets = 65536;  // of its output
};

/// Runs a program (`words[0]` is sought in PATH; there is no shell) and gives what it wrote to its
/// standard output; what it writes to standard error goes nowhere. Blocks until it ends, at most
/// for the limit's time or until `stop`; then it is killed with all its children. `input`: what it
/// may read from its standard input. The error says what it did, and has none of its output.
Result<std::string> run_command(const std::vector<std::string>& words, const std::stop_token& stop,
                                const CommandLimits& limits = {}, std::string_view input = {});

/// Whether a program of that name could be run: as a path, or sought in PATH.
bool is_program(const std::string& name);

}  // namespace postrider
