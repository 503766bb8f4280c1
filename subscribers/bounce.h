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
  int bad_domain = 3;  // mails, and days, for which its domain was not there, or took none
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

// Of an issue as a whole -----------------------------------------------------------------------

/// Readers of whom something came back, of so many mails.
struct Share {
  std::int64_t readers = 0;
  std::int64_t mails = 0;
  /// 0 of no mails.
  double value() const;
};

/// What came back of an issue by one cause.
struct IssueShares {
  Share all;
  Share elsewhere;  // but for the domain with most of it: that one has a breaker of its own
  Share before;     // of the issues before it
};

/// So many readers, and such a share, say something: 5 %, and four times what is usual here. Half
/// of that has to be elsewhere, too. What is usual shows after so many mails: the first issue to an
/// old list finds many who are gone, and is to be believed.
constexpr std::int64_t least_history = 100;
constexpr std::int64_t least_hard = 20;
constexpr std::int64_t least_faults = 5;
constexpr double most_usual = 0.05;
constexpr double times_usual = 4;

enum class IssueVerdict : std::uint8_t {
  go_on,
  hold,   // hardly all of them are gone: nobody is suppressed before somebody has looked
  pause,  // the sender's or the mail's own fault: the others would refuse it, too
};

/// `kind`: hard; or policy or content, which count together.
IssueVerdict judge_issue(mail::ReportKind kind, const IssueShares& shares);

/// What large receivers want (Gmail's and Yahoo's rules for bulk senders): below the aim, and never
/// over the limit. One complaint of twenty mails says nothing: it takes three.
constexpr double complaint_aim = 0.001;
constexpr double complaint_limit = 0.003;
constexpr std::int64_t least_complaints = 3;

enum class Complaints : std::uint8_t { well, over_aim, over_limit };

/// Of the mails that were accepted.
Complaints judge_complaints(const Share& complaints);

}  // namespace postrider::subscribers
