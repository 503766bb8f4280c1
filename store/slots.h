// The slots of lists, as far as the ledger knows them: which issues go by them, which are taken,
// and what was said of those that are empty. Each change is part of the caller's transaction.
// Belongs to the thread of its Database.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "queue/issue.h"
#include "store/sqlite.h"

namespace postrider::store {

/// A ready draft that goes by its lists' slots, and has not started.
struct SlotDraft {
  IssueId issue;
  std::string slug;
  std::string path;  // below the drafts folder
  std::string date;  // as the draft says it; empty: none
  std::vector<std::string> lists;
  std::optional<Instant> at;  // its slot; nothing: it has none yet
  // The slot that it was dealt last, though it may have lost it since; nothing: none since it was
  // made ready.
  std::optional<Instant> dealt_at;
  std::optional<std::chrono::seconds> local_time = {};  // as queue::Issue has it
  std::optional<Instant> starts = {};                   // by local time: maybe before its slot
};

/// An issue that has a time.
struct TimedIssue {
  IssueId issue;
  std::string slug;
  queue::IssueState state = queue::IssueState::scheduled;
  std::vector<std::string> lists;
  Instant at;  // by local time: the slot that it takes
  std::optional<std::chrono::seconds> local_time = {};
};

class Slots {
 public:
  explicit Slots(Database& database) : database_(database) {}

  /// Whether the issue goes by slots, and the date of its draft. Which slot it was dealt is
  /// forgotten where it does not.
  void set(IssueId issue, bool by_slot, std::string_view date);
  /// The time that the issue of that slug was given as a slot, and keeps until it is dealt another;
  /// nothing: it goes by none, or its file was gone, or it was rejected before that came.
  std::optional<Instant> kept(std::string_view slug);
  bool goes_by_slot(IssueId issue);
  /// As SlotDraft has it, of any issue.
  std::optional<Instant> dealt_at(std::string_view slug);

  /// Scheduled ones and those without a slot yet.
  std::vector<SlotDraft> drafts();
  /// Gives it that slot. `whose`: the lists, for people. `local`: it comes by local time.
  struct LocalStart {
    std::chrono::local_days day;
    Instant at;  // when the first readers' hour comes
  };
  void give(IssueId issue, Instant slot, std::string_view whose, Instant now,
            const std::optional<LocalStart>& local = {});

  /// Those that are to be sent, were or are being sent, or are held, at a time in [from, to];
  /// by local time: that take a slot in it.
  std::vector<TimedIssue> timed(Instant from, Instant to);

  struct Mark {
    std::string schedule;
    Instant looked_to;
  };
  std::optional<Mark> mark(std::string_view list);
  void set_mark(std::string_view list, const Mark& mark);
  void forget_mark(std::string_view list);
  std::map<std::string, Mark> marks();

  bool is_reminded(std::string_view list, Instant slot);
  /// `line`: what the operator is told.
  void remind(std::string_view list, Instant slot, std::string_view line, Instant now);
  /// A slot has passed without an issue. `tell`: the operator, too.
  void note_quiet(std::string_view list, std::string_view line, bool tell, Instant now);

 private:
  Database& database_;
};

}  // namespace postrider::store
