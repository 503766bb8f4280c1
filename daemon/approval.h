// What an approval covers, whether it still stands, and who a reviewer's link is from. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/token.h"
#include "config/settings.h"
#include "daemon/proof.h"
#include "queue/issue.h"
#include "store/approvals.h"
#include "store/ledger.h"

namespace postrider::daemon {

/// Of a good proof: all that readers would get (text, theme, images, sender), who they are, and
/// when.
store::Covered covered_by(const Proof& proof, const config::Settings& settings,
                          const queue::Issue& issue);
/// The same, without its time.
store::Covered covered_by(const Proof& proof, const config::Settings& settings);

/// The same, at the time that a draft has.
store::Covered planned_for(store::Covered covered, const store::DraftRecord& draft);

/// When it goes out, for people: "2022-01-10 08:00 EST"; "2022-01-10 08:00 by each reader's clock".
/// It has a time.
std::string planned_text(const queue::Issue& issue, const std::string& zone);

/// What of it is not what was approved; empty: nothing. `zone`: of the times in it.
std::string why_void(const store::Approval& approval, const store::Covered& now,
                     const std::string& zone);

/// "`postrider approve SLUG`"
std::string approve_command(const std::string& slug);

/// What a scheduled issue waits for; empty: nothing, its approval stands.
std::string approval_note(const std::string& slug, const std::optional<store::Approval>& approval,
                          const store::Covered& now, const config::Publication& publication);

/// The claims of a reviewer's link: this issue, as it was shown, and this reviewer.
TokenClaims review_claims(const queue::Issue& issue, const store::Covered& shown,
                          const config::Reviewer& reviewer);
/// Whose link it is; null: nobody's who is a reviewer, or of another issue or version.
const config::Reviewer* reviewer_of(const TokenClaims& claims, const queue::Issue& issue,
                                    const store::Covered& shown,
                                    const config::Publication& publication);

}  // namespace postrider::daemon
