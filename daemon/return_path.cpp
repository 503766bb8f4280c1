#include "daemon/return_path.h"

#include "mail/return_address.h"

namespace postrider::daemon {

ReturnPath::ReturnPath(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys)
    : keys_(std::move(keys)) {
  if (const auto address = mail::parse_address(settings.bounces.address)) base_ = *address;
}

std::string ReturnPath::sender(std::uint64_t context, const Uid& reader,
                               const mail::Address& from) const {
  if (!base_) return from.str();
  return mail::return_address(
      *base_, keys_->sign_return(Purpose::returned, return_claims(context, reader)));
}

std::string ReturnPath::plain_sender(const mail::Address& from) const {
  return base_.value_or(from).str();
}

}  // namespace postrider::daemon
