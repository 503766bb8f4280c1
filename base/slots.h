// When issues of a list come out: slots of a week or a month, by wall clock in a zone. Pure, but
// for the zone files.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/time_zone.h"

namespace postrider {

/// "Mon 08:00", "1st Mon 08:00", "last Fri 17:00", "day 1 09:00".
struct Slot {
  enum class Days : std::uint8_t { weekly, nth, last, of_month };

  std::chrono::minutes time{};  // of the day
  Days days = Days::weekly;
  unsigned number = 0;   // nth: 1 to 4; of_month: the day, or a shorter month's last
  unsigned weekday = 0;  // from Sunday; not of_month

  auto operator<=>(const Slot&) const = default;
};

/// The error tells what to write instead.
Result<Slot> parse_slot(std::string_view text);
/// As it is written.
std::string to_string(const Slot& slot);

/// "2022-12-26"
Result<std::chrono::local_days> parse_day(std::string_view text);
/// The same, with its day of the week behind: "2022-12-26, a Mon".
std::string day_text(std::chrono::local_days day);

struct Schedule {
  std::vector<Slot> slots;                    // sorted, each once; empty: none
  std::vector<std::chrono::local_days> skip;  // sorted: without slots
  std::string zone = "UTC";

  bool operator==(const Schedule&) const = default;
};

/// "Mon 08:00, last Fri 17:00"
std::string slots_text(const Schedule& schedule);

/// A moment that slots of a schedule come to.
struct Occurrence {
  Instant at;
  std::string slots;  // as slots_text; several at one moment are one
  bool skipped = false;
};

/// The first after that instant, skipped ones among them. Wall-clock time stays over changes of the
/// zone's offset, as to_instant says. Nothing: there are no slots, or the zone is unknown.
std::optional<Occurrence> next_occurrence(const Schedule& schedule, Instant after);

/// Whether a slot falls on that day, skipped or not.
bool has_slot_on(const Schedule& schedule, std::chrono::local_days day);

}  // namespace postrider
