#include "queue/delivery.h"

#include <algorithm>

#include "queue/pressure.h"

namespace postrider::queue {

std::string_view to_string(DeliveryState state) {
  switch (state) {
    case DeliveryState::queued:
      return "queued";
    case DeliveryState::claimed:
      return "claimed";
    case DeliveryState::sending:
      return "sending";
    case DeliveryState::accepted:
      return "accepted";
    case DeliveryState::bounced:
      return "bounced";
    case DeliveryState::failed:
      return "failed";
    case DeliveryState::cancelled:
      return "cancelled";
    case DeliveryState::in_doubt:
      return "in_doubt";
  }
  return {};
}

std::string_view to_string(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::delivered:
      return "delivered";
    case OutcomeKind::deferred:
      return "deferred";
    case OutcomeKind::refused:
      return "refused";
    case OutcomeKind::in_doubt:
      return "in_doubt";
  }
  return {};
}

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::session:
      return "session";
    case Scope::sender:
      return "sender";
    case Scope::message:
      return "message";
    case Scope::recipient:
      return "recipient";
  }
  return {};
}

namespace {

constexpr double most_jitter = 0.1;

Duration delay_after(int tries, const RetryPolicy& policy) {
  const auto last = policy.delays.size() - 1;
  return policy.delays[std::min(static_cast<std::size_t>(std::max(tries, 1) - 1), last)];
}

Duration pause_asked_by(const mail::Reply& reply) {
  if (const auto pressure = pressure_of(reply)) return pressure->pause;
  return asked_pause(reply).value_or(Duration::zero());
}

Next in_doubt(Delivery delivery, std::optional<Instant> due, const RetryPolicy& policy) {
  delivery.state = DeliveryState::in_doubt;
  if (!policy.resend_in_doubt || delivery.resends >= most_resends) return {delivery, {}};
  ++delivery.resends;
  return {delivery, due};
}

/// The clock may have been put back since the first try.
void begin_trying(Delivery& delivery, Instant now) {
  if (!delivery.first_try || *delivery.first_try > now) delivery.first_try = now;
}

}  // namespace

Next after(const Delivery& delivery, const Outcome& outcome, Instant now, const RetryPolicy& policy,
           double jitter) {
  Next next{delivery, {}};
  auto& now_is = next.delivery;
  if (outcome.scope == Scope::session && outcome.kind == OutcomeKind::deferred) {
    now_is.state = DeliveryState::queued;
    next.due = now;
    return next;
  }
  ++now_is.attempts;
  begin_trying(now_is, now);
  switch (outcome.kind) {
    case OutcomeKind::delivered:
      now_is.state = DeliveryState::accepted;
      return next;
    case OutcomeKind::refused:
      now_is.state =
          outcome.scope == Scope::recipient ? DeliveryState::bounced : DeliveryState::failed;
      return next;
    case OutcomeKind::in_doubt:
      return in_doubt(now_is, now + delay_after(now_is.resends + 1, policy), policy);
    case OutcomeKind::deferred:
      break;
  }
  if (now - *now_is.first_try >= policy.give_up_after) {
    now_is.state = DeliveryState::failed;
    return next;
  }
  now_is.state = DeliveryState::queued;
  const auto delay = std::max(delay_after(now_is.attempts, policy), pause_asked_by(outcome.reply));
  next.due = now + delay +
             Duration(static_cast<Duration::rep>(most_jitter * jitter *
                                                 static_cast<double>(delay.count())));
  return next;
}

Next after_crash(const Delivery& delivery, Instant now, const RetryPolicy& policy) {
  auto cut_off = delivery;
  ++cut_off.attempts;
  begin_trying(cut_off, now);
  return in_doubt(cut_off, now, policy);
}

}  // namespace postrider::queue
