// Previews as mails: the draft as it is when its preview is sent, and the link that approves just
// that. Has a connection to the database of its own; safe to use from several threads.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/token.h"
#include "config/settings.h"
#include "daemon/preview_mail.h"
#include "daemon/proof.h"
#include "daemon/return_path.h"
#include "mail/dkim.h"
#include "queue/relay.h"
#include "store/approvals.h"
#include "store/sqlite.h"

namespace postrider::daemon {

class Previewer {
 public:
  /// Error: as of Database::open. `clock` must outlive it.
  static Result<std::unique_ptr<Previewer>> open(const config::Settings& settings,
                                                 std::shared_ptr<const TokenKeys> keys,
                                                 std::vector<mail::DkimSigner> signers,
                                                 const Clock& clock);

  /// Fills envelope and data of a claimed preview. Error: there is nothing to show any more.
  Result<void> compose(queue::Parcel& parcel);

 private:
  Previewer(const config::Settings& settings, std::unique_ptr<store::Database> database,
            std::shared_ptr<const TokenKeys> keys, std::vector<mail::DkimSigner> signers,
            const Clock& clock);
  Result<templates::RenderedNotice> render(const queue::Issue& issue,
                                           const config::Reviewer& reviewer);
  PreviewFacts facts_of(const queue::Issue& issue, const Proof& proof,
                        const config::Reviewer& reviewer);
  void tell_approval(const queue::Issue& issue, const store::Covered& covered,
                     const config::Reviewer& reviewer, PreviewFacts& facts);
  std::string goes_out(const queue::Issue& issue) const;
  std::string readers_of(const Proof& proof);

  const config::Settings settings_;
  const std::unique_ptr<store::Database> database_;
  const std::shared_ptr<const TokenKeys> keys_;
  const std::vector<mail::DkimSigner> signers_;
  const ReturnPath return_path_;
  const Clock& clock_;
  std::mutex mutex_;  // guards the database
};

}  // namespace postrider::daemon
