// The year's books: for each issue, who was to get it when it started, which mails of it came out,
// who left meanwhile; and whether the ledger says the same. They know the ledger by its rows alone,
// and nothing of the code that writes them. What is wrong is kept as a line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/sqlite.h"
#include "year/outbox.h"
#include "year/readers.h"
#include "year/timetable.h"

namespace postrider::year {

/// One reader and one issue.
struct Place {
  bool is_in_audience = false;
  bool has_left = false;        // since the issue started
  bool may_still_come = false;  // was on its way when the reader left
  std::uint8_t copies = 0;
  int version = 0;  // of the text of the last one
};

struct Published {
  std::string slug;
  std::vector<std::string> subjects;  // of its mails, by version
  std::size_t list = 0;
  std::int64_t id = 0;                // in the ledger; 0: has not started there, as far as known
  std::set<Instant> possible_starts;  // what the clock said whenever it could start
  std::vector<Place> places;          // of each reader there was
  std::map<std::string, long> excluded;
  long audience = 0;
  long came = 0;  // mails, copies among them
  // Of a version that is not the newest, since that is on disk; nothing: they may come.
  std::optional<long> old;
  bool is_cancelled = false;
  bool is_closed = false;
};

struct Counts {
  long mails = 0, copies = 0, left_on_the_way = 0, bounced = 0, other_mails = 0, in_doubt = 0;
};

class Books {
 public:
  Books(store::Database& ledger, Readers& readers) : ledger_(ledger), readers_(readers) {}

  /// A draft of that title is written; no mail of it is to come out yet.
  void announce(const Draft& draft) { slugs_[draft.title] = draft.slug; }
  /// The issue starts, now or as soon as the daemon can.
  void open(const Draft& draft, Instant now);
  /// Time or readers have changed; issues that the ledger does not know as started yet have the
  /// audience of now.
  void bring_up_to_date(Instant now);
  /// Whether all that were opened have started.
  bool have_all_started();

  /// From now on it may come with another text, too.
  void amend(const Draft& draft);

  void enter(const Mail& mail);
  /// The reader has left that list just now, or every one, and the ledger has it.
  void note_leaving(std::size_t reader, std::optional<std::size_t> list);

  /// Sums and states of the issues under way; closes those that have ended.
  void check(Instant now);
  /// All issues once more, as they are at the end; and the slots that nobody had.
  void check_all(const Timetable& timetable);

  Published& of(const std::string& slug) { return issues_.at(slug); }
  const std::map<std::string, Published>& issues() const { return issues_; }
  const Counts& counts() const { return counts_; }
  const std::vector<std::string>& faults() const { return faults_; }
  void blame(std::string fault);

 private:
  void take_audience(Published& issue);
  void learn_start(Published& issue);
  void check_sums(Published& issue);
  void compare(Published& issue);
  void compare(const Published& issue, std::size_t reader, std::int64_t state, std::int64_t doubts);
  void check_quiet(const std::string& list, long slots);

  store::Database& ledger_;
  Readers& readers_;
  std::map<std::string, Published> issues_;
  std::map<std::string, std::string> slugs_;  // by title
  std::vector<std::string> faults_;
  Counts counts_;
};

}  // namespace postrider::year
