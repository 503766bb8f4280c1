#include "year/calendar.h"

#include <cstdlib>
#include <ctime>

namespace postrider::year {

namespace {

using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month_day;

bool is_monday(year_month_day day) { return weekday(sys_days(day)) == std::chrono::Monday; }

bool is_first_wednesday(year_month_day day) {
  return weekday(sys_days(day)) == std::chrono::Wednesday && unsigned(day.day()) <= 7;
}

bool is_last_friday(year_month_day day) {
  const year_month_day week_later(sys_days(day) + std::chrono::days(7));
  return weekday(sys_days(day)) == std::chrono::Friday && week_later.month() != day.month();
}

}  // namespace

Instant moment(const std::string& zone, year_month_day day, std::chrono::minutes time) {
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
  std::tm broken{};
  broken.tm_year = int(day.year()) - 1900;
  broken.tm_mon = static_cast<int>(unsigned(day.month())) - 1;
  broken.tm_mday = static_cast<int>(unsigned(day.day()));
  broken.tm_hour = static_cast<int>(time.count() / 60);
  broken.tm_min = static_cast<int>(time.count() % 60);
  broken.tm_isdst = -1;
  return Instant(std::chrono::seconds(std::mktime(&broken)));
}

std::string text_of(year_month_day day) {
  const auto two = [](unsigned number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  return std::to_string(int(day.year())) + "-" + two(unsigned(day.month())) + "-" +
         two(unsigned(day.day()));
}

const std::vector<List>& lists() {
  using std::chrono::hours;
  static const std::vector<List> all{
      {"report", "Mon 08:00", "America/New_York", "2025-09-01", hours(8), is_monday},
      {"digest", "1st Wed 09:00", "Europe/Berlin", "", hours(9), is_first_wednesday},
      {"essays", "last Fri 17:00", "Australia/Sydney", "", hours(17), is_last_friday}};
  return all;
}

std::vector<Slot> slots(const List& list, year_month_day first, int days) {
  std::vector<Slot> all;
  for (int i = 0; i < days; ++i) {
    const year_month_day day(sys_days(first) + std::chrono::days(i));
    if (list.is_day(day))
      all.push_back({moment(list.zone, day, list.time), day, text_of(day) == list.skip});
  }
  return all;
}

}  // namespace postrider::year
