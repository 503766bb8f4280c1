// What happens while an issue is on its way.
#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "year/year.h"

namespace postrider::year {

using namespace std::chrono_literals;

/// Up to three things, each when so many of its mails are out.
void Year::interrupt() {
  const auto slug = on_their_way_.front();
  dice_.seed(seed_ * 10'007 + static_cast<unsigned>(std::hash<std::string>()(slug)));
  std::vector<long> marks(static_cast<std::size_t>(one_in(2) ? 0 : 1 + pick(3)));
  for (auto& mark : marks) mark = pick(static_cast<int>(books_.of(slug).audience) + 1);
  std::sort(marks.begin(), marks.end());
  for (const auto mark : marks) {
    paper_.settle_or([&] { return books_.of(slug).came >= mark; });
    interrupt_once(slug);
    if (!paper_.daemon().runs()) wake();
  }
}

void Year::interrupt_once(const std::string& slug) {
  switch (pick(14)) {
    case 0:
    case 1:
    case 2:
      return crash();
    case 3:
      crash();
      return sleep_a_while();
    case 4:
      some_leave(1 + pick(5));
      return crash();
    case 5:
      return some_leave(1 + pick(20));
    case 6:
      return some_join(1 + pick(5));
    case 7:
      return import();
    case 8:
      return pause(slug);
    case 9:
      return step_clock(one_in(2) ? Minutes(30 + pick(300)) : -Minutes(1 + pick(8)));
    case 10:
      ++events_["stopped and started"];
      return paper_.daemon().end();
    case 11:
      return cancel(slug);
    case 12:
    case 13:
      return amend(slug);
  }
}

/// The writer mends the text while it goes out.
void Year::amend(const std::string& slug) {
  auto draft = timetable_.of(slug);
  ++draft.version;
  auto& issue = books_.of(slug);
  books_.amend(draft);
  if (!paper_.amend(slug, text_of(draft))) return issue.subjects.pop_back();  // it has just ended
  ++events_["issue amended"];
  timetable_.of(slug).version = draft.version;
  paper_.collect();  // what came out before
  issue.old = 0;
  if (one_in(3)) crash();
}

/// The machine is off, and its readers are not.
void Year::sleep_a_while() {
  some_leave(1 + pick(5));
  some_join(1 + pick(3));
  paper_.set_clock(paper_.now() + Minutes(1 + pick(120)));
}

void Year::pause(const std::string& slug) {
  if (!paper_.ledger().pause(slug, "operator", paper_.now())) return;  // it has just ended
  ++events_["issue paused"];
  paper_.settle();
  books_.check(paper_.now());
  some_leave(1 + pick(5));
  if (one_in(3)) {
    crash();
    wake();
  }
  go_to(paper_.now() + Minutes(1 + pick(180)));
  if (const auto resumed = paper_.ledger().resume(slug, "operator", paper_.now()); !resumed)
    books_.blame(slug + ": " + resumed.error().message);
}

/// Once in the year.
void Year::cancel(const std::string& slug) {
  if (was_cancelled_ || !may_readers_change()) return;
  if (!paper_.ledger().cancel(slug, "operator", paper_.now())) return;  // it has just ended
  ++events_["issue cancelled"];
  was_cancelled_ = true;
  books_.of(slug).is_cancelled = true;
}

}  // namespace postrider::year
