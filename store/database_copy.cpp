#include "store/database_copy.h"

#include <fcntl.h>
#include <memory>
#include <sqlite3.h>
#include <unistd.h>

#include "base/descriptor.h"

namespace postrider::store {

namespace {

constexpr int pages_of_a_step = 256;  // 1 MiB
constexpr int pause_of_a_step = 3;    // ms, in which the disk is the others'
constexpr int patience = 10'000;      // ms, for a lock

struct Close {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};
using Connection = std::unique_ptr<sqlite3, Close>;

Result<Connection> connect(const std::filesystem::path& file, int more_flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | more_flags, nullptr);
  Connection connection(opened);
  if (code != SQLITE_OK) return fail(file.string() + ": cannot be opened: " + sqlite3_errstr(code));
  sqlite3_busy_timeout(opened, patience);
  return connection;
}

int execute(const Connection& connection, const char* sql) {
  return sqlite3_exec(connection.get(), sql, nullptr, nullptr, nullptr);
}

}  // namespace

Result<void> copy_database(const std::filesystem::path& from, const std::filesystem::path& to,
                           const CopyProgress& progress) {
  auto source = connect(from, 0);
  if (!source) return tl::make_unexpected(source.error());
  auto target = connect(to, SQLITE_OPEN_CREATE);
  if (!target) return tl::make_unexpected(target.error());
  // All that is read is of the moment of this SELECT: a backup over several would begin anew each
  // time that somebody else writes.
  if (const int code = execute(*source, "BEGIN; SELECT count(*) FROM sqlite_schema");
      code != SQLITE_OK)
    return fail(from.string() + ": cannot be read: " + sqlite3_errstr(code));
  execute(*target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  const std::unique_ptr<sqlite3_backup, Close> backup(
      sqlite3_backup_init(target->get(), "main", source->get(), "main"));
  const Descriptor written(::open(to.c_str(), O_WRONLY | O_CLOEXEC));
  for (int code = SQLITE_OK; backup && code != SQLITE_DONE;) {
    code = sqlite3_backup_step(backup.get(), pages_of_a_step);
    if (code != SQLITE_OK && code != SQLITE_DONE)
      return fail(to.string() + ": the database cannot be copied: " + sqlite3_errstr(code));
    // Little at a time: a commit of others would wait for all that is not on disk yet.
    if (!written || ::fdatasync(written.get()) != 0)
      return fail(to.string() + ": cannot be written");
    const auto whole = sqlite3_backup_pagecount(backup.get());
    if (!progress(whole - sqlite3_backup_remaining(backup.get()), whole))
      return fail("interrupted");
    sqlite3_sleep(pause_of_a_step);
  }
  if (!backup) return fail(to.string() + ": cannot be written: " + sqlite3_errmsg(target->get()));
  return {};
}

}  // namespace postrider::store
