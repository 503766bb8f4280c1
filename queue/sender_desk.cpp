#include "queue/sender_desk.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/random.h"

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

// Deliveries: fewer, and more are claimed, twice as many at once; a restart gives them back.
constexpr std::size_t least_low_stock = 8;
constexpr std::size_t most_low_stock = 128;
constexpr std::size_t most_stock = 4096;  // of many throttled lanes, each with a few
constexpr auto never = Steady::time_point::max();
constexpr int most_faults = 8;       // of the composer, in a row
constexpr auto after_a_fault = 30s;  // a delivery of ours waits for its mending

double chance() { return static_cast<double>(random_u64() >> 11) * 0x1.0p-53; }

}  // namespace

struct SenderDesk::Batch {
  Taken taken;
  bool lanes_full = false;
  bool of_all = true;  // else of notices alone
};

/// What pacing allows this relay, less what one claim has taken already.
class SenderDesk::DeskGate final : public Gate {
 public:
  DeskGate(Pacing& pacing, std::size_t relay) : pacing_(pacing), relay_(relay) {}

  Room room(GroupId group, const std::string& domain) override {
    auto room = pacing_.room(relay_, group, domain);
    room.most -= std::min(room.most, taken_[group]);
    lanes_full_ = lanes_full_ || (room.most == 0 && !room.again && !room.elsewhere);
    return room;
  }
  void took(GroupId group, std::size_t count) override { taken_[group] += count; }
  bool lanes_full() const { return lanes_full_; }

 private:
  Pacing& pacing_;
  const std::size_t relay_;
  std::map<GroupId, std::size_t> taken_;
  bool lanes_full_ = false;
};

SenderDesk::SenderDesk(std::shared_ptr<Office> office, std::size_t relay)
    : office_(std::move(office)),
      relay_(relay),
      // A sender that claims all of a small issue leaves nothing for the relay's other threads.
      low_stock_(std::clamp(2 * static_cast<std::size_t>(office_->pacing->plan(relay).connections),
                            least_low_stock, most_low_stock)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

SenderDesk::~SenderDesk() { ::close(wake_); }

// Parcels ---------------------------------------------------------------------------------------

std::optional<Parcel> SenderDesk::next() {
  if (stop_by() != never || still_held_up()) return {};
  order_claim();
  while (Steady::now() >= compose_again_) {
    ask_again_.reset();
    auto claimed = stock_.take([this](GroupId group) { return may_go(group); });
    if (!claimed) {
      held_up_ = stock_.size() > 0;
      if (held_up_) order_claim();  // others may go
      return {};
    }
    Parcel parcel;
    parcel.claimed = std::move(*claimed);
    if (compose(parcel)) return parcel;
  }
  return {};
}

std::size_t SenderDesk::waiting() {
  if (stop_by() != never || still_held_up()) return 0;
  order_claim();
  return stock_.size();
}

std::optional<Steady::time_point> SenderDesk::ask_again() const {
  // Nobody may have asked again, for want of a connection.
  return ask_again_ && *ask_again_ > Steady::now() ? ask_again_ : std::nullopt;
}

bool SenderDesk::still_held_up() {
  if (held_up_ && ask_again_ && Steady::now() >= *ask_again_) held_up_ = false;
  return held_up_;
}

bool SenderDesk::may_go(GroupId group) {
  const auto again = office_->pacing->hold_up(relay_, group);
  if (!again) return true;
  if (*again == Instant::max()) return false;
  const auto at = Steady::now() + (*again - office_->clock.now());
  if (!ask_again_ || at < *ask_again_) ask_again_ = at;
  return false;
}

/// False: it was judged or given back; after some faults in a row all waits for a while.
bool SenderDesk::compose(Parcel& parcel) {
  try {
    const auto composed = office_->composer.compose(parcel);
    if (std::exchange(faults_, 0) > 0) tell("");
    if (composed) return true;
    finish(parcel, office_->clock.now(),
           {OutcomeKind::refused, Scope::message, {0, "", composed.error().message}}, {});
  } catch (const std::exception& error) {
    tell(std::string("a mail could not be composed: ") + error.what());
    give_back(parcel, after_a_fault);
    if (++faults_ % most_faults == 0) compose_again_ = Steady::now() + pause_of_faults;
  }
  return false;
}

void SenderDesk::begin(const Claim& claim, std::function<void(bool)> done) {
  struct Answer {
    bool ours = false;
    bool sending = true;  // its issue
    bool newest = true;   // what it was composed of
  };
  const auto answer = std::make_shared<Answer>();
  beginning_.insert(claim.number);
  orders_.push_back(
      {[office = office_, claim, answer, left = office_->pacing->left(relay_, claim.group)] {
         answer->ours = office->store.begin_sending(claim, office->clock.now());
         answer->sending =
             answer->ours || claim.key.notice != 0 || office->store.is_sending(claim.key.issue);
         answer->newest = answer->ours || claim.version == 0 ||
                          claim.version == office->store.newest_version(claim.key.issue);
         for (const auto& allowance : left) office->store.keep(allowance);
       },
       post([this, claim, answer, done] {
         if (!answer->ours) called_off(claim);
         if (!answer->sending) {
           // It was paused or cancelled: what is left of it here goes back, untried.
           return_claimed(
               [&](const Claimed& claimed) { return claimed.key.issue == claim.key.issue; });
           look_again_ = true;
         } else if (!answer->newest) {
           // It was amended: what was claimed before goes back, and is composed anew.
           return_claimed([&](const Claimed& claimed) {
             return claimed.key.issue == claim.key.issue && claimed.version <= claim.version;
           });
           look_again();
         }
         done(answer->ours);
       }),
       [self = shared_from_this(), claim, done](const std::string& why) {
         self->tell("a mail could not be begun: " + why);
         self->office_->writer.submit(
             self->put_back(claim, self->office_->clock.now() + after_a_fault));
         self->answer([self, claim, done] {
           self->called_off(claim);
           done(false);
         });
       }});
}

/// It is not to be sent any more, unless it was settled while that was being found out.
void SenderDesk::called_off(const Claim& claim) {
  if (beginning_.erase(claim.number) > 0) office_->pacing->settled(relay_, claim.group, nullptr);
}

void SenderDesk::finish(const Parcel& parcel, Instant begun, const Outcome& outcome,
                        std::function<void()> done) {
  const auto& claimed = parcel.claimed;
  const bool sender_refused = outcome.kind == OutcomeKind::refused &&
                              outcome.scope == Scope::sender && outcome.reply.code > 0;
  if (sender_refused && office_->pacing->sender_refused(relay_, claimed.group, outcome.reply)) {
    office_->failures.note(outcome, office_->clock.now());
    return give_back(parcel, Duration::zero());
  }
  beginning_.erase(claimed.number);
  office_->pacing->settled(relay_, claimed.group, &outcome);
  place_is_free();
  judge(parcel, begun, outcome, std::move(done));
}

void SenderDesk::judge(const Parcel& parcel, Instant begun, const Outcome& outcome,
                       std::function<void()> done) {
  const auto now = office_->clock.now();
  const auto jitter = outcome.kind == OutcomeKind::deferred ? chance() : 0;
  const auto next = after(parcel.claimed.delivery, outcome, now, office_->policy, jitter);
  office_->breaks.forget(parcel.claimed.key);
  office_->failures.note(outcome, now);
  due_at(next.due);
  orders_.push_back({[office = office_, relay = relay_, claim = parcel.claimed.claim(), begun, now,
                      outcome, next] {
                       office->store.record(
                           claim, {begun, now, office->pacing->plan(relay).name, outcome}, next);
                     },
                     done ? post(std::move(done)) : std::function<void()>{},
                     // The row stays `sending`: in doubt at the next start, and nobody is lost.
                     [self = shared_from_this()](const std::string& why) {
                       self->tell("an outcome could not be recorded: " + why);
                     }});
}

void SenderDesk::release(const Parcel& parcel, Duration delay, const std::string& why) {
  office_->failures.note({OutcomeKind::deferred, Scope::session, {0, "", why}},
                         office_->clock.now());
  give_back(parcel, delay);
}

void SenderDesk::give_back(const Parcel& parcel, Duration delay) {
  const auto due = office_->clock.now() + delay;
  beginning_.erase(parcel.claimed.number);
  office_->pacing->settled(relay_, parcel.claimed.group, nullptr);
  place_is_free();
  due_at(due);
  orders_.push_back(put_back(parcel.claimed.claim(), due));
}

bool SenderDesk::broke(const Parcel& parcel, Instant begun, const std::string& why) {
  if (!office_->breaks.last_straw(parcel.claimed.key)) {
    release(parcel, Duration::zero(), why);
    return false;
  }
  const auto told = "the connection broke each time while this mail was being sent: " + why;
  finish(parcel, begun, {OutcomeKind::deferred, Scope::recipient, {0, "", told}}, {});
  return true;
}

Writer::Order SenderDesk::put_back(const Claim& claim, Instant due) const {
  return {[office = office_, claim, due] { office->store.release(claim, due); }, {}, {}};
}

// Claiming --------------------------------------------------------------------------------------

void SenderDesk::order_claim() {
  if (claiming_) return;
  if (stock_.sendable() >= low_stock_) return order_notices();
  const auto now = office_->clock.now();
  if (stock_.size() >= most_stock) return;
  // Nothing was due when we last looked: look again when something is, or may be.
  if (!look_again_.exchange(false) && !(next_due_ && *next_due_ <= now)) return;
  const auto most = office_->pacing->room(relay_, 2 * low_stock_);
  if (most == 0) {
    look_again_ = true;
    return;
  }
  new_notices_ = false;
  next_due_.reset();  // what becomes due from here on is noted beside what the claim finds
  order_claim(true, [now, most](Store& store, Gate& gate) { return store.claim(now, most, gate); });
}

/// Somebody waits for a notice: it does not wait for the stock to go.
void SenderDesk::order_notices() {
  if (stock_.size() >= most_stock || !new_notices_.exchange(false)) return;
  const auto most = office_->pacing->room(relay_, low_stock_);
  if (most == 0) {
    new_notices_ = true;
    return;
  }
  order_claim(false, [now = office_->clock.now(), most](Store& store, Gate& gate) {
    return store.claim_notices(now, most, gate);
  });
}

void SenderDesk::order_claim(bool of_all, std::function<Taken(Store&, Gate&)> claim) {
  claiming_ = true;
  const auto batch = std::make_shared<Batch>();
  batch->of_all = of_all;
  orders_.push_back({[office = office_, relay = relay_, batch, claim = std::move(claim)] {
                       DeskGate gate(*office->pacing, relay);
                       batch->taken = claim(office->store, gate);
                       batch->lanes_full = gate.lanes_full();
                     },
                     [self = shared_from_this(), batch] { self->hand_over(batch); },
                     [self = shared_from_this()](const std::string&) {
                       self->answer([self] {
                         self->claiming_ = false;
                         self->look_again();
                       });
                     }});
}

/// On the writer thread: to the sender, or back to the queue where that has ended.
void SenderDesk::hand_over(const std::shared_ptr<Batch>& batch) {
  if (answer([this, batch] { take(*batch); })) return;
  for (const auto& claimed : batch->taken.claimed)
    office_->writer.submit(put_back(claimed.claim(), office_->clock.now()));
}

void SenderDesk::take(Batch& batch) {
  claiming_ = false;
  lanes_full_ = batch.lanes_full || (lanes_full_ && !batch.of_all);
  due_at(batch.taken.again);
  for (auto& claimed : batch.taken.claimed) {
    office_->pacing->hold(relay_, claimed.group, 1);
    stock_.put(std::move(claimed));
  }
}

void SenderDesk::give_back_stock(const std::string&) {
  return_claimed([](const Claimed&) { return true; });
  look_again_ = true;
}

void SenderDesk::return_claimed(const std::function<bool(const Claimed&)>& wanted) {
  for (const auto& claimed : stock_.take_all(wanted)) {
    office_->pacing->hold(relay_, claimed.group, -1);
    orders_.push_back(put_back(claimed.claim(), office_->clock.now()));
  }
}

/// In a lane, perhaps: then what was left behind may be claimed now.
void SenderDesk::place_is_free() {
  if (lanes_full_) look_again();
  held_up_ = false;
}

void SenderDesk::due_at(std::optional<Instant> due) {
  if (due && (!next_due_ || *due < *next_due_)) next_due_ = due;
}

// Between the threads ---------------------------------------------------------------------------

void SenderDesk::attend() {
  ++heartbeat_;
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(wake_, &count, sizeof count);
  std::deque<std::function<void()>> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  for (const auto& answer : answers) answer();
  if (count > 0) held_up_ = false;  // it was woken: something may have changed
  if (stop_by() != never) return_claimed([](const Claimed&) { return true; });
  submit();
}

Steady::time_point SenderDesk::stop_by() const {
  return Steady::time_point(Steady::duration(stop_by_));
}

void SenderDesk::stop_by(Steady::time_point when) {
  stop_by_ = std::min(when, stop_by()).time_since_epoch().count();
  wake();
}

void SenderDesk::look_again() {
  look_again_ = true;
  new_notices_ = true;
}

void SenderDesk::poke() {
  look_again();
  wake();
}

void SenderDesk::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  attend();  // a claim that came in the last moment
  return_claimed([](const Claimed&) { return true; });
  submit();
}

void SenderDesk::tell(const std::string& why) {
  const std::lock_guard lock(mutex_);
  trouble_ = why;
}

std::string SenderDesk::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

/// A function for the writer thread that has `task` run by `attend`.
std::function<void()> SenderDesk::post(std::function<void()> task) {
  return [self = shared_from_this(), task = std::move(task)] { self->answer(task); };
}

/// On the writer thread. False: the sender has ended and attends no more.
bool SenderDesk::answer(std::function<void()> task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    first = answers_.empty();
    answers_.push_back(std::move(task));
  }
  if (first) office_->writer.at_end([self = shared_from_this()] { self->wake(); });
  return true;
}

void SenderDesk::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

}  // namespace postrider::queue
