// What providers tell by webhooks: checked for who says it, read, and written through the writer
// before it is answered. Belongs to the main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/token.h"
#include "config/settings.h"
#include "daemon/errands.h"
#include "daemon/http/webhooks.h"
#include "daemon/webhooks/certificates.h"
#include "daemon/webhooks/provider.h"
#include "daemon/webhooks/sns.h"

namespace postrider::daemon::webhooks {

/// Of one provider, for `status`; since the settings were read.
struct Status {
  std::string provider;     // "ses"
  std::int64_t events = 0;  // taken
  std::optional<Instant> event_at;
  std::string refusal;  // why a request was refused the last time; empty: none was
  std::optional<Instant> refused_at;
};

class Webhooks final : public http::Webhooks, public std::enable_shared_from_this<Webhooks> {
 public:
  /// Made by std::make_shared. `clock` must outlive it.
  Webhooks(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys, Errands errands,
           const Clock& clock, Web web);

  bool has(std::string_view provider) const override;
  void tell(std::string_view provider, const http::Request& request, Answer answer) override;

  /// Of those that tell us anything.
  std::vector<Status> status() const;

 private:
  using Events = std::vector<Event>;

  void tell_by_sns(const Json& body, const Answer& answer);
  void take_sns(const SnsMessage& message, const Answer& answer);
  /// Why it is not that provider's; empty: it is.
  std::string_view doubt(Provider provider, const http::Request& request, const Json& body) const;
  /// `why` is for `status` and, now and then, the log.
  void refuse(Provider provider, std::string_view why, int status, const Answer& answer);
  /// Some events from `begin` on, and then the others.
  void take(Provider provider, std::shared_ptr<const Events> events, std::size_t begin,
            const Answer& answer);

  const std::shared_ptr<const config::Settings> settings_;
  const std::shared_ptr<const TokenKeys> keys_;
  const Errands errands_;
  const Clock& clock_;
  const std::optional<PublicKey> sendgrid_;
  const std::optional<HmacSha256> mailgun_;
  const std::unique_ptr<Certificates> certificates_;  // nothing: without topics
  std::map<Provider, Instant> complained_;            // when the log was last told of a refusal
  std::map<Provider, Status> status_;
};

}  // namespace postrider::daemon::webhooks
