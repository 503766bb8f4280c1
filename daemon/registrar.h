// Lets readers in: sign-ups and confirmations go through the writer, and what nobody confirms is
// forgotten in time. Belongs to the main thread.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/fingerprints.h"
#include "config/settings.h"
#include "daemon/door_reads.h"
#include "daemon/errands.h"
#include "daemon/http/registrar.h"
#include "store/sign_ups.h"

namespace postrider::daemon {

class ListRegistrar final : public http::Registrar {
 public:
  /// `erased_keys`: of erased addresses. All references must outlive it.
  ListRegistrar(const config::Settings& settings, std::shared_ptr<const Fingerprints> erased_keys,
                DoorReads& reads, Errands errands, const Clock& clock);

  void sign_up(subscribers::SignUp sign_up, const std::optional<IpAddress>& client, bool own_form,
               std::function<void(std::optional<subscribers::SignUpAnswer>)> done) override;
  subscribers::Confirmation look(const TokenClaims& claims) override;
  void confirm(const TokenClaims& claims, const std::optional<IpAddress>& client,
               std::function<void(std::optional<subscribers::Confirmation>)> done) override;
  Instant now() const override { return clock_.now(); }
  std::string trouble() override { return errands_.trouble(); }

  /// Forgets some of what has expired; cheap where it is not time for that yet.
  void tick();

 private:
  template <class Answer>
  void submit(std::function<Answer(store::SignUps&)> work,
              std::function<void(std::optional<Answer>)> done);

  const std::shared_ptr<const store::SignUpTerms> terms_;
  const Rate plain_per_network_;
  const Duration expires_;
  const std::shared_ptr<const Fingerprints> erased_keys_;
  DoorReads& reads_;
  const Errands errands_;
  const Clock& clock_;
  Instant tidy_at_{};
  std::shared_ptr<bool> more_ = std::make_shared<bool>(false);  // the main thread's
};

}  // namespace postrider::daemon
