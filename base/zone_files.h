// The system's zone files: each is read when it is first asked for, and anew when an update of
// tzdata has put another in its place. Safe to share between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace date {
class time_zone;
}

namespace postrider {

class ZoneFiles {
 public:
  static constexpr auto look_every = std::chrono::minutes(1);
  using Now = std::chrono::steady_clock::time_point;

  explicit ZoneFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Nothing: no such zone, or its file cannot be read. What was given stays as it is.
  std::shared_ptr<const date::time_zone> find(std::string_view zone, Now now);

  /// Grows when a zone that was asked for has another file.
  std::uint64_t version(Now now);

 private:
  /// What differs where a file is another.
  struct Print {
    ino_t inode = 0;
    off_t octets = 0;
    std::int64_t changed = 0;  // nanoseconds
    bool operator==(const Print&) const = default;
  };
  struct Zone {
    Print print;
    std::shared_ptr<const date::time_zone> read;
  };

  Print print_of(const std::string& zone) const;
  std::shared_ptr<const date::time_zone> read(const std::string& zone) const;
  void look_at_files(Now now);

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, Zone, std::less<>> zones_;
  Now looked_at_{};
  std::uint64_t version_ = 0;
};

/// Of the system's: when it grows, what was reckoned by a zone's rules may be another moment.
std::uint64_t zones_version();

}  // namespace postrider
