// A zip archive, read entry by entry in flat memory. Archives from elsewhere are not trusted: what
// could reach out of the archive or swell without end is refused before anything is read. Wraps
// libzip. Not to be shared between threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace postrider::subscribers {

struct ArchiveEntry {
  std::string name;  // UTF-8, with its folders: "posts/1.html"
  std::uint64_t number;
  std::uint64_t size;  // unpacked octets, as the archive says
};

/// What an archive may hold.
struct ArchiveLimits {
  std::uint64_t entries = 100'000;
  std::uint64_t octets = std::uint64_t{16} << 30;  // unpacked, of all entries
  std::uint64_t ratio = 200;                       // unpacked to packed, beyond the first octets:
  std::uint64_t free_octets = 4 << 20;
};

class Archive {
 public:
  /// Error: no zip archive; or one with an entry that is encrypted, a link, outside the archive
  /// ("../x", "/x", "C:x"), there twice, or packed in another way than deflate; or beyond a limit.
  static Result<Archive> open(const std::filesystem::path& file, const ArchiveLimits& limits = {});

  Archive(Archive&&) noexcept;
  Archive& operator=(Archive&&) noexcept;
  ~Archive();

  /// In the archive's order, folders left out.
  const std::vector<ArchiveEntry>& entries() const { return entries_; }

  /// An entry's octets; ends with the archive. Where they are broken, or swell beyond what the
  /// limits allow, the stream goes bad, and `fault` says why. One stream at a time.
  Result<std::unique_ptr<std::istream>> read(const ArchiveEntry& entry);

  /// Why the last stream went bad; empty: it did not.
  const std::string& fault() const;

 private:
  struct Zip;
  explicit Archive(std::unique_ptr<Zip> zip);

  Result<void> take_entries();
  Result<void> take_entry(std::uint64_t number);

  std::unique_ptr<Zip> zip_;
  std::vector<ArchiveEntry> entries_;
};

}  // namespace postrider::subscribers
