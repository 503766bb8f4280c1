// What reviewers' links lead to: looks at the draft as it is now, since what is approved must be
// what was shown; writes through the writer. Belongs to the main thread.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/door_reads.h"
#include "daemon/errands.h"
#include "daemon/http/reviews.h"
#include "daemon/proof.h"
#include "store/approvals.h"

namespace postrider::daemon {

class SignedReviews final : public http::Reviews {
 public:
  /// `poke`: told when something may go out. All references must outlive it.
  SignedReviews(const config::Settings& settings, DoorReads& reads, Errands errands,
                const Clock& clock, std::function<void()> poke);

  Review look(const TokenClaims& claims) override;
  void approve(const TokenClaims& claims, Approved approved) override;

 private:
  struct Found {
    Review review;
    store::ApprovalOrder order;  // where that is open
  };
  Found find(const TokenClaims& claims);
  Found find_open(const TokenClaims& claims, const queue::Issue& issue);
  Review describe(const queue::Issue& issue, const Proof& proof, const store::Covered& shown) const;

  const std::shared_ptr<const config::Settings> settings_;
  DoorReads& reads_;
  const Errands errands_;
  const Clock& clock_;
  const std::function<void()> poke_;
};

}  // namespace postrider::daemon
