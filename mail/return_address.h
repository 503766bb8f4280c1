// Addresses to which mail comes back (VERP): a token stands between the local part of the base and
// its @, "bounces+TOKEN@report.example", as sub-addressing has it (RFC 5233).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace postrider::mail {

/// The longest local part that leaves room for a token of so many characters (RFC 5321 §4.5.3.1.1).
constexpr std::size_t longest_return_local(std::size_t token) { return 64 - 1 - token; }

std::string return_address(const Address& base, std::string_view token);

/// What stands where a token does in an address of whatever base; empty: it is none.
std::string_view token_of(std::string_view address);

/// Whether it is that base with something where a token stands, in whatever case.
bool is_below(const Address& base, std::string_view address);

}  // namespace postrider::mail
