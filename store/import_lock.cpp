#include "store/import_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace postrider::store {

namespace {

// Octet 0 is all imports, octet N import N.
struct flock range(short kind, std::int64_t octet) {
  struct flock lock{};
  lock.l_type = kind;
  lock.l_whence = SEEK_SET;
  lock.l_start = octet;
  lock.l_len = 1;
  return lock;
}

std::filesystem::path file_of(const std::filesystem::path& database) {
  return database.string() + ".imports";
}

}  // namespace

Result<ImportLock> ImportLock::take(const std::filesystem::path& database, short kind,
                                    std::string_view refusal) {
  const auto path = file_of(database);
  ImportLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.file_ < 0)
    return fail(path.string() + " cannot be opened: " + std::generic_category().message(errno));
  auto all = range(kind, 0);
  if (::fcntl(lock.file_, F_OFD_SETLK, &all) == 0) return lock;
  if (errno == EAGAIN || errno == EACCES) return fail(std::string(refusal));
  return fail(path.string() + " cannot be locked: " + std::generic_category().message(errno));
}

Result<ImportLock> ImportLock::for_import(const std::filesystem::path& database) {
  return take(database, F_RDLCK,
              "an import is being taken back just now; import again once that has ended");
}

Result<ImportLock> ImportLock::for_undo(const std::filesystem::path& database) {
  return take(database, F_WRLCK,
              "an import is running just now, or another is being taken back; wait for its end, or "
              "stop it by Ctrl-C where it runs, and try again");
}

ImportLock::ImportLock(ImportLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

ImportLock& ImportLock::operator=(ImportLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

ImportLock::~ImportLock() {
  if (file_ >= 0) ::close(file_);
}

void ImportLock::call(std::int64_t import) const {
  auto own = range(F_WRLCK, import);
  ::fcntl(file_, F_OFD_SETLK, &own);
}

bool ImportLock::is_running(const std::filesystem::path& database, std::int64_t import) {
  const ImportLock lock(::open(file_of(database).c_str(), O_RDWR | O_CLOEXEC));
  auto its = range(F_WRLCK, import);
  return lock.file_ >= 0 && ::fcntl(lock.file_, F_OFD_GETLK, &its) == 0 && its.l_type != F_UNLCK;
}

}  // namespace postrider::store
