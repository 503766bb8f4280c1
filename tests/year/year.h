// One year of a newsletter, by dice: what its writer, its operator, its readers, its machine and
// its clock do. The same seed makes the same year, but for what threads do in their own time.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "year/books.h"
#include "year/newspaper.h"
#include "year/readers.h"
#include "year/timetable.h"

namespace postrider::year {

class Year {
 public:
  Year(unsigned seed, std::size_t readers);

  /// So many issues of each list; then the books are closed.
  void run(std::size_t weekly, std::size_t monthly);

  const Books& books() const { return books_; }
  /// What happened how often.
  const std::map<std::string, long>& events() const { return events_; }

 private:
  using Minutes = std::chrono::minutes;

  // Dice
  int pick(int below) { return static_cast<int>(dice_() % static_cast<unsigned>(below)); }
  bool one_in(int times) { return pick(times) == 0; }
  std::size_t some_reader() { return static_cast<std::size_t>(pick(int(readers_.size()))); }

  // What is to happen (year_plan.cpp)
  void plan();
  void plan_slot(std::size_t list, const Slot& slot);
  void plan_draft(std::size_t list, const Slot& slot);
  void plan_week(Instant week);
  void at(Instant time, std::function<void()> event);

  // Time and the daemon
  void go_to(Instant time);
  void step_clock(Duration by);
  void look_around();
  void wake();
  void crash();
  void settle();
  void let_go_held();
  void tidy();

  // An issue on its way (year_issue.cpp)
  void interrupt();
  void interrupt_once(const std::string& slug);
  void pause(const std::string& slug);
  void cancel(const std::string& slug);
  void amend(const std::string& slug);
  void sleep_a_while();

  // The writer
  void write(std::size_t list, const std::string& slug);
  void edit(const std::string& slug);
  std::string text_of(const Draft& draft) const;

  // Readers (year_readers.cpp)
  void begin_list(std::size_t readers);
  bool may_readers_change();
  void readers_changed() { books_.bring_up_to_date(paper_.now()); }
  void some_leave(int count);
  void leave(std::size_t reader);
  void some_join(int count);
  void import();
  void some_bounce();

  const unsigned seed_;
  std::mt19937 dice_;
  Readers readers_;
  Timetable timetable_;
  Newspaper paper_;
  Books books_;
  std::multimap<Instant, std::function<void()>> plan_;
  std::map<std::string, long> events_;
  std::vector<std::string> on_their_way_;  // issues that have started and were not settled yet
  std::vector<std::string> held_;          // that wait for the operator
  std::deque<std::string> sent_;           // whose drafts are still there
  std::vector<std::size_t> published_;     // of each list
  std::string last_;                       // issue that was sent
  int drafts_ = 0;
  unsigned planned_ = 0;
  bool is_interrupted_ = false;
  bool was_cancelled_ = false;
};

}  // namespace postrider::year
