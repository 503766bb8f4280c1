// The readers behind the preference centre: looks up by the doors' reads, writes through
// the writer.
#pragma once

#include <memory>
#include <vector>

#include "base/fingerprints.h"
#include "config/settings.h"
#include "daemon/aside.h"
#include "daemon/door_reads.h"
#include "daemon/errands.h"
#include "daemon/http/profiles.h"
#include "store/kept_mentions.h"

namespace postrider::daemon {

class ReaderProfiles final : public http::Profiles {
 public:
  /// `erased_keys`: of erased addresses. `poke`: told when a mail waits. All references must
  /// outlive it.
  ReaderProfiles(const config::Settings& settings, std::shared_ptr<const Fingerprints> erased_keys,
                 DoorReads& reads, Errands errands, const Clock& clock, std::function<void()> poke);

  Instant now() override { return clock_.now(); }
  std::optional<Profile> find(const Uid& reader) override;
  void choose(const Uid& reader, const Choices& choices, Done done) override;
  std::string data_of(const Uid& reader) override;
  void ask_at(const Uid& reader, const mail::Address& address, Done done) override;
  std::optional<std::string> asked_address(const TokenClaims& claims) override;
  void take_address(const TokenClaims& claims, Done done) override;
  void ask_to_erase(const Uid& reader, Done done) override;
  bool asked_to_erase(const TokenClaims& claims) override;
  void erase(const Uid& reader, Done done) override;
  std::string trouble() override { return errands_.trouble(); }

 private:
  /// A change that a mail follows.
  void run(std::string what, std::function<void(store::Database&)> work, Done done);

  /// On the thread aside: what else names the reader.
  store::KeptMentions look_ahead(const Uid& reader, const std::stop_token& stop) const;

  const std::vector<config::List> lists_;
  const std::string time_zone_;  // the publication's
  const std::shared_ptr<const Fingerprints> erased_keys_;
  DoorReads& reads_;
  const Errands errands_;
  const Clock& clock_;
  const std::function<void()> poke_;
  const std::filesystem::path database_;
  Aside aside_;  // last: what is done there uses all of the above
};

}  // namespace postrider::daemon
