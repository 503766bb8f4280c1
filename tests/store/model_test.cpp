// The queue against ten lines of obvious code: a random sequence of everything that can happen to
// an issue, and beside it a map of what each reader's state must be.
#include <algorithm>
#include <map>
#include <random>

#include "house.h"
#include "store/corrections.h"
#include "support/fault_vfs.h"
#include "support/seeds.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::DeliveryState;
using queue::IssueState;
using queue::Outcome;
using queue::OutcomeKind;
using queue::Scope;

namespace {

/// What a reader's delivery must be.
struct Expected {
  DeliveryState state = DeliveryState::queued;
  bool tried = false;
  int resends = 0;
  std::optional<Instant> first_try, due;
  bool left = false;
  std::int64_t claim = 0;                     // the one that holds it
  int version = 0;                            // of the content that went out last
  DeliveryState row = DeliveryState::queued;  // of a claimed one: what it was, and is on disk

  bool waits() const {
    return due && (state == DeliveryState::queued || state == DeliveryState::in_doubt);
  }
  bool in_hand() const {
    return state == DeliveryState::claimed || state == DeliveryState::sending;
  }
};

/// The obvious code.
struct Model {
  IssueState issue = IssueState::sending;
  int version = 1;  // the newest
  std::map<std::string, Expected> readers;
  queue::RetryPolicy policy = test::policy();

  bool under_way() const { return issue == IssueState::sending || issue == IssueState::paused; }

  void becomes(Expected& reader, DeliveryState state, std::optional<Instant> due = {}) {
    const bool unwanted = due && (reader.left || !under_way());
    reader.state = unwanted ? DeliveryState::cancelled : state;
    reader.due = unwanted ? std::nullopt : due;
  }
  void is_cut_off(Expected& reader, Instant now, Instant due) {
    reader.tried = true;
    if (!reader.first_try) reader.first_try = now;
    const bool again = reader.resends < queue::most_resends;
    if (again) ++reader.resends;
    becomes(reader, DeliveryState::in_doubt, again ? std::optional(due) : std::nullopt);
  }
  void answered(Expected& reader, const Outcome& outcome, Instant now) {
    if (outcome.kind == OutcomeKind::in_doubt) return is_cut_off(reader, now, now + 1min);
    if (outcome.kind == OutcomeKind::deferred && outcome.scope == Scope::session)
      return becomes(reader, DeliveryState::queued, now);
    reader.tried = true;
    if (!reader.first_try) reader.first_try = now;
    if (outcome.kind == OutcomeKind::delivered) return becomes(reader, DeliveryState::accepted);
    if (outcome.kind == OutcomeKind::refused && outcome.scope != Scope::recipient &&
        issue != IssueState::sending)
      return becomes(reader, DeliveryState::queued, now);
    if (outcome.kind == OutcomeKind::refused)
      return becomes(reader, outcome.scope == Scope::recipient ? DeliveryState::bounced
                                                               : DeliveryState::failed);
    if (now - *reader.first_try >= policy.give_up_after)
      return becomes(reader, DeliveryState::failed);
    becomes(reader, DeliveryState::queued, now + 1min);
  }
  void crash(Instant now) {
    for (auto& [email, reader] : readers) {
      if (reader.state == DeliveryState::claimed) reader.state = reader.row;
      if (reader.state == DeliveryState::sending) is_cut_off(reader, now, now);
    }
  }
  void call_off(Expected& reader) {
    if (under_way() && (reader.waits() || reader.state == DeliveryState::claimed))
      becomes(reader, DeliveryState::cancelled);
  }
  void retry(Instant now) {
    if (issue == IssueState::cancelled) return;
    for (auto& [email, reader] : readers) {
      const bool is_held = reader.state == DeliveryState::claimed &&
                           reader.row == DeliveryState::queued && reader.tried;
      if (is_held) {
        reader.resends = 0;
        reader.first_try.reset();
        reader.due = now;
      }
      const bool wanted = reader.state == DeliveryState::failed ||
                          (reader.state == DeliveryState::queued && reader.tried) ||
                          (reader.state == DeliveryState::in_doubt && !reader.due);
      if (reader.left || !wanted) continue;
      if (issue == IssueState::sent) issue = IssueState::sending;
      const auto last = reader.version;
      reader = {DeliveryState::queued, true, 0, {}, now};
      reader.version = last;
    }
  }
  void settle() {
    const auto is_open = [](const auto& row) { return row.second.waits() || row.second.in_hand(); };
    if (issue == IssueState::sending && std::none_of(readers.begin(), readers.end(), is_open))
      issue = IssueState::sent;
  }
};

class Walk {
 public:
  explicit Walk(unsigned seed) : dice_(seed) {
    house_.add_readers(readers);
    for (int i = 0; i < readers; ++i) model_.readers[email(i)].due = house_.clock.now();
    id_ = house_.sending();
    start();
  }

  void step() {
    now_ = house_.clock.now();
    switch (pick(21)) {
      case 0:
      case 1:
      case 2:
        return claim();
      case 3:
      case 4:
      case 5:
      case 6:
        return begin();
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
        return record();
      case 12:
        return release();
      case 13:
        return pick(3) == 0 ? crash() : claim();
      case 14:
        return pick(2) == 0 ? pause() : resume();
      case 15:
        return resume();
      case 16:
        return retry();
      case 17:
        return pick(4) == 0 ? leave() : begin();
      case 18:
        return pick(60) == 0 ? cancel() : claim();
      case 19:
        return house_.clock.advance(std::chrono::minutes(pick(200) == 0 ? 3000 : pick(9) - 2));
      case 20:
        return pick(4) == 0 ? amend() : begin();
    }
  }

  void compare() {
    model_.settle();
    CHECK(house_.state(id_) == model_.issue);
    CHECK(house_.sums(id_) == house_.counted(id_));
    CHECK(house_.sums(id_).audience() == readers);
    house_.ledger.recipients(id_, [this](const store::Recipient& row) {
      const auto& expected = model_.readers.at(row.email);
      CAPTURE(row.email);
      const bool claimed = expected.state == DeliveryState::claimed;
      CHECK(to_string(row.state) == to_string(claimed ? expected.row : expected.state));
      CHECK((row.attempts > 0) == expected.tried);
      CHECK(row.version == expected.version);
      if (claimed || expected.waits() || row.state == DeliveryState::in_doubt)
        CHECK(row.due == expected.due);
    });
  }

 private:
  static constexpr int readers = 8;
  static std::string email(int i) { return "reader" + std::to_string(i) + "@readers.example"; }
  int pick(int below) { return static_cast<int>(dice_() % static_cast<unsigned>(below)); }
  /// One of all the claims there ever were, rather a young one.
  const queue::Claimed& some_claim() {
    const auto size = static_cast<int>(claims_.size());
    return claims_[static_cast<std::size_t>(size - 1 -
                                            pick(std::min(size, pick(5) == 0 ? size : 4)))];
  }
  Expected& expected(const queue::Claimed& claimed) { return model_.readers.at(claimed.email); }
  bool holds(const queue::Claimed& claimed) {
    return expected(claimed).in_hand() && expected(claimed).claim == claimed.number;
  }

  void start() {
    queue_ =
        std::make_unique<store::SqliteQueue>(*house_.database, model_.policy, house_.clock.now());
  }

  void claim() {
    const auto most = 1 + pick(4);
    std::vector<queue::Claimed> claimed;
    queue_->transact([&] { claimed = test::claim(*queue_, now_, static_cast<std::size_t>(most)); });
    const auto due = std::count_if(
        model_.readers.begin(), model_.readers.end(),
        [this](const auto& row) { return row.second.waits() && *row.second.due <= now_; });
    const bool sending = model_.issue == IssueState::sending;
    CHECK(std::ssize(claimed) == (sending ? std::min<std::ptrdiff_t>(most, due) : 0));
    for (const auto& one : claimed) {
      auto& reader = expected(one);
      CHECK(reader.waits());
      CHECK(*reader.due <= now_);
      CHECK_FALSE(reader.left);
      CHECK(one.version == model_.version);
      reader.row = reader.state;
      reader.state = DeliveryState::claimed;
      reader.claim = one.number;
      claims_.push_back(one);
    }
  }

  void begin() {
    if (claims_.empty()) return;
    const auto& one = some_claim();
    const bool may = holds(one) && expected(one).state == DeliveryState::claimed;
    const bool newest = one.version == model_.version;
    bool begun = false;
    queue_->transact([&] { begun = queue_->begin_sending(one.claim(), now_); });
    CHECK(begun == (may && newest && model_.issue == IssueState::sending));
    if (begun) expected(one).version = one.version;
    if (may) expected(one).state = begun ? DeliveryState::sending : expected(one).row;
  }

  void record() {
    if (claims_.empty()) return;
    const auto& one = some_claim();
    constexpr std::array kinds{OutcomeKind::delivered, OutcomeKind::deferred, OutcomeKind::refused,
                               OutcomeKind::in_doubt};
    constexpr std::array scopes{Scope::session, Scope::sender, Scope::message, Scope::recipient};
    // No code twice in a row: repeated refusals pause an issue, which is another test's story.
    const Outcome outcome{kinds[static_cast<std::size_t>(pick(4))],
                          scopes[static_cast<std::size_t>(pick(4))],
                          {550 + (code_++ % 2), "", ""}};
    queue_->transact([&] {
      queue_->record(one.claim(), {now_, now_, "relay", outcome},
                     queue::after(one.delivery, outcome, now_, model_.policy));
    });
    if (!holds(one)) return;
    auto& reader = expected(one);
    // As they were when it was claimed: an operator's retry came too late for this try.
    reader.resends = one.delivery.resends;
    reader.first_try = one.delivery.first_try;
    model_.answered(reader, outcome, now_);
  }

  void release() {
    if (claims_.empty()) return;
    const auto& one = some_claim();
    const auto due = now_ + std::chrono::seconds(pick(3));
    queue_->transact([&] { queue_->release(one.claim(), due); });
    if (holds(one)) model_.becomes(expected(one), DeliveryState::queued, due);
  }

  void crash() {
    queue_.reset();
    claims_.clear();  // nobody is left to speak of them
    start();
    model_.crash(now_);
  }

  void pause() {
    const bool may = model_.issue == IssueState::sending;
    CHECK(house_.ledger.pause("weekly", "operator", now_).has_value() == may);
    if (may) model_.issue = IssueState::paused;
  }

  void resume() {
    const bool may = model_.issue == IssueState::paused;
    CHECK(house_.ledger.resume("weekly", "operator", now_).has_value() == may);
    if (may) model_.issue = IssueState::sending;
  }

  void retry() {
    (void)house_.ledger.retry("weekly", "operator", now_);
    model_.retry(now_);
  }

  void amend() {
    const auto left = [](const auto& row) {
      const auto state = row.second.state;
      return state != DeliveryState::accepted && state != DeliveryState::bounced &&
             state != DeliveryState::cancelled;
    };
    const bool may = model_.issue != IssueState::cancelled &&
                     std::any_of(model_.readers.begin(), model_.readers.end(), left);
    const auto amended =
        store::Corrections(*house_.database)
            .amend("weekly", {model_.version, test::House::content(), "hash"}, "operator", now_);
    CHECK(amended.has_value() == may);
    if (may) ++model_.version;
  }

  void cancel() {
    if (!model_.under_way()) return;
    REQUIRE(house_.ledger.cancel("weekly", "operator", now_));
    for (auto& [email, reader] : model_.readers) model_.call_off(reader);
    model_.issue = IssueState::cancelled;
  }

  void leave() {
    const auto who = email(pick(readers));
    if (pick(2) == 0)
      house_.ledger.suppress(*mail::parse_address(who), subscribers::SuppressionReason::asked,
                             "operator", now_);
    else
      house_.ledger.unsubscribe(house_.subscribers.find(who)->id, {}, "reader", "link", now_);
    auto& reader = model_.readers[who];
    reader.left = true;
    model_.call_off(reader);
  }

  std::mt19937 dice_;
  test::House house_;
  Model model_;
  IssueId id_;
  Instant now_;
  std::unique_ptr<store::SqliteQueue> queue_;
  std::vector<queue::Claimed> claims_;
  int code_ = 0;
};

}  // namespace

TEST_CASE("whatever happens, each reader's state is what ten lines of obvious code say") {
  const auto* more = std::getenv("POSTRIDER_SEEDS");
  const unsigned seeds = more ? static_cast<unsigned>(std::atoi(more)) : test::seeds(150);
  const test::FaultVfs without_syncs;  // no power is cut here
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    Walk walk(seed);
    for (int step = 0; step < 150; ++step) {
      INFO("seed ", seed, ", step ", step);
      walk.step();
      walk.compare();
    }
  }
}
