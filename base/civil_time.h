// Dates and times of day read strictly, digit by digit: the common part of RFC 3339 and of times
// without a zone. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace postrider {

/// Takes exactly `count` digits off the front of `text`; nothing where others stand there.
std::optional<int> take_digits(std::string_view& text, int count);

/// Takes "2022-01-10" off the front; nothing where there is no such day.
std::optional<std::chrono::local_days> take_date(std::string_view& text);

/// Takes "08:00" or "08:00:30" off the front; nothing where there is no such time of day.
std::optional<std::chrono::seconds> take_time_of_day(std::string_view& text);

/// Takes "2022-01-10T08:00" or "2022-01-10T08:00:30" off the front of `text`; between date and time
/// a T, a t or a blank. Nothing where a digit is missing or too many, or where there is no such
/// date or time of day.
std::optional<std::chrono::local_seconds> take_civil_time(std::string_view& text);

}  // namespace postrider
