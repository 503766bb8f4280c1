// The mailroom turns claimed deliveries and notices into mails: the queue's composer. Keeps the
// composers of the issues under way; safe to use from several sender threads.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/token.h"
#include "config/settings.h"
#include "daemon/notices.h"
#include "daemon/operator_mail.h"
#include "daemon/previewer.h"
#include "daemon/return_path.h"
#include "queue/composer.h"
#include "store/ledger.h"
#include "templates/message.h"

namespace postrider::daemon {

/// The DKIM signers of the settings; empty where [dkim] is not set. Error: a key that is missing,
/// readable by others, or no key.
Result<std::vector<mail::DkimSigner>> load_signers(const config::Settings& settings);

class Mailroom final : public queue::Composer {
 public:
  /// Opens a connection of its own to the settings' database. Error: as of Database::open; a
  /// mistake in the theme. `clock` must outlive it.
  static Result<std::unique_ptr<Mailroom>> open(const config::Settings& settings,
                                                std::shared_ptr<const TokenKeys> keys,
                                                const Clock& clock);

  Result<void> compose(queue::Parcel& parcel) override;

 private:
  struct Edition {
    std::unique_ptr<templates::MessageComposer> composer;
    mail::Address from;
    std::uint64_t uid = 0;  // the issue's
    std::map<ListId, templates::ListHead> lists;
  };

  Mailroom(std::unique_ptr<store::Database> database, std::shared_ptr<const TokenKeys> keys,
           std::vector<mail::DkimSigner> signers, std::unique_ptr<NoticeComposer> notices,
           OperatorComposer operator_mails, std::unique_ptr<Previewer> previews,
           ReturnPath return_path, const Clock& clock);
  Result<void> compose_notice(queue::Parcel& parcel);
  Result<void> compose_operator_mail(queue::Parcel& parcel);
  Result<void> compose_forward(queue::Parcel& parcel);
  /// `version`: of the issue's content.
  Result<std::shared_ptr<Edition>> edition(IssueId issue, int version);
  Result<std::shared_ptr<Edition>> set_up(IssueId issue, int version);

  std::mutex mutex_;  // guards what follows
  std::unique_ptr<store::Database> database_;
  std::map<std::pair<IssueId, int>, std::shared_ptr<Edition>> editions_;  // by version, too

  const std::shared_ptr<const TokenKeys> keys_;
  const std::vector<mail::DkimSigner> signers_;
  const std::unique_ptr<NoticeComposer> notices_;
  const OperatorComposer operator_mails_;
  const std::unique_ptr<Previewer> previews_;
  const ReturnPath return_path_;
  const Clock& clock_;
};

}  // namespace postrider::daemon
