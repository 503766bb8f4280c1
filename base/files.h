// Files read and written whole, safely. Safe from any thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postrider {

/// The file's bytes; an error where it is missing, unreadable, no regular file or over `limit`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

/// A secret's bytes without trailing line ends. Refused where others than its owner may read it,
/// unless systemd hands it out ($CREDENTIALS_DIRECTORY).
Result<std::string> read_secret(const std::filesystem::path& path);

/// Writes beside the target, syncs and renames: a reader sees the old bytes or all the new ones.
/// `mode` as of chmod; 0600 for secrets. Throws std::filesystem::filesystem_error.
void write_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);

/// The same, but never replaces a file: false where one is there. Of several processes that make
/// the same file at once, one gets true.
bool create_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);

}  // namespace postrider
