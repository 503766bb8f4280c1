#include "daemon/keeping/staging.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/hash.h"
#include "base/text.h"

namespace postrider::daemon::keeping {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t block_size = 256 * 1024;

std::string why() { return std::strerror(errno); }

/// Gives each block of the stream to `taken`, until it says an error.
Result<FileFacts> pass(std::istream& from, const Passed& passed,
                       const std::function<Result<void>(std::string_view)>& taken) {
  Sha256Stream hash;
  FileFacts facts;
  std::string block(block_size, '\0');
  while (from.read(block.data(), static_cast<std::streamsize>(block.size())), from.gcount() > 0) {
    const std::string_view octets(block.data(), static_cast<std::size_t>(from.gcount()));
    hash.update(octets);
    facts.size += octets.size();
    if (auto done = taken(octets); !done) return tl::make_unexpected(done.error());
    if (passed && !passed(octets.size())) return fail("interrupted");
  }
  if (from.bad()) return fail("cannot be read");
  facts.hash = hex(hash.finish());
  return facts;
}

bool write_all(int fd, std::string_view octets) {
  while (!octets.empty()) {
    const auto count = ::write(fd, octets.data(), octets.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Whether nobody but us has it open. A file that nobody can open any more, lest we be signalled.
bool is_ours_alone(int file) {
  const bool alone = ::fcntl(file, F_SETLEASE, F_WRLCK) == 0;
  if (alone) ::fcntl(file, F_SETLEASE, F_UNLCK);
  return alone;
}

/// Gives its space back little by little: where a disk is told of it at once (discard), the commits
/// of others wait for that. Not where the file has another name as well, or somebody reads it.
void shorten(const fs::path& path) {
  constexpr off_t step = 8 << 20;
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status;
  if (!file || ::fstat(file.get(), &status) != 0 || status.st_nlink > 1) return;
  if (::unlink(path.c_str()) != 0 || !is_ours_alone(file.get())) return;
  for (off_t size = status.st_size; size > step;) {
    if (::ftruncate(file.get(), size -= step) != 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

void remove_staged(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& each : fs::recursive_directory_iterator(folder, ignored))
    if (each.is_regular_file(ignored)) shorten(each.path());
  fs::remove_all(folder, ignored);
}

/// As long as its owner lives, nobody else gets it.
Descriptor lock_folder(const fs::path& folder) {
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const bool locked = opened && ::flock(opened.get(), LOCK_EX | LOCK_NB) == 0;
  return locked ? std::move(opened) : Descriptor(-1);
}

constexpr std::string_view staged = ".postrider-", random_part = "XXXXXX";
constexpr const char* mark = ".staged-by-postrider";  // in each of them

/// Made by us, as far as anybody can tell.
bool is_ours(int folder) {
  struct stat status;
  return ::fstat(folder, &status) == 0 && status.st_uid == ::geteuid() &&
         (status.st_mode & 07777) == 0700 && ::faccessat(folder, mark, F_OK, 0) == 0;
}

/// What killed programs have left: folders of our kind whose owner does not live.
void sweep(const fs::path& file) {
  std::error_code ignored;
  const auto begin = file.filename().string() + std::string(staged);
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  for (const auto& each : fs::directory_iterator(folder, ignored)) {
    const auto name = each.path().filename().string();
    if (!name.starts_with(begin) || name.size() != begin.size() + random_part.size()) continue;
    if (const auto lock = lock_folder(each.path()); lock && is_ours(lock.get()))
      remove_staged(each.path());
  }
}

}  // namespace

Result<Staging> Staging::beside(const fs::path& file) {
  sweep(file);
  auto name = file.string() + std::string(staged) + std::string(random_part);
  if (!::mkdtemp(name.data()))
    return fail(file.string() + ": nothing can be written there: " + why() +
                (errno == ENOENT ? "; make its folder first" : ""));
  // Without its mark nobody takes it for a leftover, before it is locked.
  auto lock = lock_folder(name);
  if (!lock) return fail(name + ": cannot be locked: " + why());
  const Descriptor marked(
      ::openat(lock.get(), mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!marked) return fail(name + ": cannot be written: " + why());
  return Staging(name, std::move(lock));
}

Staging::Staging(Staging&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

Staging::~Staging() {
  if (!path_.empty()) remove_staged(path_);
}

fs::path Staging::place_for(const std::string& name) const {
  auto folder = path_;
  for (const auto& part : fs::path(name).parent_path())
    ::mkdir((folder /= part).c_str(), 0700);  // where it fails, the file tells
  return path_ / name;
}

Result<FileFacts> Staging::write(const std::string& name, std::istream& from, std::uint64_t most,
                                 const Passed& passed) const {
  const auto file = place_for(name);
  const Descriptor made(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!made) return fail(file.string() + ": cannot be made: " + why());
  std::uint64_t written = 0;
  auto facts = pass(from, passed, [&](std::string_view octets) -> Result<void> {
    written += octets.size();
    if (written > most) return fail(printable(name) + " is longer than it should be");
    if (!write_all(made.get(), octets))
      return fail(file.string() + ": cannot be written: " + why());
    return {};
  });
  if (facts && ::fsync(made.get()) != 0)
    return fail(file.string() + ": cannot be written: " + why());
  return facts;
}

Result<void> Staging::become(const fs::path& folder) {
  ::unlinkat(lock_.get(), mark, 0);
  if (::rename(path_.c_str(), folder.c_str()) != 0)
    return fail(folder.string() + ": cannot be made: " + why() +
                (errno == EBUSY || errno == EXDEV
                     ? "; something is mounted there: name a folder in it that is not there yet"
                     : ""));
  path_.clear();
  return {};
}

Result<FileFacts> facts_of(std::istream& from, const Passed& passed) {
  return pass(from, passed, [](std::string_view) -> Result<void> { return {}; });
}

}  // namespace postrider::daemon::keeping
