#include "config/checks.h"
#include "config/sections.h"

namespace postrider::config {

namespace fs = std::filesystem;

namespace {

fs::path read_path(const Section& section, std::string_view key, const fs::path& folder) {
  auto text = std::string(key);
  section.read(key, text, parse_line);
  return (folder / text).lexically_normal();
}

fs::path read_database(const Section& section, const fs::path& folder) {
  std::string text = "postrider.db";
  section.read("database", text, [](std::string_view written) {
    if (written.find("://") != std::string_view::npos)
      return Result<std::string>(
          fail("databases other than SQLite are not built yet; write a path such as "
               "\"postrider.db\""));
    return parse_line(written);
  });
  return (folder / text).lexically_normal();
}

}  // namespace

Storage read_storage(const Section& section, const fs::path& folder) {
  return {.database = read_database(section, folder),
          .drafts = read_path(section, "drafts", folder),
          .theme = read_path(section, "theme", folder),
          .secrets = read_path(section, "secrets", folder)};
}

}  // namespace postrider::config
