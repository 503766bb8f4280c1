// One sender thread's desk: its stock of claimed deliveries, what may go of it now, and the way to
// the writer and back.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "queue/breaks.h"
#include "queue/composer.h"
#include "queue/failures.h"
#include "queue/pacing.h"
#include "queue/relay.h"
#include "queue/stock.h"
#include "queue/writer.h"

namespace postrider::queue {

constexpr auto pause_of_faults = std::chrono::seconds(1);  // of our own, before another try

class SenderDesk final : public Desk, public std::enable_shared_from_this<SenderDesk> {
 public:
  /// What the desks of all senders share; outlives them.
  struct Office {
    Store& store;
    Writer& writer;
    Composer& composer;
    const Clock& clock;
    RetryPolicy policy;
    std::unique_ptr<Pacing> pacing;
    Breaks breaks{};
    Failures failures{};
  };

  /// `relay`: its number in the plan of pacing.
  SenderDesk(std::shared_ptr<Office> office, std::size_t relay);
  ~SenderDesk() override;

  // Desk: on the relay's thread.
  int wake_fd() const override { return wake_; }
  void attend() override;
  std::optional<Parcel> next() override;
  std::size_t waiting() override;
  std::optional<Steady::time_point> ask_again() const override;
  void give_back_stock(const std::string& why) override;
  Steady::time_point stop_by() const override;
  void begin(const Claim& claim, std::function<void(bool)> done) override;
  void finish(const Parcel& parcel, Instant begun, const Outcome& outcome,
              std::function<void()> done) override;
  void release(const Parcel& parcel, Duration delay, const std::string& why) override;
  bool broke(const Parcel& parcel, Instant begun, const std::string& why) override;
  void pressed(const Parcel& parcel, const mail::Reply& reply) override {
    office_->pacing->pressed(parcel.claimed.group, reply);
  }
  void submit() override { office_->writer.submit(orders_); }
  /// Gives back what was claimed and never carried: at the relay's end.
  void close();

  // From any thread.
  /// What is claimed goes back when the relay looks next.
  void stop_by(Steady::time_point when);
  /// The queue, or what may go, has changed.
  void poke();
  std::uint64_t heartbeat() const { return heartbeat_; }
  /// For `status`: something failed that neither the server nor a full disk explains.
  void tell(const std::string& why);
  /// What was told last; empty: nothing.
  std::string trouble() const;

 private:
  struct Batch;
  class DeskGate;

  bool may_go(GroupId group);
  bool still_held_up();
  bool compose(Parcel& parcel);
  void judge(const Parcel& parcel, Instant begun, const Outcome& outcome,
             std::function<void()> done);
  void called_off(const Claim& claim);
  void give_back(const Parcel& parcel, Duration delay);
  Writer::Order put_back(const Claim& claim, Instant due) const;
  void return_claimed(const std::function<bool(const Claimed&)>& wanted);
  void place_is_free();
  void due_at(std::optional<Instant> due);
  void order_claim();
  void order_notices();
  void order_claim(bool of_all, std::function<Taken(Store&, Gate&)> claim);
  void look_again();
  void hand_over(const std::shared_ptr<Batch>& batch);
  void take(Batch& batch);
  std::function<void()> post(std::function<void()> task);
  bool answer(std::function<void()> task);
  void wake();

  const std::shared_ptr<Office> office_;
  const std::size_t relay_;
  const std::size_t low_stock_;
  const int wake_;
  std::atomic<bool> look_again_{true};
  std::atomic<bool> new_notices_{true};  // perhaps
  std::atomic<std::uint64_t> heartbeat_{0};
  std::atomic<Steady::rep> stop_by_{Steady::time_point::max().time_since_epoch().count()};

  // The relay's thread only.
  Stock stock_;
  std::vector<Writer::Order> orders_;  // to be submitted
  std::optional<Instant> next_due_;
  std::optional<Steady::time_point> ask_again_;
  std::unordered_set<std::int64_t> beginning_;  // claims whose begin was not settled otherwise
  bool claiming_ = false;
  bool held_up_ = false;     // nothing of the stock may go, until `ask_again_` or a change
  bool lanes_full_ = false;  // the last claim left some behind for want of places
  int faults_ = 0;           // of the composer, in a row
  Steady::time_point compose_again_{};

  mutable std::mutex mutex_;
  bool closed_ = false;
  std::string trouble_;
  std::deque<std::function<void()>> answers_;
};

}  // namespace postrider::queue
