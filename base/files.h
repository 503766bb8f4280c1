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

/// Where a secret is: the credential of the file's name where systemd hands one out
/// ($CREDENTIALS_DIRECTORY), else the file itself. Neither has to be there.
std::filesystem::path find_secret(const std::filesystem::path& file);

/// A secret's bytes without trailing line ends, from where find_secret finds it. A file is refused
/// where others than its owner may read it, a credential where everybody may (its group is the
/// service's own).
Result<std::string> read_secret(const std::filesystem::path& file);

/// Writes beside the target, syncs and renames: a reader sees the old bytes or all the new ones.
/// `mode` as of chmod; 0600 for secrets. Throws std::filesystem::filesystem_error.
void write_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);

/// The same, but never replaces a file: false where one is there. Of several processes that make
/// the same file at once, one gets true.
bool create_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);

}  // namespace postrider
