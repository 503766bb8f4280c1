// Reads what came back: whose mail it is about, proven by a token of ours, and what it says of it.
// Immutable but for the database that it looks into; belongs to that one's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fingerprints.h"
#include "base/token.h"
#include "config/settings.h"
#include "daemon/return_path.h"
#include "store/reports.h"

namespace postrider::daemon {

/// [bounces] of the settings.
subscribers::BouncePolicy bounce_policy(const config::Settings& settings);

class Returns {
 public:
  Returns(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
          store::Database& database);

  /// `message`: as it came; it has to outlive the result. `source`: as of store::Arrival.
  store::Arrival read(std::string_view message, std::string source) const;
  /// Whose mail a report is about; nothing: it has no proof, or the mail is gone.
  std::optional<store::MailOf> mail_of(const mail::Report& report) const;

  /// The same of what a server delivers to these recipients, of whom there is one at least: an
  /// arrival for each whose address is the proof; one in all where none is.
  std::vector<store::Arrival> read_delivery(std::string_view message, const std::string& source,
                                            const std::string& sender,
                                            const std::vector<std::string>& recipients) const;

  /// Marks what is about an erased address.
  void mark_erased(store::Arrival& arrival) const;

  /// Whether mail to it comes back to us: the bounce address, with whatever stands behind a + in
  /// it, or one with a token of ours, as those that it was before had.
  bool is_here(const std::string& address) const;

 private:
  struct Proof {
    ReturnClaims claims;
    bool leaves = false;
  };
  std::optional<Proof> proof_in_address(std::string_view address) const;
  std::optional<Proof> proof_of(const mail::Report& report) const;
  std::string obstacle(const store::Arrival& arrival) const;
  void hear(store::Arrival& arrival, const std::optional<Proof>& proof) const;
  store::Arrival match(mail::Report report, std::string_view message, std::string source) const;

  const ReturnPath return_path_;
  const std::shared_ptr<const TokenKeys> keys_;
  const std::string unsubscribe_door_;      // what links begin with
  std::optional<mail::Address> publisher_;  // to whom replies are sent on; nothing: to nobody
  const Fingerprints erased_keys_;
  std::vector<std::string> ours_;  // our own addresses, canonical
  store::Database& database_;
};

}  // namespace postrider::daemon
