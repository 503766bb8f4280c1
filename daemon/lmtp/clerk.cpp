#include "daemon/lmtp/clerk.h"

namespace postrider::daemon::lmtp {

Clerk::Clerk(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
             std::unique_ptr<store::Database> database, const Clock& clock)
    : clock_(clock),
      database_(std::move(database)),
      returns_(settings, std::move(keys), *database_),
      reports_(*database_, bounce_policy(settings)) {}

Result<std::unique_ptr<Clerk>> Clerk::open(const config::Settings& settings,
                                           std::shared_ptr<const TokenKeys> keys,
                                           const Clock& clock) {
  auto database = store::Database::open(settings.storage.database, store::OpenMode::read_write);
  if (!database) return tl::make_unexpected(database.error());
  return std::unique_ptr<Clerk>(new Clerk(settings, std::move(keys), std::move(*database), clock));
}

Instant Clerk::take(std::span<const Delivery* const> deliveries) {
  std::vector<store::Arrival> arrivals;
  for (const auto* delivery : deliveries)
    for (auto& arrival :
         returns_.read_delivery(delivery->message, "lmtp", delivery->sender, delivery->recipients))
      arrivals.push_back(std::move(arrival));
  const auto now = clock_.now();
  database_->transact([&] {
    for (const auto& arrival : arrivals) reports_.take(arrival, now);
  });
  return now;
}

}  // namespace postrider::daemon::lmtp
