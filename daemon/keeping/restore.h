// A backup unpacked into a folder of its own: a newsletter that sends nothing before `postrider
// claim`. Archives from elsewhere are not trusted.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "daemon/keeping/backup.h"

namespace postrider::daemon::keeping {

struct Restored {
  Manifest manifest;
  std::vector<std::string> warnings;  // what is to be mended in its settings
};

/// `folder` is not there, or is empty; it is there, whole, or not at all. What is in it is for its
/// owner alone. Error: it is no backup, is damaged, or could do harm.
Result<Restored> restore(const std::filesystem::path& file, const std::filesystem::path& folder,
                         const Progress& progress);

}  // namespace postrider::daemon::keeping
