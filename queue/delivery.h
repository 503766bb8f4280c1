// A delivery: one issue to one subscriber, as a state machine. The one function that decides is
// pure; everything else carries out what it says.
//
// clang-format off
//   queued ──claim──▶ claimed ──begin──▶ sending ──2xx──▶ accepted ──late report──▶ bounced
//     ▲                                   │ ├── 4xx, no answer before the final dot ──▶ queued (due later)
//     │                                   │ │                         └── too old ──▶ failed
//     │                                   │ ├── 5xx about the recipient ──▶ bounced
//     │                                   │ └── 5xx about sender or message ──▶ failed
//     └────────── resend ── in_doubt ◀── cut off after the final dot
// clang-format on
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/reply.h"

namespace postrider::queue {

/// The numbers are stored.
enum class DeliveryState : std::uint8_t {
  queued = 0,   // waits for its due time
  claimed = 1,  // taken by a running daemon, nothing of it on a wire yet; never stored
  sending = 2,  // its final dot may be out
  accepted = 3,
  bounced = 4,
  failed = 5,
  cancelled = 6,  // left, erased or suppressed after the freeze, or the issue was cancelled
  in_doubt = 7,   // cut off with its answer unknown; due where it is to be resent
};

std::string_view to_string(DeliveryState state);

enum class OutcomeKind : std::uint8_t {
  delivered,
  deferred,  // temporary, and before the final dot or answered
  refused,   // permanent
  in_doubt,  // cut off after the final dot, before its answer
};

/// Whose failure it is.
enum class Scope : std::uint8_t { session, sender, message, recipient };

std::string_view to_string(OutcomeKind kind);
std::string_view to_string(Scope scope);

/// Who answered.
struct Endpoint {
  std::string host;  // HOST:PORT; empty: nobody was asked
  std::string tls;   // "TLSv1.3"; empty: none
  bool operator==(const Endpoint&) const = default;
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::deferred;
  Scope scope = Scope::recipient;
  mail::Reply reply;  // code 0 and a text of our own where no reply came
  Endpoint peer{};
};

struct Delivery {
  DeliveryState state = DeliveryState::queued;
  int attempts = 0;                  // that reached a server's judgement
  int resends = 0;                   // after in_doubt
  std::optional<Instant> first_try;  // of the first attempt
};

struct RetryPolicy {
  std::vector<Duration> delays{std::chrono::minutes(1)};  // not empty; the last repeats
  Duration give_up_after = std::chrono::hours(48);        // from the first try
  bool resend_in_doubt = true;                            // else hold
};

constexpr int most_resends = 3;

/// What becomes of a delivery.
struct Next {
  Delivery delivery;
  std::optional<Instant> due;  // queued and in_doubt: when to try again; in_doubt without: held
};

/// The state machine's one decision. A session's failure is nobody's attempt: the delivery goes
/// back to the queue as it was, due at once (the relay is the one to wait). A temporary reply that
/// asks for a longer wait than the policy's has it. `jitter`, from 0 to 1, adds at most a tenth to
/// the delay, so that those deferred together do not come back together. Pure.
Next after(const Delivery& delivery, const Outcome& outcome, Instant now, const RetryPolicy& policy,
           double jitter = 0);

/// What becomes of a delivery that a dead daemon left `sending`, at the next start. Pure.
Next after_crash(const Delivery& delivery, Instant now, const RetryPolicy& policy);

}  // namespace postrider::queue
