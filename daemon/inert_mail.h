// A draft's mail as its readers would get it, but with links that open nothing: for previews and
// tests.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"
#include "daemon/proof.h"
#include "mail/dkim.h"
#include "subscribers/subscriber.h"
#include "templates/message.h"

namespace postrider::daemon {

struct InertComposer {
  std::unique_ptr<templates::MessageComposer> composer;
  templates::ListHead list;
};

/// `proof`: one that was rendered. Errors: a sender that is none, a template that cannot be filled.
Result<InertComposer> inert_composer(const Proof& proof, const config::Settings& settings,
                                     std::vector<mail::DkimSigner> signers, Instant now);

/// The reader a preview is for where nobody is named.
subscribers::Subscriber made_up_reader();

}  // namespace postrider::daemon
