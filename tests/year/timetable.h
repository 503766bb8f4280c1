// Which draft is to come out when, as docs/schedule.md promises it to a writer.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "year/calendar.h"

namespace postrider::year {

struct Draft {
  std::string slug;  // its file's name without .md
  std::string title;
  std::size_t list = 0;
  std::chrono::year_month_day date;
  int version = 1;              // of its text
  std::optional<Instant> slot;  // that it waits for, or had
  bool is_out = false;          // has started, or was held
};

class Timetable {
 public:
  Timetable(std::chrono::year_month_day first, int days);

  void write(Draft draft) { drafts_.push_back(std::move(draft)); }
  Draft& of(const std::string& slug);

  struct Turn {
    std::vector<std::string> starts;  // slugs
    std::vector<std::string> held;    // come too late
  };
  /// What a daemon that runs does at that time, having seen all drafts.
  Turn look(Instant now);

  /// Slots that have come, were not to be skipped, and had no draft.
  long quiet(std::size_t list) const { return quiet_.at(list); }
  const std::vector<Slot>& slots(std::size_t list) const { return slots_.at(list); }

 private:
  void deal(std::size_t list, Instant now);

  std::vector<std::vector<Slot>> slots_;  // of each list
  std::vector<Draft> drafts_;
  std::vector<std::set<Instant>> taken_;  // of each list
  std::vector<long> quiet_;
  std::vector<std::size_t> passed_;  // how many of its slots have come
};

}  // namespace postrider::year
