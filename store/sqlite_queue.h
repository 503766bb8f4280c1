// The queue's storage in SQLite. Belongs to the writer thread.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "queue/issue.h"
#include "queue/refusals.h"
#include "queue/store.h"
#include "store/sqlite.h"
#include "store/turns.h"

namespace postrider::store {

class SqliteQueue final : public queue::Store {
 public:
  /// Begins a new epoch: what a dead daemon claimed goes back to the queue, what it left `sending`
  /// becomes in_doubt by queue::after_crash.
  SqliteQueue(Database& database, const queue::RetryPolicy& policy, Instant now);

  void transact(const std::function<void()>& work) override;
  queue::Taken claim(Instant now, std::size_t most, queue::Gate& gate) override;
  bool begin_sending(const queue::Claim& claim, Instant now) override;
  bool is_sending(IssueId issue) override;
  void record(const queue::Claim& claim, const queue::Attempt& attempt,
              const queue::Next& next) override;
  void release(const queue::Claim& claim, Instant due) override;
  void keep(const queue::Allowance& allowance) override;
  void keep(const queue::Pause& pause) override;

  /// Domains that have settings of their own now: their deliveries of issues under way get a pacing
  /// group where they have none.
  void pace(const std::set<std::string>& domains);

 private:
  /// A row that a claim speaks of, as it is now.
  struct Held {
    queue::DeliveryState state;
    int attempts;
    bool ours;  // claimed or sending, and by this very claim
    GroupId group;
    std::optional<Instant> due;
  };

  /// What a transaction has changed of an issue's sums; written once, at its end.
  struct Difference {
    queue::IssueSums sums;
    bool may_be_settled = false;
    Instant at;
  };

  void recover(const queue::RetryPolicy& policy, Instant now);
  /// An issue that is being sent, with its groups.
  struct UnderWay {
    IssueId id;
    std::int64_t revision;
    Turns turns;
  };

  void look_at_issues();
  UnderWay load(IssueId issue, std::int64_t revision);
  std::optional<Instant> next_due(IssueId issue, GroupId group);
  void waits(const queue::DeliveryKey& key, GroupId group, std::optional<Instant> due);
  void claim_of(UnderWay& issue, Instant now, std::size_t most, queue::Gate& gate,
                std::vector<queue::Claimed>& claimed);
  std::size_t claim_deliveries(IssueId issue, GroupId group, Instant now, std::size_t most,
                               std::vector<queue::Claimed>& claimed);
  void claim_notices(Instant now, std::size_t most, queue::Gate& gate, queue::Taken& taken);
  std::optional<Instant> next_time(Instant now);
  std::int64_t new_number();
  /// Nothing: the row is gone.
  std::optional<Held> held(const queue::Claim& claim);
  void call_off(const queue::Claim& claim);
  /// False: no such row. `number_too`: of the claim, where the statement asks for it.
  bool change(std::string_view sql, const queue::Claim& claim, const queue::Next& next,
              std::optional<std::int64_t> number_too);
  void note(const queue::Claim& claim, const queue::Attempt& attempt);
  /// The reader is still on the list and the issue still under way, so that it may wait for a try.
  bool still_wanted(const queue::DeliveryKey& key);
  void settle_at_end(IssueId issue, Instant at);
  /// sending → paused, with the reason for the operator.
  void pause(IssueId issue, const std::string& why, Instant now);
  void moved(IssueId issue, queue::DeliveryState from, int attempts_before, queue::DeliveryState to,
             int attempts_now);

  Database& database_;
  std::int64_t epoch_ = 0;
  std::int64_t claims_ = 0;                 // of this epoch
  std::vector<UnderWay> under_way_;         // in the order of their start
  std::map<GroupId, std::string> domains_;  // of all groups met
  std::set<std::string> paced_;
  std::map<IssueId, Difference> differences_;
  queue::Refusals refusals_;
};

}  // namespace postrider::store
