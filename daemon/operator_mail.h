// A mail to the operator: what it says, in English, as the commands do. Immutable, so safe to share
// between threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/token.h"
#include "config/settings.h"
#include "daemon/return_path.h"
#include "queue/relay.h"
#include "store/operator_mail.h"
#include "templates/notice.h"

namespace postrider::daemon {

/// Its words, text alone.
templates::RenderedNotice render_operator_mail(const store::OperatorMail& mail,
                                               const config::Publication& publication);

class OperatorComposer {
 public:
  OperatorComposer(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
                   std::vector<mail::DkimSigner> signers);

  /// Fills envelope and data of a claimed notice that tells this. Error: its sender or recipient is
  /// no address.
  Result<void> compose(queue::Parcel& parcel, const store::OperatorMail& mail, Instant now) const;

 private:
  const config::Publication publication_;
  const std::shared_ptr<const TokenKeys> keys_;
  const std::vector<mail::DkimSigner> signers_;
  const ReturnPath return_path_;
};

}  // namespace postrider::daemon
