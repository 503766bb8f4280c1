#include "base/time_zone.h"

#include <algorithm>
#include <date/tz.h>
#include <stdexcept>

#include "base/civil_time.h"
#include "base/zone_files.h"

namespace postrider {

namespace {

ZoneFiles& files() {
  static ZoneFiles system("/usr/share/zoneinfo");
  return system;
}

using ZonePointer = std::shared_ptr<const date::time_zone>;

ZonePointer find(std::string_view zone) {
  return files().find(zone, std::chrono::steady_clock::now());
}

tl::unexpected<Error> unknown(std::string_view zone) {
  return fail("'" + std::string(zone) + "' is no time zone; write one like Europe/Berlin or UTC");
}

}  // namespace

bool is_time_zone(std::string_view zone) {
  try {
    date::locate_zone(std::string(zone));  // knows which of the folder's files are zones
    return find(zone) != nullptr;
  } catch (const std::runtime_error&) {
    return false;
  }
}

const std::vector<std::string>& zone_names() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto& zone : date::get_tzdb().zones) all.push_back(zone.name());
    std::sort(all.begin(), all.end());
    return all;
  }();
  return names;
}

std::uint64_t zones_version() { return files().version(std::chrono::steady_clock::now()); }

Result<Instant> to_instant(LocalTime local, std::string_view zone) {
  const auto found = find(zone);
  if (!found) return unknown(zone);
  const date::local_seconds civil{local.time_since_epoch()};
  const auto info = found->get_info(civil);
  // In a gap every clock jumps at the same moment, which is the end of the first offset.
  if (info.result == date::local_info::nonexistent) return Instant(info.first.end);
  return Instant(date::sys_seconds{civil.time_since_epoch()} - info.first.offset);
}

Result<LocalTime> to_local(Instant instant, std::string_view zone) {
  const auto found = find(zone);
  if (!found) return unknown(zone);
  const auto local = found->to_local(std::chrono::floor<std::chrono::seconds>(instant));
  return LocalTime(local.time_since_epoch());
}

Result<LocalTime> parse_local(std::string_view text) {
  auto rest = text;
  const auto civil = take_civil_time(rest);
  if (civil && rest.empty()) return *civil;
  return fail("'" + std::string(text) + "' is no time; write 2022-01-10 08:00");
}

std::string format_in_zone(Instant instant, std::string_view zone, const std::string& format) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  if (const auto found = find(zone))
    return date::format(format, date::make_zoned(found.get(), seconds));
  return date::format(format, seconds);
}

}  // namespace postrider
