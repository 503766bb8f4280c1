#include "daemon/keeping/restore.h"

#include <algorithm>
#include <sstream>

#include "base/files.h"
#include "base/text.h"
#include "daemon/keeping/settings_at_home.h"
#include "daemon/keeping/staging.h"
#include "store/identity.h"
#include "subscribers/formats/archive.h"

namespace postrider::daemon::keeping {

namespace fs = std::filesystem;

using subscribers::Archive;

namespace {

constexpr std::uint64_t largest_list = 64 << 20;
constexpr std::size_t largest_settings = 16 << 20;

Result<Manifest> read_manifest(Archive& archive) {
  const auto& entries = archive.entries();
  const auto entry = std::find_if(entries.begin(), entries.end(),
                                  [](const auto& each) { return each.name == manifest_name; });
  if (entry == entries.end() || entry->size > largest_list)
    return fail("is no backup of Postrider's: it has no " + std::string(manifest_name));
  auto stream = archive.read(*entry);
  if (!stream) return tl::make_unexpected(stream.error());
  std::ostringstream text;
  text << (*stream)->rdbuf();
  if (!archive.fault().empty()) return fail(archive.fault());
  auto manifest = parse_manifest(text.str());
  if (!manifest) return manifest;
  for (const auto& each : entries)
    if (each.name != manifest_name && !manifest->files.contains(each.name))
      return fail("has a file that is not in its list: " + printable(each.name.substr(0, 100)));
  if (entries.size() != manifest->files.size() + 1) return fail("lacks files of its list");
  return manifest;
}

/// Each file, no longer than the list says, and with its hash.
Result<void> unpack(Archive& archive, const Manifest& manifest, const Staging& staging,
                    const Progress& progress) {
  std::int64_t read = 0, whole = 0;
  for (const auto& [name, facts] : manifest.files) whole += static_cast<std::int64_t>(facts.size);
  for (const auto& entry : archive.entries()) {
    if (entry.name == manifest_name) continue;
    const auto& known = manifest.files.at(entry.name);
    auto stream = archive.read(entry);
    if (!stream) return tl::make_unexpected(stream.error());
    const auto facts = staging.write(entry.name, **stream, known.size, [&](std::uint64_t octets) {
      return progress("unpacking", read += static_cast<std::int64_t>(octets), whole);
    });
    if (!archive.fault().empty()) return fail(archive.fault());
    if (!facts) return tl::make_unexpected(facts.error());
    if (*facts != known)
      return fail("is damaged: " + printable(entry.name) + " is not what was backed up");
  }
  return {};
}

Result<void> check(const Staging& staging, const Manifest& manifest) {
  auto database =
      store::Database::open(staging.path() / database_name, store::OpenMode::read_write);
  if (!database) return tl::make_unexpected(database.error());
  store::mark_restored(**database);
  const auto counts = store::check_database(**database);
  if (!counts) return tl::make_unexpected(counts.error());
  if (*counts != manifest.counts) return fail("is damaged: its database has other counts");
  return {};
}

Result<void> bring_home(const Staging& staging) {
  const auto file = staging.path() / settings_name;
  const auto settings = read_file(file, largest_settings);
  if (!settings) return tl::make_unexpected(settings.error());
  write_file(file, at_home(*settings), 0600);
  return {};
}

/// What the settings say where they are now.
std::vector<std::string> warnings_of(const fs::path& folder) {
  const auto settings = config::load_settings(folder / settings_name);
  if (!settings)
    return {"its settings have faults here, as `postrider check` shows: " +
            to_string(settings.error().front())};
  std::error_code error;
  if (!fs::equivalent(settings->storage.database, folder / database_name, error))
    return {"its settings name another database: write database = \"" + std::string(database_name) +
            "\" in [storage]"};
  return {};
}

Result<void> look_at(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_directory(folder, error))
    return fail(folder.string() + ": is no folder; name one that is not there yet");
  if (fs::exists(folder, error) && !fs::is_empty(folder, error))
    return fail(folder.string() + ": is not empty; name a folder that is not there yet");
  if (!fs::exists(file, error))
    return fail(file.string() + ": is not there; name what `postrider backup` made");
  if (!fs::is_regular_file(file, error))
    return fail(file.string() + ": is no file; name what `postrider backup` made");
  return {};
}

}  // namespace

Result<Restored> restore(const fs::path& file, const fs::path& where, const Progress& progress) {
  auto folder = fs::absolute(where).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "dir/" is "dir"
  if (auto looked = look_at(file, folder); !looked) return tl::make_unexpected(looked.error());
  const auto of_file = [&file](const Error& error) {
    return fail(file.string() + ": " + error.message);
  };
  auto staging = Staging::beside(folder);
  if (!staging) return tl::make_unexpected(staging.error());
  std::error_code error;
  const auto space = fs::space(staging->path(), error).available;
  auto archive = Archive::open(file, {.octets = space});
  if (!archive) return of_file(archive.error());
  auto manifest = read_manifest(*archive);
  if (!manifest) return of_file(manifest.error());
  if (auto unpacked = unpack(*archive, *manifest, *staging, progress); !unpacked)
    return of_file(unpacked.error());
  if (!progress("checking the database", 0, 0)) return fail("interrupted");
  if (auto checked = check(*staging, *manifest); !checked) return of_file(checked.error());
  if (auto home = bring_home(*staging); !home) return tl::make_unexpected(home.error());
  for (const auto* name : {"drafts", "theme", "secrets"})
    staging->place_for(std::string(name) + "/any");  // a newsletter has them all
  if (auto done = staging->become(folder); !done) return tl::make_unexpected(done.error());
  return Restored{std::move(*manifest), warnings_of(folder)};
}

}  // namespace postrider::daemon::keeping
