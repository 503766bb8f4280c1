#include "store/page_file.h"

#include <sqlite3.h>

#include "queue/store.h"

namespace postrider::store {

namespace {

constexpr int checkpoint_lock = 1;  // https://sqlite.org/walformat.html#wal_locks: WAL_CKPT_LOCK

sqlite3_file* handle(void* file) { return static_cast<sqlite3_file*>(file); }

void require(int code) {
  if (code != SQLITE_OK)
    throw queue::CannotWrite(std::string("the database's file cannot be written: ") +
                             sqlite3_errstr(code));
}

}  // namespace

PageFile::PageFile(Database& database) : connection_(database.connection()), file_(nullptr) {
  require(sqlite3_file_control(connection_, "main", SQLITE_FCNTL_FILE_POINTER, &file_));
}

PageFile::Hold::Hold(PageFile& file)
    : file_(file),
      held_(handle(file.file_)
                ->pMethods->xShmLock(handle(file.file_), checkpoint_lock, 1,
                                     SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE) == SQLITE_OK) {}

PageFile::Hold::~Hold() {
  if (held_)
    handle(file_.file_)
        ->pMethods->xShmLock(handle(file_.file_), checkpoint_lock, 1,
                             SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
}

std::uint64_t PageFile::size() {
  sqlite3_int64 octets = 0;
  require(handle(file_)->pMethods->xFileSize(handle(file_), &octets));
  return static_cast<std::uint64_t>(octets);
}

bool PageFile::read(std::uint64_t offset, std::span<char> to) {
  return handle(file_)->pMethods->xRead(handle(file_), to.data(), static_cast<int>(to.size()),
                                        static_cast<sqlite3_int64>(offset)) == SQLITE_OK;
}

void PageFile::write(std::uint64_t offset, std::span<const char> from) {
  require(handle(file_)->pMethods->xWrite(handle(file_), from.data(), static_cast<int>(from.size()),
                                          static_cast<sqlite3_int64>(offset)));
}

void PageFile::sync() {
  require(handle(file_)->pMethods->xSync(handle(file_), SQLITE_SYNC_NORMAL));
}

}  // namespace postrider::store
