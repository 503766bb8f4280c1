#include "daemon/guards/counter.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/files.h"

namespace postrider::daemon::guards {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t digits = 19;  // of the largest count
constexpr std::string_view explanation =
    "\nHow far the database beside this file has come: a copy, or one put back from a backup, is "
    "told "
    "by it.\nWithout this file nothing is sent before `postrider claim`.\n";

/// All of it lies in one sector: what a power cut leaves is the old count or the new one.
std::string written(std::int64_t count) { return fmt::format("{:0{}}", count, digits); }

fs::path without_links(const fs::path& file) {
  std::error_code error;
  auto whole = fs::weakly_canonical(file, error);
  return error ? file : whole;
}

/// Who works as root makes it for the daemon's user, as SQLite does with its files.
void give_to_owner_of(const fs::path& database, const fs::path& file) {
  struct stat status;
  if (::geteuid() == 0 && ::stat(database.c_str(), &status) == 0) [[maybe_unused]]
    const int result = ::chown(file.c_str(), status.st_uid, status.st_gid);
}

}  // namespace

Counter::Counter(const fs::path& database)
    : database_(without_links(database)), file_(database_.string() + ".claim") {}

std::optional<std::int64_t> Counter::read() const {
  const auto bytes = read_file(file_, 4096);
  if (!bytes || bytes->size() < digits) return {};
  std::int64_t count = 0;
  const auto* const end = bytes->data() + digits;
  const auto [stopped, error] = std::from_chars(bytes->data(), end, count);
  if (error != std::errc() || stopped != end || count < 0) return {};
  return count;
}

Result<void> Counter::write(std::int64_t count) const {
  const auto bytes = written(count);
  if (const Descriptor file(::open(file_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW)); file) {
    if (::pwrite(file.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()))
      return {};
    return fail(file_.string() + ": cannot be written: " + std::strerror(errno));
  }
  if (errno != ENOENT) return fail(file_.string() + ": cannot be opened: " + std::strerror(errno));
  try {
    if (create_file(file_, bytes + std::string(explanation), 0600))
      give_to_owner_of(database_, file_);
  } catch (const fs::filesystem_error& error) {
    return fail(file_.string() + ": cannot be made: " + error.code().message());
  }
  return {};  // where another process was faster, its count is as good
}

}  // namespace postrider::daemon::guards
