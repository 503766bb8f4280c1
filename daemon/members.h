// The list behind the doors that lead out and back in: looks up by the
// doors' reads, writes through the writer.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "daemon/door_reads.h"
#include "daemon/errands.h"
#include "daemon/http/members.h"

namespace postrider::daemon {

/// The lists' names for readers, by key.
using ListNames = std::map<std::string, std::string>;

class ListMembers final : public http::Members {
 public:
  /// All references must outlive it.
  ListMembers(ListNames names, DoorReads& reads, Errands errands, const Clock& clock);

  Instant now() override { return clock_.now(); }
  std::optional<Member> find(const TokenClaims& claims) override;
  void leave(const Leaving& leaving, Left left) override;
  std::optional<Returning> find_return(const TokenClaims& claims) override;
  void come_back(const TokenClaims& claims, Done done) override;
  std::string trouble() override { return errands_.trouble(); }

 private:
  const std::shared_ptr<const ListNames> names_;
  DoorReads& reads_;
  const Errands errands_;
  const Clock& clock_;
};

}  // namespace postrider::daemon
