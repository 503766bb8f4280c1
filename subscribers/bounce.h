// What follows from a failed mail: one decision over all that is known of an address. Pure; any
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/report.h"

namespace postrider::subscribers {

/// After how many failures an address is not mailed any more; 0: never for that.
struct BouncePolicy {
  int unknown = 1;     // mails to a mailbox that is not there, or has moved
  int bad_domain = 3;  // days on which its domain was not there, or took no mail
  int disabled = 2;    // mails to a mailbox that is disabled
  int full = 5;        // mails to a mailbox that is full, within full_within
  Duration full_within = std::chrono::hours(24 * 30);
};

/// One mail that an address did not get.
struct Strike {
  Instant at;
  std::int64_t mail = 0;  // which one: of one mail there may be several reports
  mail::ReportKind kind = mail::ReportKind::soft;
  std::string reason;  // mail::Finding::reason
};

enum class Verdict : std::uint8_t {
  nothing,   // it says nothing of the address
  count,     // it counts; nothing follows yet
  suppress,  // the address is not to be mailed any more
  complain,  // nor is it, and its owner has left
  tell,      // the sender's or the mail's own fault: for the operator
};

/// `strikes`: those of the address that no later mail has answered, the new one last; never empty.
Verdict judge(std::span<const Strike> strikes, const BouncePolicy& policy);

}  // namespace postrider::subscribers
