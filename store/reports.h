// What came back, message by message: each counts once, what it says of our mails is done, and what
// nobody understood or could match is kept in full. Belongs to the thread of its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/hash.h"
#include "base/token.h"
#include "mail/report.h"
#include "store/bounces.h"
#include "store/sqlite.h"

namespace postrider::store {

/// The mail that a verified token names; nothing: there is none, or it has been erased.
std::optional<MailOf> find_mail(Database& database, const ReturnClaims& claims);

/// The mail to that address whose relay called it so when it took it: `id` stands in the reply.
/// Only for what a relay itself says. Nothing: none of a reader's.
std::optional<MailOf> find_mail_called(Database& database, const mail::Address& recipient,
                                       std::string_view id);

struct Arrival {
  std::string source;        // "mailbox", "import", "webhook:ses", …
  Sha256 fingerprint{};      // of what makes it one report
  std::string_view message;  // as it came
  mail::Report report;
  std::optional<MailOf> mail;  // proven; nothing: of no mail of ours, or a forgery
  bool leaves = false;         // proven, too: it asks to leave the list of that mail

  // Of a person's message. Where it may be sent on; nothing: it may not.
  std::optional<mail::Address> forward_to = {};
  // Nothing is proven, but this address says that it wants to leave.
  std::optional<mail::Address> leaver = {};

  // It is about an address that was erased: nothing that names it is kept.
  bool erased = false;

  std::string trace = {};  // lines to keep before the message: what was said of it, but not in it
};

enum class Filed : std::uint8_t {
  known,    // was read before, and nothing of it is kept
  matched,  // what it says of a mail of ours was done
  left,     // a reader left by it
  erased,   // about an address that was erased: neither that nor the message is kept
  kept,     // kept in full: not understood, or of no mail of ours
  person,   // kept in full, too: a person's reply to a mail of ours, or what may be one
  // Kept in full until the notice that was made of it is accepted:
  forwarded,  // a person's reply, which is sent on
  asked,      // whose address says that it wants to leave, is asked
};

class Reports {
 public:
  Reports(Database& database, const subscribers::BouncePolicy& policy)
      : database_(database), policy_(policy) {}

  /// In one transaction, on disk when this returns.
  Filed take(const Arrival& arrival, Instant now);

  // What a mailbox holds still of what was read. mailbox: what it is called; message: in it.

  /// Whether it is settled, so that it may go; nothing: it has not been read.
  std::optional<bool> mark(std::string_view mailbox, std::string_view message);
  /// In the transaction in which it was taken.
  void set_mark(std::string_view mailbox, std::string_view message, bool settled);
  /// They are gone from there.
  void forget_marks(std::string_view mailbox, const std::vector<std::string>& messages);
  /// All others are gone from there.
  void forget_marks_but(std::string_view mailbox, const std::unordered_set<std::string>& messages);

  struct Filing {
    std::string source;
    Instant at;
    bool undone = false;
    std::optional<std::string> message;  // nothing: it is not kept
  };
  std::optional<Filing> find(std::int64_t report);

  struct Kept {
    std::int64_t id = 0;
    std::string source;  // of its Arrival
    std::string message;
  };
  /// The next one that is kept in full behind that one, without one that is answered or undone;
  /// nothing: there are no more.
  std::optional<Kept> next_kept(std::int64_t after);
  /// Judges a kept one again. False: it stays as it is.
  bool replay(std::int64_t report, const Arrival& arrival, Instant now);

  /// Lets go of what is kept of a report in full; it is listed on, and known if it comes again. The
  /// error: nothing is kept of it, or it is about to be sent on.
  Result<void> forget(std::int64_t report);
  /// The same of all that came before then. How many.
  std::int64_t forget_older(Instant then);

  /// Takes what a report did back. Nothing: there is no such report. The error: it is undone.
  Result<Bounces::Undone> undo(std::int64_t report, Instant now);

 private:
  Filed judge(std::int64_t report, const Arrival& arrival, Instant now);

  Database& database_;
  const subscribers::BouncePolicy policy_;
};

}  // namespace postrider::store
