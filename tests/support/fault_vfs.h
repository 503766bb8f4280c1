// A disk for SQLite that breaks when a test says so: it wraps the VFS that SQLite has, and is the
// default one for as long as it lives. It remembers which writes were synced, and syncs nothing in
// truth, so that thousands of runs take seconds. One at a time; one thread; one connection a file.
#pragma once

#include <limits>
#include <memory>

namespace postrider::test {

enum class DiskFault {
  io_error,        // writes, syncs and truncations fail and change nothing
  disk_full,       // writes fail half done
  power_cut,       // every call fails; what was not synced is lost
  torn_power_cut,  // of what was not synced, some sectors are there and some are not
};

class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  static constexpr int for_ever = std::numeric_limits<int>::max();

  /// From the nth write, sync or truncation on (the next one is the first), for that many of them.
  void arm(DiskFault fault, int nth, int calls = for_ever);
  /// All connections are closed: the files are now what a power cut at this moment leaves behind
  /// (`torn`: by the dice of that seed), and the disk is well again.
  void lose_power(bool torn, unsigned seed);
  void mend();

  /// The armed fault has been met.
  bool struck() const;

  struct Disk;

 private:
  std::unique_ptr<Disk> disk_;
};

}  // namespace postrider::test
