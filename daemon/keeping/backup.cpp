#include "daemon/keeping/backup.h"

#include <cstdio>
#include <fcntl.h>
#include <limits>
#include <sstream>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/folders.h"
#include "daemon/board.h"
#include "daemon/keeping/zip_file.h"
#include "subscribers/formats/archive.h"

namespace postrider::daemon::keeping {

namespace fs = std::filesystem;

namespace {

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

/// Reads the archive again: what is in it is what was gathered.
Result<void> read_back(const fs::path& file, const Manifest& manifest, const Progress& progress) {
  auto archive = subscribers::Archive::open(file, {.octets = no_limit});
  if (!archive) return tl::make_unexpected(archive.error());
  std::size_t same = 0;
  std::int64_t read = 0, whole = 0;
  for (const auto& [name, facts] : manifest.files) whole += static_cast<std::int64_t>(facts.size);
  for (const auto& entry : archive->entries()) {
    const auto known = manifest.files.find(entry.name);
    if (known == manifest.files.end()) continue;
    auto stream = archive->read(entry);
    if (!stream) return tl::make_unexpected(stream.error());
    const auto facts = facts_of(**stream, [&](std::uint64_t octets) {
      return progress("reading it back", read += static_cast<std::int64_t>(octets), whole);
    });
    if (!facts) return fail(entry.name + " in it " + facts.error().message);
    same += *facts == known->second;
  }
  if (same != manifest.files.size())
    return fail("what was read back is not what was written: look at the disk");
  return {};
}

Result<void> pack_all(const Staging& staging, const Backup& backup, const fs::path& file,
                      const Progress& progress) {
  // The list first, so that it is found at once.
  std::vector<std::string> names{std::string(manifest_name)};
  for (const auto& [name, facts] : backup.manifest.files) names.push_back(name);
  return pack(staging.path(), names, file, [&progress](double part) {
    constexpr std::int64_t whole = 1000;
    return progress("packing", static_cast<std::int64_t>(part * whole), whole);
  });
}

/// The settings, the database, or what is beside it by its name (its log, lock and count).
bool is_own_file(const fs::path& file, const config::Settings& settings) {
  std::error_code error;
  const auto real = [&](const fs::path& path) {
    return fs::weakly_canonical(fs::absolute(path), error);
  };
  const auto named = real(file), database = real(settings.storage.database);
  if (named == real(settings.file) || named == database) return true;
  const auto name = named.filename().string(), own = database.filename().string();
  return named.parent_path() == database.parent_path() &&
         (name.starts_with(own + "-") || name == own + ".claim" || name == own + ".lock");
}

Result<void> put_in_place(const fs::path& packed, const fs::path& file, bool replace) {
  const Descriptor opened(::open(packed.c_str(), O_RDONLY | O_CLOEXEC));
  std::error_code error;
  if (!opened || ::fsync(opened.get()) != 0) return fail(file.string() + ": cannot be written");
  // The old one, if there is any, goes with the staging folder: little by little.
  if (replace &&
      ::renameat2(AT_FDCWD, packed.c_str(), AT_FDCWD, file.c_str(), RENAME_EXCHANGE) != 0)
    fs::rename(packed, file, error);
  else if (!replace)
    fs::create_hard_link(packed, file, error);  // never over another
  if (error) return fail(file.string() + ": cannot be written: " + error.message());
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
  return {};
}

}  // namespace

Result<Backup> back_up(const config::Settings& settings, const fs::path& file, bool replace,
                       std::string_view version, Instant now, const Progress& progress) {
  std::error_code error;
  if (!replace && fs::exists(file, error))
    return fail(file.string() + ": is there already; name another file, or add --force");
  if (fs::exists(file, error) && !fs::is_regular_file(file, error))
    return fail(file.string() + ": is no file; name one that the backup may become");
  if (!fs::exists(settings.storage.database, error))
    return fail(settings.storage.database.string() + ": there is no database to back up");
  if (auto named = check_one_name(settings.storage.database); !named)
    return tl::make_unexpected(named.error());
  if (is_own_file(file, settings))
    return fail(file.string() + ": is this newsletter's own; name another file");
  for (const auto& folder :
       {settings.storage.drafts, settings.storage.theme, settings.storage.secrets})
    if (is_below(file, folder))
      return fail(file.string() + ": lies in " + folder.string() +
                  ", which goes into backups itself; name a place elsewhere");
  const auto staging = Staging::beside(file);
  if (!staging) return tl::make_unexpected(staging.error());
  Backup backup;
  backup.manifest.made_at = now;
  backup.manifest.version = version;
  auto contents = gather(settings, *staging, progress);
  if (!contents) return tl::make_unexpected(contents.error());
  backup.manifest.counts = contents->counts;
  backup.manifest.files = std::move(contents->files);
  backup.missing = std::move(contents->missing);
  std::istringstream list(to_json(backup.manifest));
  if (auto listed = staging->write(std::string(manifest_name), list, no_limit); !listed)
    return tl::make_unexpected(listed.error());
  const auto packed = staging->path() / "packed.zip";
  ::close(::open(packed.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  for (const auto& step : std::initializer_list<std::function<Result<void>()>>{
           [&] { return pack_all(*staging, backup, packed, progress); },
           [&] { return read_back(packed, backup.manifest, progress); },
           [&] { return put_in_place(packed, file, replace); }})
    if (auto done = step(); !done) return fail(file.string() + ": " + done.error().message);
  backup.size = fs::file_size(file, error);
  return backup;
}

}  // namespace postrider::daemon::keeping
