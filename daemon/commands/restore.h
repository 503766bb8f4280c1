// An export of Postrider read back: `subscriber import` of such a file.
#pragma once

#include <string>

#include "daemon/commands/command.h"

namespace postrider::daemon::commands {

struct RestoreArguments {
  std::string file;
  bool dry_run = false, json = false;
};

/// Whether the file is an export; pipes are not looked into.
bool is_own_export(const std::string& file);

int restore(Newsletter& newsletter, const RestoreArguments& args);

}  // namespace postrider::daemon::commands
