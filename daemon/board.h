// The notice board of a running daemon: a small file beside the database that the daemon keeps
// locked and on which it writes what only it knows (relays, connections, trouble). The kernel drops
// the lock with the process, so a second daemon is refused exactly while the first one lives, and
// `status` can tell a running daemon from a dead one. Its space is reserved when it is opened: the
// daemon can still say "disk full" on a full disk.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postrider::daemon {

/// Error: the file has several names (hard links). By another one it would be locked, and its log
/// written, elsewhere, which damages it.
Result<void> check_one_name(const std::filesystem::path& database);

class Board {
 public:
  /// Takes the board of this database. Error: another daemon has it, or it has several names.
  static Result<std::unique_ptr<Board>> take(const std::filesystem::path& database);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// Replaces what the board says; cut off at its size (16 KiB).
  void write(std::string_view text);

  /// What the running daemon's board says; nothing: no daemon is running.
  static std::optional<std::string> read(const std::filesystem::path& database);

 private:
  explicit Board(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace postrider::daemon
