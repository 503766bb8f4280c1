// Approvals as the ledger keeps them: who said that an issue may go out, and of what. The last one
// of an issue is kept, also when it is void. Belongs to the thread of its Database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "queue/issue.h"
#include "store/sqlite.h"

namespace postrider::store {

/// What an approval is of.
struct Covered {
  std::string content;          // a hash in hex of what would be sent
  std::string readers;          // the same of who would get it: lists and segment
  std::optional<Instant> time;  // queue::Issue::planned_at; nothing: nobody knows yet
  bool by_local_time = false;   // that is what each reader's clock shows

  bool operator==(const Covered&) const = default;

  /// A hash in hex of all of it.
  std::string digest() const;
  /// Its beginning, for people.
  std::string version() const { return digest().substr(0, 12); }
};

struct Approval {
  Covered covered;                     // what may go out
  std::optional<Instant> asked_for{};  // the time that the issue had when it was approved
  std::string by;                      // a user of the system, or a reviewer's address
  Instant at{};
  std::optional<Instant> void_at{};  // seen to be void then
  std::string void_why{};

  bool stands() const { return !void_at; }
  /// What its approver was shown.
  Covered shown() const { return {covered.content, covered.readers, asked_for}; }
};

/// Somebody's word.
struct ApprovalOrder {
  std::string slug{};
  std::string source_hash{};  // of the draft as it was shown
  Covered shown{};            // with what was planned of its time then
  std::string by{};
  bool by_operator = false;  // lets it go whatever holds it; else only if nothing but that does
  bool at_once = false;      // whatever its time
  std::string too_late{};    // the note of one that is held and not to go any more; empty: it may
};

class Approvals {
 public:
  explicit Approvals(Database& database) : database_(database) {}

  std::optional<Approval> of(IssueId issue);

  /// Whether the issue's state allows it; the error says why not.
  static Result<void> allows(const queue::Issue& issue);
  /// Binds it; an issue that is held goes at its time, or at once where that has come. The issue as
  /// it is then. Error: it is not what was shown any more, or its state does not allow it.
  Result<queue::Issue> approve(const ApprovalOrder& order, Instant now);

  /// A word on what goes out at once: an amended text, or an erratum.
  void approve_correction(const queue::Issue& issue, const Covered& shown, const std::string& by,
                          Instant now);

  /// What stood does not any more: an event, and a mail to the operator. `why`: what has changed.
  void make_void(const queue::Issue& issue, std::string_view why, Instant now);

  /// Of an issue that is scheduled.
  void set_note(IssueId issue, std::string_view note);

 private:
  struct Plan {
    std::optional<Instant> chosen_at;
    bool by_slot;
  };
  Plan plan_of(IssueId issue);
  void set_plan(IssueId issue, const Plan& plan);
  std::optional<queue::LocalDay> local_day_of(const queue::Issue& issue);
  void bind(const queue::Issue& issue, const ApprovalOrder& order, Instant time, Instant now);

  Database& database_;
};

}  // namespace postrider::store
