#include "queue/dispatcher.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace postrider::queue {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t claim_at_once = 256;  // deliveries; a restart gives them back
constexpr std::size_t low_stock = 64;
constexpr auto never = std::chrono::steady_clock::time_point::max();
constexpr int most_faults = 8;  // of the composer, in a row
constexpr auto pause_of_faults = std::chrono::seconds(1);
constexpr auto after_a_fault =
    std::chrono::seconds(30);  // a delivery of ours waits for its mending

/// How often in a row the session broke that carried a delivery, on whatever thread. In memory: a
/// restart only begins to count anew.
class Breaks {
 public:
  /// Counts one; true, and forgotten, where that was one too many.
  bool last_straw(const DeliveryKey& key) {
    const std::lock_guard lock(mutex_);
    const bool last = ++counts_[key] >= most_breaks;
    if (last) counts_.erase(key);
    size_ = counts_.size();
    return last;
  }

  void forget(const DeliveryKey& key) {
    if (size_ == 0) return;
    const std::lock_guard lock(mutex_);
    counts_.erase(key);
    size_ = counts_.size();
  }

 private:
  std::mutex mutex_;
  std::map<DeliveryKey, int> counts_;
  std::atomic<std::size_t> size_{0};
};

/// One sender thread's desk: its stock of claimed deliveries, and the way from the writer back.
class SenderDesk final : public Desk, public std::enable_shared_from_this<SenderDesk> {
 public:
  SenderDesk(Store& store, Writer& writer, Composer& composer, const Clock& clock,
             const RetryPolicy& policy, std::string relay, std::shared_ptr<Breaks> breaks)
      : store_(store),
        writer_(writer),
        composer_(composer),
        clock_(clock),
        policy_(policy),
        relay_(std::move(relay)),
        breaks_(std::move(breaks)),
        wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~SenderDesk() override { ::close(wake_); }

  int wake_fd() const override { return wake_; }

  void attend() override {
    ++heartbeat_;
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(wake_, &count, sizeof count);
    std::deque<std::function<void()>> answers;
    {
      const std::lock_guard lock(mutex_);
      answers.swap(answers_);
    }
    for (const auto& answer : answers) answer();
    if (stop_by() != never) give_back_stock();
  }

  std::chrono::steady_clock::time_point stop_by() const override {
    return std::chrono::steady_clock::time_point(std::chrono::steady_clock::duration(stop_by_));
  }

  std::optional<Parcel> next() override {
    if (stop_by() != never) return {};
    if (stock_.size() < low_stock) order_claim();
    while (!stock_.empty() && std::chrono::steady_clock::now() >= compose_again_) {
      Parcel parcel;
      parcel.claimed = std::move(stock_.front());
      stock_.pop_front();
      if (compose(parcel)) return parcel;
    }
    return {};
  }

  void begin(const Claim& claim, std::function<void(bool)> done) override {
    const auto ours = std::make_shared<bool>(false);
    writer_.submit({[self = shared_from_this(), claim, ours] {
                      *ours = self->store_.begin_sending(claim, self->clock_.now());
                    },
                    post([this, claim, ours, done] {
                      if (!*ours) give_back(claim.key.issue);
                      done(*ours);
                    }),
                    [self = shared_from_this(), claim, done](const std::string& why) {
                      self->tell("a mail could not be begun: " + why);
                      self->release(claim, self->clock_.now() + after_a_fault);
                      self->answer([done] { done(false); });
                    }});
  }

  void finish(const Parcel& parcel, Instant begun, const Outcome& outcome,
              std::function<void()> done) override {
    const auto now = clock_.now();
    const auto next = after(parcel.claimed.delivery, outcome, now, policy_);
    breaks_->forget(parcel.claimed.key);
    due_at(next.due);
    writer_.submit(
        {[self = shared_from_this(), claim = parcel.claimed.claim(), begun, now, outcome, next] {
           self->store_.record(claim, {begun, now, self->relay_, outcome}, next);
         },
         done ? post(std::move(done)) : std::function<void()>{},
         // The row stays `sending`: in doubt at the next start, and nobody is lost.
         [self = shared_from_this()](const std::string& why) {
           self->tell("an outcome could not be recorded: " + why);
         }});
  }

  void release(const Parcel& parcel, Duration delay, const std::string&) override {
    const auto due = clock_.now() + delay;
    due_at(due);
    release(parcel.claimed.claim(), due);
  }

  bool broke(const Parcel& parcel, Instant begun, const std::string& why) override {
    if (!breaks_->last_straw(parcel.claimed.key)) {
      release(parcel, Duration::zero(), why);
      return false;
    }
    const auto told = "the connection broke each time while this mail was being sent: " + why;
    finish(parcel, begun, {OutcomeKind::deferred, Scope::recipient, {0, "", told}}, {});
    return true;
  }

  /// What is claimed goes back when the relay looks next.
  void stop_by(std::chrono::steady_clock::time_point when) {
    stop_by_ = std::min(when, stop_by()).time_since_epoch().count();
    wake();
  }

  /// The queue may have changed.
  void poke() {
    look_again_ = true;
    wake();
  }

  /// Gives back what was claimed and never carried. On the relay's thread, at its end.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    attend();  // a claim that came in the last moment
    give_back_stock();
  }

  std::uint64_t heartbeat() const { return heartbeat_; }

  /// For `status`: something failed that neither the server nor a full disk explains.
  void tell(const std::string& why) {
    const std::lock_guard lock(mutex_);
    trouble_ = why;
  }
  /// What was told last; empty: nothing.
  std::string trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
  }

 private:
  struct Batch {
    std::vector<Claimed> claimed;
    std::optional<Instant> next_due;
  };

  /// False: it was judged or given back; after some faults in a row all waits for a while.
  bool compose(Parcel& parcel) {
    try {
      const auto composed = composer_.compose(parcel);
      faults_ = 0;
      if (composed) return true;
      finish(parcel, clock_.now(),
             {OutcomeKind::refused, Scope::message, {0, "", composed.error().message}}, {});
    } catch (const std::exception& error) {
      tell(std::string("a mail could not be composed: ") + error.what());
      release(parcel, after_a_fault, error.what());
      if (++faults_ % most_faults == 0)
        compose_again_ = std::chrono::steady_clock::now() + pause_of_faults;
    }
    return false;
  }

  void release(const Claim& claim, Instant due) {
    writer_.submit({[&store = store_, claim, due] { store.release(claim, due); }, {}, {}});
  }

  void give_back_stock() {
    for (const auto& claimed : std::exchange(stock_, {})) release(claimed.claim(), clock_.now());
  }

  /// An issue that was paused or cancelled: what is left of it here goes back, untried.
  void give_back(IssueId issue) {
    std::erase_if(stock_, [&](const Claimed& claimed) {
      if (claimed.key.issue != issue) return false;
      release(claimed.claim(), clock_.now());
      return true;
    });
    look_again_ = true;
  }

  void due_at(std::optional<Instant> due) {
    if (due && (!next_due_ || *due < *next_due_)) next_due_ = due;
  }

  void order_claim() {
    const auto now = clock_.now();
    if (claiming_) return;
    // Nothing was due when we last looked: look again when something is, or may be.
    if (!look_again_.exchange(false) && !(next_due_ && *next_due_ <= now)) return;
    claiming_ = true;
    const auto batch = std::make_shared<Batch>();
    writer_.submit({[&store = store_, batch, now] {
                      batch->claimed = store.claim(now, claim_at_once);
                      batch->next_due = store.next_due();
                    },
                    [self = shared_from_this(), batch] { self->hand_over(batch); },
                    [self = shared_from_this()](const std::string&) {
                      self->answer([self] {
                        self->claiming_ = false;
                        self->look_again_ = true;
                      });
                    }});
  }

  /// On the writer thread: to the sender, or back to the queue where that has ended.
  void hand_over(const std::shared_ptr<Batch>& batch) {
    if (answer([this, batch] { take(*batch); })) return;
    for (const auto& claimed : batch->claimed) release(claimed.claim(), clock_.now());
  }

  void take(Batch& batch) {
    claiming_ = false;
    next_due_.reset();
    due_at(batch.next_due);
    for (auto& claimed : batch.claimed) stock_.push_back(std::move(claimed));
  }

  /// A function for the writer thread that has `task` run by `attend`.
  std::function<void()> post(std::function<void()> task) {
    return [self = shared_from_this(), task = std::move(task)] { self->answer(task); };
  }

  /// False: the sender has ended and attends no more.
  bool answer(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return false;
      answers_.push_back(std::move(task));
    }
    wake();
    return true;
  }

  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  }

  Store& store_;
  Writer& writer_;
  Composer& composer_;
  const Clock& clock_;
  const RetryPolicy policy_;
  const std::string relay_;
  const std::shared_ptr<Breaks> breaks_;
  const int wake_;
  std::atomic<bool> look_again_{true};
  std::atomic<std::uint64_t> heartbeat_{0};
  std::atomic<std::chrono::steady_clock::rep> stop_by_{never.time_since_epoch().count()};

  // The relay's thread only.
  std::deque<Claimed> stock_;
  std::optional<Instant> next_due_;
  bool claiming_ = false;
  int faults_ = 0;  // of the composer, in a row
  std::chrono::steady_clock::time_point compose_again_{};

  mutable std::mutex mutex_;
  bool closed_ = false;
  std::string trouble_;
  std::deque<std::function<void()>> answers_;
};

struct Sender {
  std::unique_ptr<Relay> relay;
  std::shared_ptr<SenderDesk> desk;
  std::jthread thread;
};

/// A relay that fails altogether (no memory, no descriptors left) is run again after a while.
void run(Relay& relay, SenderDesk& desk, const std::stop_token& stop) {
  try {
    relay.run(desk, stop);
  } catch (const std::exception& error) {
    desk.tell(std::string("the relay's thread failed: ") + error.what());
    std::mutex mutex;
    std::unique_lock lock(mutex);
    const auto until = std::chrono::steady_clock::now() + pause_of_faults;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < until) {
      desk.attend();
      std::condition_variable_any().wait_for(lock, stop, 250ms, [] { return false; });
    }
  }
}

}  // namespace

struct Dispatcher::State {
  std::vector<Sender> senders;
  std::atomic<bool> stopped = false;
};

Dispatcher::Dispatcher(Store& store, Writer& writer, Composer& composer, const Clock& clock,
                       RetryPolicy policy, std::vector<std::unique_ptr<Relay>> relays)
    : state_(std::make_unique<State>()) {
  const auto breaks = std::make_shared<Breaks>();
  for (auto& relay : relays) {
    auto desk = std::make_shared<SenderDesk>(store, writer, composer, clock, policy,
                                             relay->status().name, breaks);
    state_->senders.push_back({std::move(relay), std::move(desk), {}});
  }
  for (auto& sender : state_->senders) {
    sender.thread =
        std::jthread([relay = sender.relay.get(), desk = sender.desk](const std::stop_token& stop) {
          while (!stop.stop_requested()) run(*relay, *desk, stop);
          desk->close();
        });
  }
}

Dispatcher::~Dispatcher() {
  if (!state_->stopped) stop(patience_at_end);
  join();
}

void Dispatcher::stop(std::chrono::seconds patience) {
  state_->stopped = true;
  const auto by = std::chrono::steady_clock::now() + patience;
  for (auto& sender : state_->senders) sender.desk->stop_by(by);
  for (auto& sender : state_->senders) sender.thread.request_stop();
}

void Dispatcher::join() {
  for (auto& sender : state_->senders)
    if (sender.thread.joinable()) sender.thread.join();
}

void Dispatcher::poke() {
  for (const auto& sender : state_->senders) sender.desk->poke();
}

std::vector<RelayStatus> Dispatcher::status() const {
  std::vector<RelayStatus> all;
  for (const auto& sender : state_->senders) {
    all.push_back(sender.relay->status());
    if (const auto trouble = sender.desk->trouble(); !trouble.empty())
      all.back().last_error = trouble;
  }
  return all;
}

std::vector<std::uint64_t> Dispatcher::heartbeats() const {
  std::vector<std::uint64_t> all;
  for (const auto& sender : state_->senders) all.push_back(sender.desk->heartbeat());
  return all;
}

}  // namespace postrider::queue
