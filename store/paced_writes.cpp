#include "store/paced_writes.h"

#include <cstddef>
#include <fcntl.h>
#include <initializer_list>
#include <sqlite3.h>
#include <unistd.h>

namespace postrider::store {

namespace {

constexpr int writes_at_once = 64;  // pages, some 256 KB: a disk has them within a millisecond

thread_local const std::atomic<bool>* in_a_hurry = nullptr;  // none: not paced
thread_local int waiting = 0;                                // writes, since the disk had all

ssize_t write_paced(int file, const void* octets, std::size_t size, off_t at) {
  const auto written = ::pwrite(file, octets, size, at);
  if (in_a_hurry && !*in_a_hurry && ++waiting >= writes_at_once) {
    waiting = 0;
    // Only sooner than otherwise; SQLite syncs at the end, and hears there of what fails.
    ::sync_file_range(
        file, 0, 0,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  }
  return written;
}

/// SQLite's own way to take a system call's place, for the whole process.
bool take_its_place() {
  auto* const vfs = sqlite3_vfs_find("unix");
  if (!vfs || vfs->iVersion < 3) return false;
  for (const auto* name : {"pwrite", "pwrite64"})
    if (vfs->xGetSystemCall(vfs, name))
      vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(write_paced));
  return true;
}

}  // namespace

void pace_writes(const std::atomic<bool>& hurry) {
  static const bool is_placed = take_its_place();
  if (is_placed) in_a_hurry = &hurry;
}

}  // namespace postrider::store
