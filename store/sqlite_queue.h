// The queue's storage in SQLite. Belongs to the writer thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "queue/issue.h"
#include "queue/refusals.h"
#include "queue/store.h"
#include "store/claims.h"
#include "store/sqlite.h"
#include "store/turns.h"
#include "subscribers/bounce.h"

namespace postrider::store {

class SqliteQueue final : public queue::Store {
 public:
  /// What a dead daemon left `sending` becomes in_doubt by queue::after_crash.
  SqliteQueue(Database& database, const queue::RetryPolicy& policy, Instant now,
              const subscribers::BouncePolicy& bounces = {});

  void transact(const std::function<void()>& work) override;
  queue::Taken claim(Instant now, std::size_t most, queue::Gate& gate) override;
  queue::Taken claim_notices(Instant now, std::size_t most, queue::Gate& gate) override;
  bool begin_sending(const queue::Claim& claim, Instant now) override;
  bool is_sending(IssueId issue) override;
  int newest_version(IssueId issue) override;
  void record(const queue::Claim& claim, const queue::Attempt& attempt,
              const queue::Next& next) override;
  void release(const queue::Claim& claim, Instant due) override;
  void keep(const queue::Allowance& allowance) override;
  void keep(const queue::Pause& pause) override;

  /// Domains that have settings of their own now: their deliveries of issues under way get a pacing
  /// group where they have none.
  void pace(const std::set<std::string>& domains);

  /// Nothing is given out from now on, or again (daemon/guards/identity.h).
  void hold_back(bool all) { holds_back_ = all; }
  /// Called after a commit in which mails went on their way, where the database's generation grew
  /// with it: at most once a second.
  void on_growth(std::function<void(std::int64_t generation)> told) {
    told_growth_ = std::move(told);
  }

  /// What follows from refusals, from now on.
  void use(const subscribers::BouncePolicy& bounces) { bounces_ = bounces; }

 private:
  /// What a transaction has changed of an issue's sums; written once, at its end.
  struct Difference {
    queue::IssueSums sums;
    std::map<GroupId, std::int64_t> judged;  // accepted or bounced, of pacing groups but 0
    bool may_be_settled = false;
    bool refused = false;  // for good, and for a recipient
    Instant at;
  };

  /// Where the next claim of a group goes on: all that waits before it is held already.
  struct Position {
    Instant due;
    SubscriberId subscriber;
    auto operator<=>(const Position&) const = default;
  };

  /// An issue that is being sent, with its groups.
  struct UnderWay {
    IssueId id;
    std::int64_t revision;
    int version;  // of its content
    Turns turns;
    std::map<GroupId, Position> positions;  // none: at the beginning
  };

  void recover(const queue::RetryPolicy& policy, Instant now);

  // store/claiming.cpp
  void look_at_issues(Instant now);
  UnderWay load(IssueId issue, std::int64_t revision);
  std::optional<Instant> next_due(IssueId issue, GroupId group, Instant after);
  void claim_of(UnderWay& issue, Instant now, std::size_t most, queue::Gate& gate,
                std::vector<queue::Claimed>& claimed);
  std::size_t claim_deliveries(UnderWay& issue, GroupId group, Instant now, std::size_t most,
                               std::vector<queue::Claimed>& claimed);
  void take_notices(Instant now, std::size_t most, queue::Gate& gate, queue::Taken& taken);
  void take_notices(std::int64_t rank, Instant now, std::size_t most, queue::Gate& gate,
                    queue::Taken& taken);
  std::optional<Instant> next_time(Instant now);
  /// A delivery that is not held any more, and may wait: whoever claims is to find it.
  void waits(const queue::DeliveryKey& key);

  bool is_erased(const queue::DeliveryKey& key);
  void record_outcome(const queue::Claim& claim, const queue::Attempt& attempt,
                      const queue::Next& next);
  /// The row is not as the claim left it: the reader left, or the issue is not being sent.
  void call_off(const queue::Claim& claim);
  /// False: no such row.
  bool change(const queue::DeliveryKey& key, queue::DeliveryState from, const queue::Next& next);
  /// A row that the claim left in that state, and what becomes of it. False: no such row.
  bool judge(const queue::Claim& claim, queue::DeliveryState row, const queue::Attempt& attempt,
             queue::Next next);
  void note(const queue::Claim& claim, const queue::Attempt& attempt);
  /// The reader is still on the list and the issue still under way, so that it may wait for a try.
  bool still_wanted(const queue::DeliveryKey& key);
  void settle_at_end(IssueId issue, Instant at);
  void write_differences();
  /// sending → paused, with the reason for the operator.
  void pause(IssueId issue, const std::string& why, Instant now);
  void grow_with(Instant now);
  void moved(IssueId issue, queue::DeliveryState from, int attempts_before, queue::DeliveryState to,
             int attempts_now);

  Database& database_;
  Claims claims_;
  std::vector<UnderWay> under_way_;         // in the order of their start
  std::map<GroupId, std::string> domains_;  // of all groups met
  std::set<std::string> paced_;
  std::map<IssueId, Difference> differences_;
  queue::Refusals refusals_;
  bool holds_back_ = false;
  std::optional<Instant> grown_at_;    // by this queue
  std::optional<std::int64_t> grown_;  // in the transaction under way
  std::function<void(std::int64_t)> told_growth_;
  subscribers::BouncePolicy bounces_;
};

}  // namespace postrider::store
