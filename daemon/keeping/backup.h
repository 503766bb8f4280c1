// A newsletter in one file: the database as it is at one moment, settings, secrets, drafts and
// theme, in a zip archive with a list of all of it (manifest.h). In it the database is marked as
// restored: wherever it is unpacked, it sends nothing before `postrider claim`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/keeping/contents.h"

namespace postrider::daemon::keeping {

struct Backup {
  Manifest manifest;
  std::uint64_t size = 0;            // of the archive
  std::vector<std::string> missing;  // what it should have and has not, in plain words
};

/// Makes the file, mode 0600, beside a running daemon; it is there once it was read back and is
/// what was written. `replace`: a file that is there already.
Result<Backup> back_up(const config::Settings& settings, const std::filesystem::path& file,
                       bool replace, std::string_view version, Instant now,
                       const Progress& progress);

}  // namespace postrider::daemon::keeping
