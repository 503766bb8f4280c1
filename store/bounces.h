// What was said of mails after they were sent or refused, and what followed: the delivery that is
// bounced after all, the address that is not mailed any more. Belongs to the thread of its
// Database; call it inside a transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "mail/reply.h"
#include "mail/report.h"
#include "store/breakers.h"
#include "store/ledger.h"
#include "store/sqlite.h"
#include "subscribers/bounce.h"

namespace postrider::store {

/// Whose mail it is.
struct MailOf {
  SubscriberId subscriber;
  IssueId issue;            // 0: of a notice
  std::int64_t notice = 0;  // 0: of an issue
  ListId list;              // that named it; 0: none
  bool operator==(const MailOf&) const = default;
};

/// What has followed: a set of these. The numbers are stored.
namespace effect {
inline constexpr unsigned counted = 1;      // it is a strike
inline constexpr unsigned delivery = 2;     // the delivery became bounced
inline constexpr unsigned suppressed = 4;   // the address is not to be mailed any more
inline constexpr unsigned left = 8;         // the reader was taken off lists
inline constexpr unsigned withheld = 16;    // it would be suppressed, but a breaker asks first
inline constexpr unsigned complained = 32;  // it counts among its issue's complaints
inline constexpr unsigned doubted = 64;     // the delivery was in_doubt before it became bounced
}  // namespace effect

struct Bounce {
  std::int64_t id = 0;
  std::optional<std::int64_t> report = {};  // nothing: said while it was sent
  std::string source = {};                  // of the report: "mailbox"; else "delivery"
  Instant at = {};
  std::string email = {};   // whose mail it is; empty: nobody's
  std::string issue = {};   // slug; empty: none
  std::string notice = {};  // its kind; empty: of none
  mail::Finding finding = {};
  unsigned effects = 0;
  bool undone = false;
  std::string answer = {};  // the kind of the notice that was made of its report; empty: none
  queue::DeliveryState answer_state = {};
};

struct BounceFilter {
  std::string email = {};
  std::string issue = {};  // slug
  std::string domain = {};
  std::optional<std::int64_t> report = {};
  std::optional<mail::ReportKind> kind = {};
  bool unmatched = false;
  bool kept = false;  // of reports that are kept in full
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

/// Whether a reader's address is there, or was.
bool is_domain_of_readers(Database& database, std::string_view domain);

/// The lists that a reader is on, or that one of them (0: all), for `Bounces::undo` to put back:
/// JSON, of a bounce's left_lists.
std::string lists_as_they_are(Database& database, SubscriberId subscriber, ListId list = {});

class Bounces {
 public:
  Bounces(Database& database, const subscribers::BouncePolicy& policy)
      : database_(database), policy_(policy) {}

  /// Keeps it, and does what follows. `report`: that said so; nothing: a server while it was sent.
  /// `mail`: nothing: of no mail of ours, so that nothing follows.
  unsigned take(const mail::Finding& finding, const std::optional<MailOf>& mail,
                std::optional<std::int64_t> report, Instant now);

  /// A server refused the mail for its recipient, for good or until it was given up.
  void refused(const MailOf& mail, const mail::Reply& reply, Instant now);

  struct Undone {
    std::int64_t readers = 0;            // who had something taken back
    std::vector<std::int64_t> standing;  // reports of the same mails by which it has followed anew
  };
  /// Takes all that a report did back, but for what has been changed since.
  Undone undo(std::int64_t report, Instant now);

  /// Newest first, by keyset pages (store/bounces_list.cpp).
  void each(const BounceFilter& filter, const std::function<void(const Bounce&)>& visit);

 private:
  unsigned bounce_delivery(const MailOf& mail, Instant now);
  std::vector<subscribers::Strike> strikes(const MailOf& mail, const mail::Finding& finding,
                                           Instant at);
  bool is_first_complaint(const MailOf& mail);
  /// For the reader. The effects; `left_lists` as it is kept.
  unsigned follow(const BouncedReader& reader, const MailOf& mail, const mail::Finding& finding,
                  const std::string& actor, Instant at, Instant now, std::string& left_lists);
  bool follow_again(std::int64_t bounce, Instant now);
  void undo_one(std::int64_t bounce, Instant now, const std::string& actor);

  Database& database_;
  const subscribers::BouncePolicy policy_;
};

}  // namespace postrider::store
