// Where a database's file is on this machine.
#pragma once

#include <filesystem>

#include "store/identity.h"

namespace postrider::daemon::guards {

/// By whichever path it is reached. The file is there.
store::Place place_of(const std::filesystem::path& database);

}  // namespace postrider::daemon::guards
