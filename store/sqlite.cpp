#include "store/sqlite.h"

#include <algorithm>
#include <cstdlib>
#include <sqlite3.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include "queue/store.h"

namespace postrider {
std::string_view schema_file(std::string_view name);
}

namespace postrider::store {

namespace {

constexpr int most_looks = 10'000;                   // at a lock, some 10 s
constexpr std::int64_t application_id = 0x50725264;  // "PrRd"
constexpr int newest_version = 1;
constexpr int cache_size = -16384;  // negative: KB

/// SQLite's own waiting looks again after ever longer pauses, and then misses the moments between
/// the steps of a long work.
int look_again(void*, int looks) {
  if (looks >= most_looks) return 0;
  sqlite3_sleep(1);
  return 1;
}

int look_a_little(void*, int looks) {
  constexpr int most = 10;
  if (looks >= most) return 0;
  sqlite3_sleep(1);
  return 1;
}

bool worth_another_try(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
      return true;
    default:
      return false;
  }
}

std::string plain_words(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "is locked by another program for too long";
    case SQLITE_FULL:
      return "cannot grow: the disk is full";
    case SQLITE_READONLY:
      return "is read-only; give the daemon's user the right to write it and its folder";
    case SQLITE_CANTOPEN:
      return "cannot be opened; look at the rights on it and on its folder";
    case SQLITE_IOERR:
      return "cannot be read or written: input/output error";
    default:
      return {};
  }
}

/// Finds a text without a copy of it. Statements differ in their lengths or near their ends; a hash
/// of all of it took a good part of a short statement's time.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    constexpr std::size_t end = 32;
    const auto from = text.size() - std::min(text.size(), end);
    return std::hash<std::string_view>()(text.substr(from)) + text.size();
  }
};

}  // namespace

struct Database::State {
  std::filesystem::path file;
  sqlite3* connection = nullptr;
  // Statements that are not in use, by their text. Several of one text may be in use at once.
  std::unordered_map<std::string, IdleStatements, TextHash, std::equal_to<>> idle;
  bool in_transaction = false;
  int frames = 0;  // in the log after the last commit; only with gather_commits
  std::function<void(int)> told_frames = {};
  std::function<bool()> go_on = {};

  ~State() {
    for (const auto& [sql, statements] : idle)
      for (auto* const statement : statements) sqlite3_finalize(statement);
    sqlite3_close_v2(connection);
  }

  [[noreturn]] void fail(int code) const {
    const auto words = plain_words(code);
    const auto text =
        "the database " + file.string() + " " +
        (words.empty() ? std::string("is in trouble: ") + sqlite3_errmsg(connection) : words);
    if (worth_another_try(code)) throw queue::CannotWrite(text);
    if (code == SQLITE_INTERRUPT) throw Interrupted("interrupted");
    if ((code & 0xFF) == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw Damaged(text);
    throw std::runtime_error(text);
  }
};

// Statement -------------------------------------------------------------------------------------

Statement::Statement(Database& database, IdleStatements* home, sqlite3_stmt* statement)
    : database_(&database), home_(home), statement_(statement) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      home_(other.home_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_) {}

Statement::~Statement() {
  if (!statement_) return;
  if (!home_) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  home_->push_back(statement_);
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // An empty view may have a null pointer, which SQLite would take for NULL.
  sqlite3_bind_text64(statement_, ++bound_, text.data() ? text.data() : "", text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  sqlite3_bind_blob64(statement_, ++bound_, bytes.data() ? bytes.data() : "", bytes.size(),
                      SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(const Uid& uid) {
  return bind_blob({reinterpret_cast<const char*>(uid.data()), uid.size()});
}

Statement& Statement::bind(Instant instant) { return bind(instant.time_since_epoch().count()); }

Statement& Statement::bind(std::nullopt_t) {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_->state_->fail(code);
}

std::int64_t Statement::run() {
  while (step()) {
  }
  const auto changed = sqlite3_changes64(database_->state_->connection);
  sqlite3_reset(statement_);
  bound_ = 0;
  return changed;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Statement::view(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = sqlite3_column_bytes(statement_, column);
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(size)) : std::string_view();
}

std::string Statement::text(int column) const { return std::string(view(column)); }

Uid Statement::uid(int column) const {
  Uid uid{};
  const auto bytes = view(column);
  std::copy_n(bytes.begin(), std::min(bytes.size(), uid.size()), uid.begin());
  return uid;
}

Instant Statement::instant(int column) const { return Instant(Duration(integer(column))); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<Instant> Statement::optional_instant(int column) const {
  if (is_null(column)) return {};
  return instant(column);
}

// Database --------------------------------------------------------------------------------------

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;

const std::filesystem::path& Database::file() const { return state_->file; }

Statement Database::prepare(std::string_view sql) {
  auto known = state_->idle.find(sql);
  if (known == state_->idle.end()) known = state_->idle.try_emplace(std::string(sql)).first;
  auto& home = known->second;  // stays where it is
  if (!home.empty()) {
    auto* const statement = home.back();
    home.pop_back();
    return Statement(*this, &home, statement);
  }
  return Statement(*this, &home, compile(sql, SQLITE_PREPARE_PERSISTENT));
}

Statement Database::prepare_once(std::string_view sql) {
  return Statement(*this, nullptr, compile(sql, 0));
}

sqlite3_stmt* Database::compile(std::string_view sql, unsigned flags) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(state_->connection, sql.data(), static_cast<int>(sql.size()),
                                      flags, &statement, nullptr);
  if (code != SQLITE_OK) state_->fail(code);
  return statement;
}

void Database::execute(std::string_view sql) {
  const int code =
      sqlite3_exec(state_->connection, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) state_->fail(code);
}

void Database::transact(const std::function<void()>& work) {
  if (state_->in_transaction) return work();
  execute("BEGIN IMMEDIATE");
  state_->in_transaction = true;
  try {
    work();
    execute("COMMIT");
  } catch (...) {
    state_->in_transaction = false;
    // Some errors (full, I/O) have rolled back already.
    if (!sqlite3_get_autocommit(state_->connection))
      sqlite3_exec(state_->connection, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
  state_->in_transaction = false;
}

void Database::begin_reading() {
  if (sqlite3_get_autocommit(state_->connection)) prepare("BEGIN").run();
}

void Database::end_reading() {
  if (!sqlite3_get_autocommit(state_->connection)) prepare("COMMIT").run();
}

void Database::let_others_write() {
  if (!state_->in_transaction) sqlite3_sleep(2);  // they look each millisecond
}

void Database::gather_commits() {
  execute("PRAGMA synchronous = NORMAL");
  execute("PRAGMA foreign_keys = OFF");
  execute("PRAGMA cache_size = -4096");  // it walks on and seldom comes back
  const auto note = [](void* state, sqlite3*, const char*, int frames) {
    static_cast<State*>(state)->frames = frames;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(state_->connection, note, state_.get());
}

void Database::sync_commits() {
  execute("PRAGMA synchronous = FULL");
  execute("PRAGMA foreign_keys = ON");
  execute("PRAGMA cache_size = " + std::to_string(cache_size));
  sqlite3_wal_autocheckpoint(state_->connection, usual_frames);
}

void Database::copy_back(int most_frames) {
  if (state_->frames < most_frames) return;
  state_->frames = 0;
  copy_log();  // where another connection does it, that is good, too
}

void Database::leave_log(std::function<void(int frames)> told) {
  state_->told_frames = std::move(told);
  if (!state_->told_frames) {
    sqlite3_wal_autocheckpoint(state_->connection, usual_frames);
    return;
  }
  const auto tell = [](void* state, sqlite3*, const char*, int frames) {
    static_cast<State*>(state)->told_frames(frames);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(state_->connection, tell, state_.get());
}

std::optional<int> Database::copy_log() {
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(state_->connection, nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, &copied);
  if (code != SQLITE_OK) return {};
  return copied;
}

bool Database::empty_log() {
  auto* const connection = state_->connection;
  // While the second one waits for readers, no writer can begin: it is to find little to do, and to
  // wait for nobody.
  sqlite3_wal_checkpoint_v2(connection, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  sqlite3_busy_handler(connection, look_a_little, nullptr);
  const int code =
      sqlite3_wal_checkpoint_v2(connection, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_handler(connection, look_again, nullptr);
  if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY && (code & 0xFF) != SQLITE_LOCKED)
    state_->fail(code);
  return code == SQLITE_OK;
}

std::uintmax_t Database::size_of_log() const {
  std::error_code error;
  const auto size = std::filesystem::file_size(state_->file.string() + "-wal", error);
  return error ? 0 : size;
}

void Database::ask(std::function<bool()> go_on) {
  constexpr int steps = 100'000;  // of its virtual machine
  const auto stops = [](void* state) { return static_cast<State*>(state)->go_on() ? 0 : 1; };
  state_->go_on = std::move(go_on);
  sqlite3_progress_handler(state_->connection, state_->go_on ? steps : 0, +stops, state_.get());
}

void Database::interrupt() { sqlite3_interrupt(state_->connection); }

sqlite3* Database::connection() const { return state_->connection; }

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(state_->connection);
}

std::int64_t Database::data_version() {
  auto query = prepare("PRAGMA data_version");
  query.step();
  return query.integer(0);
}

namespace {

std::int64_t pragma(Database& database, const std::string& name) {
  auto query = database.prepare("PRAGMA " + name);
  query.step();
  return query.integer(0);
}

/// Applies what the file lacks, each migration with its number in one transaction.
Result<void> migrate(Database& database, OpenMode mode) {
  const auto file = database.file().string();
  const auto version = pragma(database, "user_version");
  const auto id = pragma(database, "application_id");
  auto tables = database.prepare("SELECT count(*) FROM sqlite_schema");
  tables.step();
  const bool is_new = version == 0 && id == 0 && tables.integer(0) == 0;
  if (!is_new && id != application_id)
    return fail(file + ": is a database of another program; name another file in storage.database");
  if (version > newest_version)
    return fail(file + ": was written by a newer Postrider (version " + std::to_string(version) +
                " of its tables, this program knows " + std::to_string(newest_version) +
                "); install that one");
  if (version == newest_version) return {};
  if (mode == OpenMode::read_only)
    return fail(file + ": has older tables; `postrider run` brings them up to date");
  for (auto next = version + 1; next <= newest_version; ++next) {
    auto number = std::to_string(next);
    number.insert(0, 4 - number.size(), '0');
    database.transact([&] {
      // Another process may have done it between our look and our lock.
      if (pragma(database, "user_version") >= next) return;
      database.execute(schema_file("schema/" + number + ".sql"));
      database.execute("PRAGMA user_version = " + std::to_string(next));
      database.execute("PRAGMA application_id = " + std::to_string(application_id));
    });
  }
  return {};
}

/// The file is there, complete and with its mode, before others see it: a switch to WAL beside
/// another program's look would fail. SQLite's own files take the same mode.
Result<void> make_whole(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) return {};
  std::filesystem::create_directories(file.parent_path(), error);
  auto draft = file.string() + ".XXXXXX";
  const int made = ::mkstemp(draft.data());  // mode 0600
  if (made < 0) return fail(file.string() + ": cannot be made; look at the rights on its folder");
  ::close(made);
  {
    const auto opened = Database::open(draft, OpenMode::read_write);
    if (!opened) error = std::make_error_code(std::errc::io_error);
  }
  // Where another program was faster, its file stands.
  if (!error) std::filesystem::create_hard_link(draft, file, error);
  std::filesystem::remove(draft, error);
  if (!std::filesystem::exists(file, error))
    return fail(file.string() + ": cannot be made; look at the room on its disk");
  return {};
}

}  // namespace

void Database::wait_for_nobody() { sqlite3_busy_timeout(state_->connection, 0); }

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, OpenMode mode) {
  if (mode == OpenMode::read_write) {
    if (auto made = make_whole(file); !made) return tl::make_unexpected(made.error());
  }
  // SQLite would leave files of the same mode behind, which stay when this one is mended.
  if (::access(file.c_str(), F_OK) == 0 && ::access(file.c_str(), W_OK) != 0)
    return fail("the database " + file.string() + " " + plain_words(SQLITE_READONLY));
  // Of a file with less than its smallest page SQLite would make a new database.
  std::error_code unknown;
  const auto size = std::filesystem::file_size(file, unknown);
  if (!unknown && size > 0 && size < 512)
    return fail(file.string() + ": is no database; name another file in storage.database");
  auto state = std::make_unique<State>();
  state->file = file;
  const int flags = (mode == OpenMode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  auto& connection = state->connection;
  const int code = sqlite3_open_v2(file.c_str(), &connection, flags, nullptr);
  std::unique_ptr<Database> database(new Database(std::move(state)));
  if (code != SQLITE_OK)
    return fail("the database " + file.string() + " cannot be opened: " + sqlite3_errstr(code));
  sqlite3_busy_handler(database->state_->connection, look_again, nullptr);
  try {
    database->execute("PRAGMA foreign_keys = ON");
    database->execute("PRAGMA secure_delete = ON");
    if (mode == OpenMode::read_write) {
      // Only where there is nothing yet: elsewhere it would write at each opening.
      if (!unknown && size == 0) database->execute("PRAGMA auto_vacuum = INCREMENTAL");
      database->execute("PRAGMA journal_mode = WAL");
      database->execute("PRAGMA synchronous = FULL");
      database->execute("PRAGMA wal_autocheckpoint = " + std::to_string(usual_frames));
      // What a freeze of millions has grown is given back.
      database->execute("PRAGMA journal_size_limit = 67108864");
    }
    database->execute("PRAGMA cache_size = " + std::to_string(cache_size));
    if (auto migrated = migrate(*database, mode); !migrated)
      return tl::make_unexpected(migrated.error());
  } catch (const std::runtime_error& error) {
    return fail(error.what());
  }
  return database;
}

}  // namespace postrider::store
