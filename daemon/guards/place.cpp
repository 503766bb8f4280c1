#include "daemon/guards/place.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/text.h"

namespace postrider::daemon::guards {

namespace {

/// machine-id(5); before a machine's first start it is empty or "uninitialized".
std::string machine_id() {
  const auto bytes = read_file("/etc/machine-id", 4096);
  const std::string id(bytes ? trim(*bytes) : "");
  return id == "uninitialized" ? "" : id;
}

}  // namespace

store::Place place_of(const std::filesystem::path& database) {
  std::error_code error;
  const auto whole = std::filesystem::canonical(database, error);
  store::Place place{machine_id(), (error ? database : whole).string(), 0, 0};
  struct statx status;
  if (::statx(AT_FDCWD, place.path.c_str(), 0, STATX_INO | STATX_BTIME, &status) != 0) return place;
  place.inode = static_cast<std::int64_t>(status.stx_ino);
  if ((status.stx_mask & STATX_BTIME) != 0)
    place.born = status.stx_btime.tv_sec * 1'000'000'000 + status.stx_btime.tv_nsec;
  return place;
}

}  // namespace postrider::daemon::guards
