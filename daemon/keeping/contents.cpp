#include "daemon/keeping/contents.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <unistd.h>

#include "base/folders.h"
#include "base/text.h"
#include "config/named_files.h"
#include "store/database_copy.h"
#include "store/identity.h"

namespace postrider::daemon::keeping {

namespace fs = std::filesystem;

namespace {

constexpr auto any_size = std::numeric_limits<std::uint64_t>::max();

/// What subscribers::Archive reads again.
bool is_name_in_archives(std::string_view name) {
  return is_utf8(name) && name.find('\\') == std::string_view::npos &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

class Gathering {
 public:
  Gathering(const config::Settings& settings, const Staging& staging, const Progress& progress)
      : settings_(settings), staging_(staging), progress_(progress) {}

  Result<void> gather() {
    if (auto taken = take_database(); !taken) return taken;
    if (auto taken = take(settings_.file, std::string(settings_name)); !taken) return taken;
    const auto& storage = settings_.storage;
    for (const auto& [folder, name] : {std::pair{storage.drafts, "drafts/"},
                                       {storage.theme, "theme/"},
                                       {storage.secrets, "secrets/"}})
      if (auto taken = take_folder(folder, name); !taken) return taken;
    if (auto taken = take_credentials(); !taken) return taken;
    return tell_named_files();
  }

  Contents take_contents() { return std::move(contents_); }

 private:
  Result<void> take_database() {
    const std::string name(database_name);
    const auto file = staging_.place_for(name);
    ::close(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    auto copied = store::copy_database(settings_.storage.database, file,
                                       [this](std::int64_t done, std::int64_t whole) {
                                         return progress_("copying the database", done, whole);
                                       });
    if (!copied) return copied;
    if (!progress_("checking it", 0, 0)) return fail("interrupted");
    if (auto checked = check(file); !checked) return checked;
    std::ifstream stream(file, std::ios::binary);
    return note(name, facts_of(stream));
  }

  /// On the copy: it costs nobody anything.
  Result<void> check(const fs::path& file) {
    auto copy = store::Database::open(file, store::OpenMode::read_write);
    if (!copy) return tl::make_unexpected(copy.error());
    store::mark_restored(**copy);
    store::shrink(**copy);
    auto counts = store::check_database(**copy);
    if (!counts) return fail("the database is not backed up: its copy " + counts.error().message);
    contents_.counts = *counts;
    return {};
  }

  Result<void> take(const fs::path& file, const std::string& name) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return fail(file.string() + ": cannot be read");
    return note(name, staging_.write(name, stream, any_size));
  }

  Result<void> note(const std::string& name, Result<FileFacts> facts) {
    if (!facts) return fail(name + ": " + facts.error().message);
    contents_.files[name] = std::move(*facts);
    return {};
  }

  /// Files that are there now; one that goes meanwhile was to go.
  Result<void> take_folder(const fs::path& folder, const std::string& prefix) {
    std::error_code error;
    for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end;
         each.increment(error)) {
      const auto name = prefix + each->path().lexically_relative(folder).string();
      const auto lacks = [&](const char* what) {
        contents_.missing.push_back(printable(name) + " (" + what + ")");
      };
      if (each->is_symlink(error))
        lacks("a link");
      else if (each->is_directory(error))
        continue;
      else if (!each->is_regular_file(error))
        lacks("no file");
      else if (!is_name_in_archives(name))
        lacks("an archive does not take this name");
      else if (::access(each->path().c_str(), R_OK) != 0 && errno == EACCES)
        lacks("cannot be read");
      else if (auto taken = take(each->path(), name); !taken && fs::exists(each->path(), error))
        return taken;
    }
    if (error && fs::exists(folder)) return fail(folder.string() + ": " + error.message());
    return {};
  }

  /// What systemd hands out outweighs a file of its name (base/files.h).
  Result<void> take_credentials() {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory && *directory) {
      std::error_code error;
      for (const auto& each : fs::directory_iterator(directory, error)) {
        const auto name = "secrets/" + each.path().filename().string();
        fs::remove(staging_.path() / name, error);
        if (auto taken = take(each.path(), name); !taken) return taken;
      }
    }
    if (!contents_.files.contains("secrets/token.keys"))
      contents_.missing.push_back("token.keys, without which no link in a mail opens");
    return {};
  }

  /// What they name elsewhere is not taken: it may be the machine's, or another program's.
  Result<void> tell_named_files() {
    const auto named = config::named_files(settings_.file);
    if (!named) return tl::make_unexpected(named.error());
    const auto& storage = settings_.storage;
    for (const auto& [key, path] : *named)
      if (!is_below(path, storage.drafts) && !is_below(path, storage.theme) &&
          !is_below(path, storage.secrets))
        contents_.missing.push_back(printable(path.string()) + " (" + key + ")");
    return {};
  }

  const config::Settings& settings_;
  const Staging& staging_;
  const Progress& progress_;
  Contents contents_;
};

}  // namespace

Result<Contents> gather(const config::Settings& settings, const Staging& staging,
                        const Progress& progress) {
  Gathering gathering(settings, staging, progress);
  if (auto gathered = gathering.gather(); !gathered) return tl::make_unexpected(gathered.error());
  return gathering.take_contents();
}

}  // namespace postrider::daemon::keeping
