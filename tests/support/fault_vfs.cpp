#include "support/fault_vfs.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <sqlite3.h>
#include <string>
#include <vector>

namespace postrider::test {

namespace {

struct Change {
  std::size_t offset = 0;
  std::optional<std::string> bytes;  // none: cut off at the offset

  void apply(std::string& file) const {
    if (!bytes) return file.resize(offset);
    file.resize(std::max(file.size(), offset + bytes->size()));
    file.replace(offset, bytes->size(), *bytes);
  }
};

/// What a power cut leaves of a file, and what came after its last sync.
struct Image {
  std::string synced;
  std::vector<Change> unsynced;

  void sync() {
    for (const auto& change : unsynced) change.apply(synced);
    unsynced.clear();
  }
};

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

struct FaultVfs::Disk {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::map<std::string, Image> images;
  DiskFault fault = DiskFault::io_error;
  int calls = 0, first = for_ever, last = for_ever;
  bool is_down = false;

  bool cuts_power() const {
    return fault == DiskFault::power_cut || fault == DiskFault::torn_power_cut;
  }

  /// Counts a call; true: it is to fail.
  bool strikes() {
    ++calls;
    if (calls < first || calls > last) return false;
    is_down = cuts_power();
    return true;
  }
};

namespace {

FaultVfs::Disk* disk = nullptr;

struct File {
  sqlite3_file base;
  Image* image;  // null: a file that no power cut matters to
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& file_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
const sqlite3_io_methods& real_of(sqlite3_file* file) { return *file_of(file).real()->pMethods; }

int x_close(sqlite3_file* file) { return real_of(file).xClose(file_of(file).real()); }

int x_read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  if (disk->is_down) return SQLITE_IOERR_READ;
  return real_of(file).xRead(file_of(file).real(), bytes, size, offset);
}

int x_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (disk->is_down) return SQLITE_IOERR_WRITE;
  auto* image = file_of(file).image;
  const bool fails = image && disk->strikes();
  if (fails && disk->fault == DiskFault::io_error) return SQLITE_IOERR_WRITE;
  if (fails) size /= 2;
  if (image)
    image->unsynced.push_back(
        {static_cast<std::size_t>(offset),
         std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size))});
  if (disk->is_down) return SQLITE_IOERR_WRITE;
  const int code = real_of(file).xWrite(file_of(file).real(), bytes, size, offset);
  return fails ? SQLITE_FULL : code;
}

int x_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (disk->is_down) return SQLITE_IOERR_TRUNCATE;
  auto* image = file_of(file).image;
  if (image && disk->strikes() && disk->fault != DiskFault::disk_full) return SQLITE_IOERR_TRUNCATE;
  if (image) image->unsynced.push_back({static_cast<std::size_t>(size), {}});
  return real_of(file).xTruncate(file_of(file).real(), size);
}

int x_sync(sqlite3_file* file, int) {
  if (disk->is_down) return SQLITE_IOERR_FSYNC;
  auto* image = file_of(file).image;
  if (!image) return SQLITE_OK;
  if (disk->strikes() && disk->fault != DiskFault::disk_full) return SQLITE_IOERR_FSYNC;
  image->sync();
  return SQLITE_OK;
}

int x_file_size(sqlite3_file* file, sqlite3_int64* size) {
  if (disk->is_down) return SQLITE_IOERR_FSTAT;
  return real_of(file).xFileSize(file_of(file).real(), size);
}

int x_lock(sqlite3_file* file, int level) {
  return real_of(file).xLock(file_of(file).real(), level);
}
int x_unlock(sqlite3_file* file, int level) {
  return real_of(file).xUnlock(file_of(file).real(), level);
}
int x_check_reserved(sqlite3_file* file, int* held) {
  return real_of(file).xCheckReservedLock(file_of(file).real(), held);
}
int x_file_control(sqlite3_file* file, int what, void* argument) {
  return real_of(file).xFileControl(file_of(file).real(), what, argument);
}
int x_sector_size(sqlite3_file* file) { return real_of(file).xSectorSize(file_of(file).real()); }
int x_characteristics(sqlite3_file* file) {
  return real_of(file).xDeviceCharacteristics(file_of(file).real());
}

// The shared memory beside a write-ahead log is no file that has to survive.
int x_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return real_of(file).xShmMap(file_of(file).real(), page, size, extend, memory);
}
int x_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real_of(file).xShmLock(file_of(file).real(), offset, count, flags);
}
void x_shm_barrier(sqlite3_file* file) { real_of(file).xShmBarrier(file_of(file).real()); }
int x_shm_unmap(sqlite3_file* file, int remove) {
  return real_of(file).xShmUnmap(file_of(file).real(), remove);
}

// Version 2: no memory-mapped reads or writes, which would pass us by.
const sqlite3_io_methods methods{2,
                                 x_close,
                                 x_read,
                                 x_write,
                                 x_truncate,
                                 x_sync,
                                 x_file_size,
                                 x_lock,
                                 x_unlock,
                                 x_check_reserved,
                                 x_file_control,
                                 x_sector_size,
                                 x_characteristics,
                                 x_shm_map,
                                 x_shm_lock,
                                 x_shm_barrier,
                                 x_shm_unmap,
                                 nullptr,
                                 nullptr};

Image* image_of(const char* path, int flags) {
  constexpr int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
  if (!path || (flags & kept) == 0) return nullptr;
  auto [found, is_new] = disk->images.try_emplace(path);
  if (is_new) found->second.synced = contents(path);
  return &found->second;
}

int x_open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out) {
  file->pMethods = nullptr;
  if (disk->is_down) return SQLITE_CANTOPEN;
  auto& ours = file_of(file);
  ours.image = image_of(path, flags);
  const int code = disk->real->xOpen(disk->real, path, ours.real(), flags, out);
  if (code == SQLITE_OK) file->pMethods = &methods;
  return code;
}

int x_delete(sqlite3_vfs*, const char* path, int sync) {
  if (disk->is_down) return SQLITE_IOERR_DELETE;
  disk->images.erase(path);
  return disk->real->xDelete(disk->real, path, sync);
}

}  // namespace

FaultVfs::FaultVfs() : disk_(std::make_unique<Disk>()) {
  disk = disk_.get();
  disk->real = sqlite3_vfs_find(nullptr);
  disk->vfs = *disk->real;  // whatever is not of files goes straight to the real one
  disk->vfs.pNext = nullptr;
  disk->vfs.zName = "fault";
  disk->vfs.szOsFile = static_cast<int>(sizeof(File)) + disk->real->szOsFile;
  disk->vfs.xOpen = x_open;
  disk->vfs.xDelete = x_delete;
  sqlite3_vfs_register(&disk->vfs, 1);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&disk_->vfs);
  sqlite3_vfs_register(disk_->real, 1);
  disk = nullptr;
}

void FaultVfs::arm(DiskFault fault, int nth, int calls) {
  mend();
  disk_->fault = fault;
  disk_->first = nth;
  disk_->last = calls == for_ever ? for_ever : nth + calls - 1;
}

void FaultVfs::mend() {
  disk_->calls = 0;
  disk_->first = disk_->last = for_ever;
  disk_->is_down = false;
}

bool FaultVfs::struck() const { return disk_->calls >= disk_->first; }

void FaultVfs::lose_power(bool torn, unsigned seed) {
  std::mt19937 dice(seed);
  constexpr std::size_t sector = 512;
  for (auto& [path, image] : disk_->images) {
    for (const auto& [offset, bytes] : image.unsynced) {
      if (!torn) break;
      if (!bytes && dice() % 2 == 0) Change{offset, {}}.apply(image.synced);
      for (std::size_t at = 0; bytes && at < bytes->size(); at += sector)
        if (dice() % 4 != 0) Change{offset + at, bytes->substr(at, sector)}.apply(image.synced);
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << image.synced;
    std::filesystem::remove(path + "-shm");
  }
  disk_->images.clear();
  mend();
}

}  // namespace postrider::test
