// Where mail comes back to: the envelope's sender of each mail, by the settings. Immutable, so safe
// to share between threads.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/token.h"
#include "config/settings.h"
#include "mail/address.h"

namespace postrider::daemon {

class ReturnPath {
 public:
  ReturnPath(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys);

  /// The sender of a mail of that issue or notice to that reader (all zero: nobody on the list): an
  /// address with a token of its own, or `from` where nothing is made of what comes back.
  std::string sender(std::uint64_t context, const Uid& reader, const mail::Address& from) const;

  /// The same of a mail that nobody is to make anything of.
  std::string plain_sender(const mail::Address& from) const;

  /// [bounces] address.
  const std::optional<mail::Address>& base() const { return base_; }

 private:
  std::optional<mail::Address> base_;
  std::shared_ptr<const TokenKeys> keys_;
};

}  // namespace postrider::daemon
