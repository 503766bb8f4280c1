// The pages of a database's file as octets, beside SQLite's own reading and writing, through its
// own handle: another one that is closed would drop SQLite's locks. Belongs to the thread of its
// Database. Wraps sqlite3.
#pragma once

#include <cstdint>
#include <span>

#include "store/sqlite.h"

namespace postrider::store {

class PageFile {
 public:
  explicit PageFile(Database& database);

  /// While it lives, nobody copies the log back, so that nobody else writes the file.
  class Hold {
   public:
    explicit Hold(PageFile& file);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    /// False: somebody copies the log back just now.
    explicit operator bool() const { return held_; }

   private:
    PageFile& file_;
    bool held_;
  };

  std::uint64_t size();
  /// False: that is not there, or cannot be read.
  bool read(std::uint64_t offset, std::span<char> to);
  /// Only in a Hold. Throws queue::CannotWrite.
  void write(std::uint64_t offset, std::span<const char> from);
  void sync();

 private:
  sqlite3* connection_;
  void* file_;  // SQLite's handle
};

}  // namespace postrider::store
