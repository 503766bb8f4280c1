// Whole files change the list: any number of imports at once, or one that is taken back. Locks of
// the kernel on a file beside the database, so that they end with their process.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace postrider::store {

class ImportLock {
 public:
  /// Error: an import is being taken back.
  static Result<ImportLock> for_import(const std::filesystem::path& database);
  /// Error: an import is running, or another is being taken back.
  static Result<ImportLock> for_undo(const std::filesystem::path& database);

  ImportLock(ImportLock&& other) noexcept;
  ImportLock& operator=(ImportLock&& other) noexcept;
  ~ImportLock();

  /// Which import it is for.
  void call(std::int64_t import) const;
  static bool is_running(const std::filesystem::path& database, std::int64_t import);

 private:
  explicit ImportLock(int file) : file_(file) {}
  static Result<ImportLock> take(const std::filesystem::path& database, short kind,
                                 std::string_view refusal);
  int file_;
};

}  // namespace postrider::store
