// The file outside the database that keeps its count, too (store/identity.h): NAME.claim beside it,
// mode 0600. It is made before anything is counted, synced; after that it is only written once the
// database has committed the same count, and need not be synced: no kill and no power cut leaves it
// ahead of the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/error.h"

namespace postrider::daemon::guards {

class Counter {
 public:
  /// Of that database, by whichever path it is reached.
  explicit Counter(const std::filesystem::path& database);

  const std::filesystem::path& file() const { return file_; }

  /// Nothing: there is none, or it cannot be read.
  std::optional<std::int64_t> read() const;
  /// Makes it where there is none, for the database's own user, or writes it.
  Result<void> write(std::int64_t count) const;

 private:
  std::filesystem::path database_;
  std::filesystem::path file_;
};

}  // namespace postrider::daemon::guards
