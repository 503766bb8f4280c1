#include "queue/delivery.h"

#include <doctest/doctest.h>

namespace postrider::queue {

namespace {

using namespace std::chrono_literals;

const Instant now{1'000'000s};
const RetryPolicy policy{{1min, 5min}, 1h, true};

}  // namespace

TEST_CASE("a session's failure is nobody's attempt") {
  const auto next = after({}, {OutcomeKind::deferred, Scope::session, {}}, now, policy);
  CHECK(next.delivery.state == DeliveryState::queued);
  CHECK(next.delivery.attempts == 0);
  CHECK_FALSE(next.delivery.first_try);
  CHECK(next.due == now);
}

TEST_CASE("the last delay repeats") {
  Delivery delivery;
  for (const auto delay : {1min, 5min, 5min}) {
    const auto next = after(delivery, {OutcomeKind::deferred, Scope::recipient, {}}, now, policy);
    CHECK(next.due == now + delay);
    delivery = next.delivery;
  }
}

TEST_CASE("a deferral as old as give_up_after is a failure") {
  Delivery delivery;
  delivery.first_try = now - 1h;
  const Outcome deferred{OutcomeKind::deferred, Scope::recipient, {}};
  CHECK(after(delivery, deferred, now, policy).delivery.state == DeliveryState::failed);
  CHECK(after(delivery, deferred, now - 1s, policy).delivery.state == DeliveryState::queued);
}

TEST_CASE("a first try by a clock that was put back since does not keep a delivery for years") {
  Delivery delivery;
  delivery.first_try = now + std::chrono::days(365);
  const Outcome deferred{OutcomeKind::deferred, Scope::recipient, {}};
  const auto next = after(delivery, deferred, now, policy);
  CHECK(next.delivery.first_try == now);
  CHECK(after(next.delivery, deferred, now + 1h, policy).delivery.state == DeliveryState::failed);
}

TEST_CASE("only the recipient's own refusal is a bounce") {
  const auto state = [](Scope scope) {
    return after({}, {OutcomeKind::refused, scope, {}}, now, policy).delivery.state;
  };
  CHECK(state(Scope::recipient) == DeliveryState::bounced);
  CHECK(state(Scope::message) == DeliveryState::failed);
  CHECK(state(Scope::sender) == DeliveryState::failed);
}

TEST_CASE("in doubt while all goes on is resent after a delay, three times, then held") {
  const Outcome in_doubt{OutcomeKind::in_doubt, Scope::session, {}};
  Delivery delivery;
  for (const auto delay : {1min, 5min, 5min}) {
    const auto next = after(delivery, in_doubt, now, policy);
    CHECK(next.delivery.state == DeliveryState::in_doubt);
    CHECK(next.due == now + delay);
    delivery = next.delivery;
  }
  const auto held = after(delivery, in_doubt, now, policy);
  CHECK(held.delivery.state == DeliveryState::in_doubt);
  CHECK_FALSE(held.due);
}

TEST_CASE("in doubt is held at once where settings say so") {
  const RetryPolicy hold{{1min}, 1h, false};
  CHECK_FALSE(after({}, {OutcomeKind::in_doubt, Scope::session, {}}, now, hold).due);
  CHECK_FALSE(after_crash({}, now, hold).due);
}

TEST_CASE("each server's judgement is an attempt, and the first one starts the clock") {
  for (const auto kind : {OutcomeKind::delivered, OutcomeKind::deferred, OutcomeKind::refused,
                          OutcomeKind::in_doubt}) {
    const auto next = after({}, {kind, Scope::recipient, {}}, now, policy).delivery;
    CHECK(next.attempts == 1);
    CHECK(next.first_try == now);
    CHECK(after(next, {kind, Scope::recipient, {}}, now + 1h, policy).delivery.first_try == now);
  }
}

TEST_CASE("after a crash a delivery is resent at once, three times at most, then held") {
  Delivery delivery;
  for (int resend = 0; resend < most_resends; ++resend) {
    const auto next = after_crash(delivery, now, policy);
    CHECK(next.due == now);
    delivery = next.delivery;
  }
  CHECK_FALSE(after_crash(delivery, now, policy).due);
}

}  // namespace postrider::queue
