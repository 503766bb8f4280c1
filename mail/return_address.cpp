#include "mail/return_address.h"

#include "base/text.h"

namespace postrider::mail {

std::string return_address(const Address& base, std::string_view token) {
  return Address{base.local + "+" + std::string(token), base.domain}.str();
}

std::string_view token_of(std::string_view address) {
  const auto local = trim(address.substr(0, address.rfind('@')));
  const auto plus = local.rfind('+');
  return plus == std::string_view::npos ? std::string_view() : local.substr(plus + 1);
}

bool is_below(const Address& base, std::string_view address) {
  address = trim(address);
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || !iequals(address.substr(at + 1), base.domain)) return false;
  const auto local = address.substr(0, at);
  const auto length = base.local.size();
  return local.size() > length + 1 && local[length] == '+' &&
         iequals(local.substr(0, length), base.local);
}

}  // namespace postrider::mail
