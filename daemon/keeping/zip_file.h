// Packs a folder into a zip archive. Reading one is subscribers/formats/archive.h. Wraps libzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace postrider::daemon::keeping {

/// How much of it is packed, from 0 to 1. False: enough of it.
using PackProgress = std::function<bool(double part)>;

/// `file` is there, empty, and keeps its mode. `names`: of the files below `folder`.
Result<void> pack(const std::filesystem::path& folder, const std::vector<std::string>& names,
                  const std::filesystem::path& file, const PackProgress& progress);

}  // namespace postrider::daemon::keeping
