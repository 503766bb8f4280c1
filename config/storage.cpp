#include "base/text.h"
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

/// A missing folder is a slip of the pen or a disk that is not mounted: an empty one made in its
/// place would never see a draft.
fs::path read_drafts(const Section& section, const fs::path& folder) {
  const auto path = read_path(section, "drafts", folder);
  const auto shown = printable(path.string());
  std::error_code error;
  const auto type = fs::status(path, error).type();
  if (type == fs::file_type::directory) return path;
  if (type == fs::file_type::not_found)
    section.fault("drafts", "there is no folder " + shown + "; make it (mkdir \"" + shown +
                                "\"), or write the folder you write in");
  else
    section.fault("drafts", shown + (error ? " cannot be looked at: " + error.message()
                                           : " is no folder; write the folder you write in"));
  return path;
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
  Storage storage{.database = read_database(section, folder),
                  .drafts = read_drafts(section, folder),
                  .theme = read_path(section, "theme", folder),
                  .secrets = read_path(section, "secrets", folder)};
  section.read("fold_after", storage.fold_after, [](std::string_view text) {
    return text == "0s" ? Result<Duration>(Duration::zero()) : parse_positive_duration(text);
  });
  return storage;
}

}  // namespace postrider::config
