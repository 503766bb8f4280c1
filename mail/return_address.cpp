#include "mail/return_address.h"

#include "base/text.h"

namespace postrider::mail {

std::string return_address(const Address& base, std::string_view token) {
  return Address{base.local + "+" + std::string(token), base.domain}.str();
}

std::string_view token_of(const Address& base, std::string_view address) {
  address = trim(address);
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || !iequals(address.substr(at + 1), base.domain)) return {};
  const auto local = address.substr(0, at);
  const auto length = base.local.size();
  if (local.size() <= length || local[length] != '+' ||
      !iequals(local.substr(0, length), base.local))
    return {};
  return local.substr(length + 1);
}

}  // namespace postrider::mail
