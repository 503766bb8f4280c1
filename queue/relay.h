// The whole transport in one page. A relay runs on one sender thread: it asks its desk for
// messages, carries them, and says what became of each.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "mail/wire_text.h"
#include "queue/store.h"

namespace postrider::queue {

struct Envelope {
  std::string sender;
  std::string recipient;
  std::string id{};  // ENVID (RFC 3461), which a report about it brings back; empty: none
};

/// A composed message with the delivery it serves.
struct Parcel {
  Claimed claimed;
  Envelope envelope;
  mail::WireText data;
};

constexpr int most_breaks = 3;  // sessions that one delivery may break before it is judged

using Steady = std::chrono::steady_clock;

/// Where one sender thread gets its parcels and leaves their outcomes. Not shared between threads;
/// its answers come through `wake_fd`, which becomes readable when there is something to look at.
class Desk {
 public:
  virtual ~Desk() = default;
  /// An eventfd for the thread's epoll; `attend` clears it, runs what is waiting, and submits.
  virtual int wake_fd() const = 0;
  virtual void attend() = 0;
  /// The next parcel, composed; nothing: none may go now (wake_fd or `ask_again` tells when that
  /// may have changed).
  virtual std::optional<Parcel> next() = 0;
  /// How many parcels `next` may have now, at most: for who opens connections.
  virtual std::size_t waiting() = 0;
  /// When a limit of rate lets the next parcel go; nothing: no such limit is in the way.
  virtual std::optional<Steady::time_point> ask_again() const = 0;
  /// The relay cannot carry any now: what was claimed goes back, for others to carry.
  virtual void give_back_stock(const std::string& why) = 0;
  /// Once the relay was told to stop: until when it may wait for the answer to a final dot.
  virtual Steady::time_point stop_by() const = 0;
  /// Asks for `sending` to be put on disk; `done(true)` is called from `attend` when it is, and
  /// `done(false)` where it is not to be sent any more: it is not to be given back either.
  virtual void begin(const Claim& claim, std::function<void(bool)> done) = 0;
  /// Records an outcome; `done` (may be empty) is called from `attend` when it is on disk. An
  /// outcome and a later `begin` go into one commit where they are asked for together.
  virtual void finish(const Parcel& parcel, Instant begun, const Outcome& outcome,
                      std::function<void()> done) = 0;
  /// Gives a parcel back unjudged, due again after `delay`; `why` in plain words.
  virtual void release(const Parcel& parcel, Duration delay, const std::string& why) = 0;
  /// The server broke the session off while this parcel was being carried. It is given back, but
  /// where that was its `most_breaks`th time it is judged deferred, for it may be what breaks the
  /// sessions. True: it was judged.
  virtual bool broke(const Parcel& parcel, Instant begun, const std::string& why) = 0;
  /// The server wants less mail to the domain of this parcel, and broke the session off so.
  virtual void pressed(const Parcel& /*parcel*/, const mail::Reply& /*reply*/) {}
  /// Hands what was asked for since to the disk, together: before waiting, and before long work.
  virtual void submit() {}
  /// What the server said to an envelope's command ("RCPT TO") or to a message; for who watches.
  virtual void heard(std::string_view /*command*/, const mail::Reply& /*reply*/) {}
};

/// What a relay is doing, for `status`.
struct RelayStatus {
  std::string name;
  std::string state;  // "idle", "connecting", "sending", "waiting", "out"
  int connections = 0;
  std::string last_error;  // in plain words; empty: none since the last success
  std::optional<Instant> retry_at;
  int most_connections = 0;  // that it may have now; 0: not told
};

class Relay {
 public:
  virtual ~Relay() = default;
  /// Carries what the desk gives until stopped; then finishes what is between final dot and answer
  /// (by `Desk::stop_by`), releases the rest in seconds and returns.
  virtual void run(Desk& desk, std::stop_token stop) = 0;
  /// Safe from any thread.
  virtual RelayStatus status() const = 0;
};

}  // namespace postrider::queue
