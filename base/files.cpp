#include "base/files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/descriptor.h"

namespace postrider {

namespace fs = std::filesystem;

namespace {

std::string reason() { return std::strerror(errno); }

[[noreturn]] void throw_errno(const char* what, const fs::path& path) {
  throw fs::filesystem_error(what, path, std::error_code(errno, std::generic_category()));
}

Result<std::string> read_descriptor(int fd, const fs::path& path, std::size_t limit) {
  std::string bytes;
  char buffer[16384];
  for (;;) {
    const auto count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(path.string() + ": cannot be read: " + reason());
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (bytes.size() > limit)
      return fail(path.string() + ": is larger than " + std::to_string(limit) + " octets");
  }
}

/// Writes a new file beside `path`, synced; its name.
std::string write_beside(const fs::path& path, std::string_view bytes, unsigned mode) {
  auto temporary = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) throw_errno("cannot be written", path);
  const auto give_up = [&] {
    const int error = errno;
    ::unlink(temporary.c_str());
    errno = error;
    throw_errno("cannot be written", path);
  };
  while (!bytes.empty()) {
    const auto count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) give_up();
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0) give_up();
  return temporary;
}

void sync_folder_of(const fs::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  // O_NONBLOCK: opening a FIFO that nobody writes must not wait for ever.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return fail(path.string() + ": cannot be read: " + reason());
  struct stat status;
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(path.string() + ": is no regular file");
  return read_descriptor(file.get(), path, limit);
}

fs::path find_secret(const fs::path& file) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (!directory || !*directory || !file.has_filename()) return file;
  const auto credential = fs::path(directory) / file.filename();
  std::error_code ignored;
  return fs::exists(credential, ignored) ? credential : file;
}

Result<std::string> read_secret(const fs::path& file) {
  const auto path = find_secret(file);
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  const bool is_credential = directory && path.parent_path() == fs::path(directory);
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened) return fail(path.string() + ": cannot be read: " + reason());
  struct stat status;
  if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(path.string() + ": is no regular file");
  const mode_t others = is_credential ? S_IRWXO : S_IRWXG | S_IRWXO;
  if ((status.st_mode & others) != 0)
    return fail(path.string() + ": others may read this secret; run: chmod 600 " + path.string());
  auto bytes = read_descriptor(opened.get(), path, 64 * 1024);
  if (bytes) {
    while (!bytes->empty() && (bytes->back() == '\n' || bytes->back() == '\r')) bytes->pop_back();
  }
  return bytes;
}

void write_file(const fs::path& path, std::string_view bytes, unsigned mode) {
  const auto temporary = write_beside(path, bytes, mode);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    errno = error;
    throw_errno("cannot be written", path);
  }
  sync_folder_of(path);
}

bool create_file(const fs::path& path, std::string_view bytes, unsigned mode) {
  const auto temporary = write_beside(path, bytes, mode);
  // Unlike rename, link replaces nothing.
  const bool made = ::link(temporary.c_str(), path.c_str()) == 0;
  const int error = made ? 0 : errno;
  ::unlink(temporary.c_str());
  errno = error;
  if (!made && error != EEXIST) throw_errno("cannot be written", path);
  sync_folder_of(path);
  return made;
}

}  // namespace postrider
