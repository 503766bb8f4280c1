// What is to happen in the year, and when.
#include <chrono>

#include "year/year.h"

namespace postrider::year {

using namespace std::chrono_literals;

void Year::plan() {
  for (std::size_t list = 0; list < lists().size(); ++list)
    for (const auto& slot : timetable_.slots(list)) plan_slot(list, slot);
  for (const auto& slot : timetable_.slots(0)) plan_week(slot.at);
}

/// A draft for it, unless the week is quiet; and somebody looks on when its time comes.
void Year::plan_slot(std::size_t list, const Slot& slot) {
  if (slot.at <= paper_.now() + 24h) return;
  if (!slot.skipped && (list != 0 || !one_in(14))) plan_draft(list, slot);
  if (one_in(3)) at(slot.at - 1min, [] {});
  at(slot.at, [] {});
}

/// Written days or minutes ahead, sometimes after its time; sometimes edited after that.
void Year::plan_draft(std::size_t list, const Slot& slot) {
  const auto before = one_in(10)  ? -Minutes(5 + pick(20 * 60))
                      : one_in(3) ? Minutes(2 + pick(50))
                                  : Minutes(60 + pick(5 * 24 * 60));
  const auto slug = year::text_of(slot.day) + "-" + lists()[list].key;
  const auto written = slot.at - before;
  at(written, [this, list, slug] { write(list, slug); });
  if (before > 10min && one_in(4))
    at(written + Minutes(1 + pick(static_cast<int>(before.count()) - 2)),
       [this, slug] { edit(slug); });
}

/// Between two of the weekly slots, `week` and the one before it, or around it.
void Year::plan_week(Instant week) {
  const auto sometime = [&] { return week - Minutes(60 + pick(6 * 24 * 60)); };
  if (sometime() <= paper_.now()) return;
  at(sometime(), [this] { some_leave(1 + pick(4)); });
  at(sometime(), [this] { some_join(1 + pick(4)); });
  if (one_in(3)) at(sometime(), [this] { import(); });
  if (one_in(2)) at(sometime(), [this] { some_bounce(); });
  if (one_in(4)) at(sometime(), [this] { step_clock(Minutes(20 + pick(5 * 60))); });
  if (one_in(4)) at(sometime(), [this] { step_clock(-Minutes(1 + pick(40))); });
  if (one_in(9)) {
    // Off over a slot: for hours, or for so long that the issue comes too late.
    const auto back = one_in(2) ? Minutes(5 + pick(20 * 60)) : Minutes(26 * 60 + pick(3000));
    at(week - Minutes(30 + pick(3000)), [this] {
      if (!paper_.daemon().runs()) return;
      ++events_["machine off"];
      one_in(2) ? crash() : paper_.daemon().end();
    });
    at(week + back, [this] {
      if (!paper_.daemon().runs()) wake();
    });
  }
}

}  // namespace postrider::year
