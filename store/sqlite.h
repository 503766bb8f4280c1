// SQLite as RAII values. The only file that includes sqlite3.h is sqlite.cpp.
//
// A Database is one connection and belongs to one thread at a time. Errors are exceptions:
// queue::CannotWrite where it is worth trying again later (full, I/O, read-only, locked), else
// std::runtime_error with SQLite's message.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

struct sqlite3;
struct sqlite3_stmt;

namespace postrider::store {

class Database;
using IdleStatements = std::vector<sqlite3_stmt*>;

/// A prepared statement for one use, taken from the connection's cache; goes back at the end.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Binds the next parameter, from the left. Text and blobs must live until the last step.
  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind(const Uid& uid);
  Statement& bind(Instant instant);
  Statement& bind(std::nullopt_t);
  Statement& bind_blob(std::string_view bytes);
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind(std::nullopt);
  }

  /// True: there is a row.
  bool step();
  /// For statements without rows; the number of rows it changed.
  std::int64_t run();

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::string_view view(int column) const;  // until the next step
  Uid uid(int column) const;
  Instant instant(int column) const;
  bool is_null(int column) const;
  std::optional<Instant> optional_instant(int column) const;

 private:
  friend class Database;
  Statement(Database& database, IdleStatements* home, sqlite3_stmt* statement);
  Database* database_;
  IdleStatements* home_;  // where it goes back to; nothing: it ends with its use
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

/// What SQLite reads is no database, or none any more: no retry mends it.
class Damaged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// By `Database::interrupt`, or by who is asked (`Database::ask`).
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class OpenMode { read_write, read_only };

class Database {
 public:
  /// Opens (read_write: makes, mode 0600, with what incremental vacuum needs) the file with WAL,
  /// synchronous FULL, foreign keys on, what is deleted overwritten (see also store/traces.h), and
  /// applies the migrations that it lacks. Error: no database, a newer one than this program knows,
  /// a folder that cannot be written, damaged.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, OpenMode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Statement prepare(std::string_view sql);
  /// One that is not kept for the next use: of texts that are ever others.
  Statement prepare_once(std::string_view sql);
  void execute(std::string_view sql);

  /// BEGIN IMMEDIATE … COMMIT; undone where `work` or the commit throws. Inside another: part of
  /// it.
  void transact(const std::function<void()>& work);

  /// Until `end_reading`, all that is read is of one moment, and costs one lock; nothing may be
  /// written. Again: nothing happens.
  void begin_reading();
  void end_reading();

  /// Between the transactions of a long work: a moment in which who waits for the lock finds it
  /// free.
  void let_others_write();

  /// For a long work in many transactions: from now on commits are not synced one by one, but by
  /// the next synced one of any connection, and copy nothing of the log back into the file.
  /// References between tables are not checked: the work makes both sides.
  void gather_commits();
  /// Ends that: from now on commits are synced again, and the first one syncs all before it.
  void sync_commits();
  /// Between them: copies the log back where it has grown. Others may read and write meanwhile.
  void copy_back(int most_frames = usual_frames);
  /// From now on no commit copies the log back; `told` hears after each one, on this thread, how
  /// many frames the log has. Empty: commits do it again.
  void leave_log(std::function<void(int frames)> told);
  /// Copies the log back, as far as nobody reads an older state. How many of its frames are copied
  /// now; nothing: another connection is at it, or the disk is in trouble. Others may read and
  /// write meanwhile.
  std::optional<int> copy_log();

  /// Copies all of the log back and makes it empty; others wait no longer than some milliseconds.
  /// False: somebody still reads or writes an older state. Not in a transaction.
  bool empty_log();
  /// How long the log is, in octets.
  std::uintmax_t size_of_log() const;
  /// Of 4 KB each: on a small disk, a log that fills it could never be copied back.
  static constexpr int usual_frames = 1000;

  std::int64_t last_insert_id() const;

  /// From now on `go_on` is asked every few milliseconds of a long statement; false: Interrupted.
  /// Empty: nobody is asked any more.
  void ask(std::function<bool()> go_on);
  /// From any thread: what runs now is Interrupted.
  void interrupt();

  /// From now on a lock of another connection is CannotWrite at once: for an event loop's reads.
  void wait_for_nobody();

  /// PRAGMA data_version: changes when another connection has written.
  std::int64_t data_version();

  const std::filesystem::path& file() const;

 private:
  struct State;
  sqlite3_stmt* compile(std::string_view sql, unsigned flags);
  explicit Database(std::unique_ptr<State> state);
  friend class Statement;
  friend class PageFile;
  sqlite3* connection() const;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::store
