#include "daemon/board.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace postrider::daemon {

namespace {

constexpr std::size_t size = 16 * 1024;

/// One file for one database, by whichever path it is reached.
std::filesystem::path board_of(const std::filesystem::path& database) {
  std::error_code error;
  const auto whole = std::filesystem::weakly_canonical(database, error);
  return (error ? database : whole).string() + ".lock";
}

/// Whether it comes true within a moment.
bool soon(const std::function<bool()>& is_true) {
  for (int i = 0; i < 20; ++i) {
    if (is_true()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

/// A `status` holds the lock for a moment.
bool lock(int fd) {
  return soon([fd] { return ::flock(fd, LOCK_EX | LOCK_NB) == 0; });
}

/// One that is just made has two for a moment.
bool has_one_name(const std::filesystem::path& database) {
  return soon([&database] {
    struct stat status;
    return ::stat(database.c_str(), &status) != 0 || status.st_nlink < 2;
  });
}

}  // namespace

Result<void> check_one_name(const std::filesystem::path& database) {
  if (has_one_name(database)) return {};
  return fail(database.string() +
              ": has several names (hard links), and would be damaged by programs that know it by "
              "different ones; make a real copy of it, and remove the links");
}

Result<std::unique_ptr<Board>> Board::take(const std::filesystem::path& database) {
  if (auto named = check_one_name(database); !named) return tl::make_unexpected(named.error());
  const auto path = board_of(database);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(path.string() + ": cannot be opened: " + std::strerror(errno));
  std::unique_ptr<Board> board(new Board(fd));
  if (!lock(fd))
    return fail(database.string() +
                ": another `postrider run` works on this database; end that one first");
  if (const int error = ::posix_fallocate(fd, 0, size); error != 0)
    return fail(path.string() + ": cannot be written: " + std::strerror(error));
  board->write("");
  return board;
}

Board::~Board() {
  write("");  // what servers said may name readers
  ::close(fd_);
}

void Board::write(std::string_view text) {
  std::string page(text.substr(0, size));
  page.resize(size, '\0');
  // Within reserved space this only fails on a broken disk, which the writer tells about.
  [[maybe_unused]] const auto count = ::pwrite(fd_, page.data(), page.size(), 0);
}

std::optional<std::string> Board::read(const std::filesystem::path& database) {
  const int fd = ::open(board_of(database).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const bool running = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  std::string page(size, '\0');
  const auto count = running ? ::pread(fd, page.data(), page.size(), 0) : 0;
  ::close(fd);
  if (!running) return {};
  page.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  page.resize(std::strlen(page.c_str()));
  return page;
}

}  // namespace postrider::daemon
