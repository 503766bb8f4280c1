// The slots of a list: [lists.NAME] schedule, skip, timezone, remind.
#include <algorithm>

#include "base/slots.h"
#include "config/checks.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

constexpr std::string_view example = "\"Mon 08:00\"";

template <class T>
void sort_once(std::vector<T>& all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

/// What `parse` makes of each text; faults for the others.
template <class T, class Parse>
std::vector<T> read_each(const Section& section, std::string_view key, std::string_view such_as,
                         const std::optional<std::vector<Section::Item>>& items, Parse parse) {
  std::vector<T> values;
  if (!items) return values;
  if (items->empty())
    section.fault(key, "is empty; leave it out, or write one such as " + std::string(such_as));
  for (const auto& [text, line] : *items) {
    if (auto value = parse(text))
      values.push_back(*value);
    else
      section.fault_at(line, key, value.error().message);
  }
  sort_once(values);
  return values;
}

Result<Duration> parse_reminder(std::string_view text) {
  const auto span = parse_duration(text);
  if (span && *span == Duration::zero()) return Duration::zero();
  return parse_positive_duration(text);
}

}  // namespace

void read_schedule(const Section& section, const std::string& zone, List& list) {
  auto& schedule = list.schedule;
  schedule.zone = zone;
  section.read("timezone", schedule.zone, parse_zone);
  schedule.slots = read_each<Slot>(section, "schedule", example,
                                   section.text_or_texts("schedule", example), parse_slot);
  schedule.skip = read_each<std::chrono::local_days>(section, "skip", "\"2022-12-26\"",
                                                     section.days("skip"), parse_day);
  section.read("remind", list.remind, parse_reminder);
  if (!section.has("schedule")) {
    for (const auto key : {"skip", "timezone", "remind"})
      if (section.has(key) && (key != std::string_view("remind") || list.remind.count() > 0))
        section.fault(key, "has no use without a schedule; write one, such as schedule = " +
                               std::string(example) + ", or leave this out");
  }
  for (const auto day : schedule.skip)
    if (!schedule.slots.empty() && !has_slot_on(schedule, day))
      section.warn("skip", "no slot of this list comes on " + day_text(day));
}

}  // namespace postrider::config
