#include "base/zone_files.h"

#include <date/tz.h>
#include <date/tz_private.h>
#include <stdexcept>
#include <sys/stat.h>

#include "base/files.h"

namespace postrider {

namespace {

// Where date/tz looks for a zone: a name that leads elsewhere starts there.
constexpr const char* folder_of_system = "/usr/share/zoneinfo";
constexpr std::size_t largest_file = 1024 * 1024;

}  // namespace

std::shared_ptr<const date::time_zone> ZoneFiles::find(std::string_view zone, Now now) {
  const std::lock_guard lock(mutex_);
  look_at_files(now);
  if (const auto known = zones_.find(zone); known != zones_.end()) return known->second.read;
  const std::string name(zone);
  const auto print = print_of(name);
  auto made = read(name);
  if (made) zones_[name] = {print, made};
  return made;
}

std::uint64_t ZoneFiles::version(Now now) {
  const std::lock_guard lock(mutex_);
  look_at_files(now);
  return version_;
}

/// date/tz itself reads each file once, for good: so each reading is a zone of its own.
std::shared_ptr<const date::time_zone> ZoneFiles::read(const std::string& zone) const {
  // Of a file that is none, date/tz would make an end of the program.
  const auto bytes = read_file(folder_ / zone, largest_file);
  if (!bytes || !bytes->starts_with("TZif")) return nullptr;
  try {
    const auto name = folder_ == folder_of_system
                          ? zone
                          : (folder_ / zone).lexically_relative(folder_of_system).string();
    auto made = std::make_shared<const date::time_zone>(name, date::detail::undocumented{});
    made->get_info(date::sys_seconds{});
    return made;
  } catch (const std::exception&) {
    return nullptr;
  }
}

ZoneFiles::Print ZoneFiles::print_of(const std::string& zone) const {
  struct stat status;
  if (::stat((folder_ / zone).c_str(), &status) != 0) return {};
  return {
      status.st_ino, status.st_size,
      static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

/// A file that is gone or cannot be read is left aside: an update may be under way.
void ZoneFiles::look_at_files(Now now) {
  if (now - looked_at_ < look_every) return;
  looked_at_ = now;
  for (auto& [name, zone] : zones_) {
    const auto print = print_of(name);
    if (print == zone.print || print == Print{}) continue;
    auto made = read(name);
    if (!made) continue;
    zone = {print, std::move(made)};
    ++version_;
  }
}

}  // namespace postrider
