// Notices as mails: who they are from and what they say, by the settings and the theme as they are
// now. Immutable, so safe to share between threads.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/token.h"
#include "config/settings.h"
#include "daemon/return_path.h"
#include "queue/relay.h"
#include "store/ledger.h"
#include "templates/notice.h"

namespace postrider::daemon {

class NoticeComposer {
 public:
  /// Errors: a mistake in the theme, or in a list's welcome.
  static Result<std::unique_ptr<NoticeComposer>> make(const config::Settings& settings,
                                                      std::shared_ptr<const TokenKeys> keys,
                                                      std::vector<mail::DkimSigner> signers);

  /// Fills envelope and data of a claimed notice that is no resend and no forward. `lists`: all
  /// there are. Error: it cannot be sent as the settings are now.
  Result<void> compose(queue::Parcel& parcel, const std::vector<store::Ledger::ListRow>& lists,
                       Instant now) const;

 private:
  NoticeComposer(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
                 std::vector<mail::DkimSigner> signers);
  Result<void> read_welcomes(const config::Settings& settings);
  Result<void> compose_welcome(queue::Parcel& parcel, const mail::Mailbox& from,
                               const std::optional<mail::Mailbox>& reply_to,
                               const std::optional<templates::ListHead>& list, Instant now) const;
  const templates::Theme& theme_for(const std::string& language) const;
  std::optional<templates::ListHead> head_of(ListId list,
                                             const std::vector<store::Ledger::ListRow>& rows) const;

  const config::Publication publication_;
  const std::vector<config::List> lists_;
  const std::shared_ptr<const TokenKeys> keys_;
  const std::vector<mail::DkimSigner> signers_;
  const ReturnPath return_path_;
  std::map<std::string, templates::Theme> themes_;            // by language
  std::vector<std::string> languages_;                        // of them
  std::map<std::string, templates::RenderedIssue> welcomes_;  // by the list's key
};

}  // namespace postrider::daemon
