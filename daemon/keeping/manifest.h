// What is in a backup: backup.json, an entry of the archive. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "store/database_check.h"

namespace postrider::daemon::keeping {

/// The database's and the list's own names in the archive.
inline constexpr std::string_view database_name = "postrider.db";
inline constexpr std::string_view settings_name = "postrider.toml";
inline constexpr std::string_view manifest_name = "backup.json";

struct FileFacts {
  std::uint64_t size = 0;
  std::string hash;  // SHA-256, in hex
  bool operator==(const FileFacts&) const = default;
};

struct Manifest {
  Instant made_at;
  std::string version;  // of the program
  store::Counts counts;
  std::map<std::string, FileFacts> files;  // without the list itself
};

std::string to_json(const Manifest& manifest);
/// Error: no such list, or one of a newer program's; names elsewhere than in a newsletter's folder
/// are none of it.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace postrider::daemon::keeping
