// E-mail addresses (RFC 5321 §4.1.2) with internationalised domains (RFC 5890, by libidn2).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace postrider::mail {

/// A valid address. Nothing in it can end a command or a header: no control characters, no space
/// outside quotes, at most 64 octets before and 254 in all.
struct Address {
  std::string local;   // as written, without quotes
  std::string domain;  // ASCII, lower case

  /// Its local part is not ASCII: only a server that offers SMTPUTF8 takes it (RFC 6531).
  bool needs_smtputf8() const;

  /// local@domain, the local part quoted where it must be: for envelopes and headers.
  std::string str() const;

  /// What two spellings of one mailbox share, "a.example joe": the domain first, so that the
  /// readers of one are neighbours in an index; the local part without case, quoted where it must
  /// be.
  std::string canonical() const;

  bool operator==(const Address&) const = default;
};

/// "a.example joe" → "joe@a.example". Only what Address::canonical gave.
std::string address_of(std::string_view canonical);

/// Surrounding spaces are ignored. The error says what is wrong with the text.
Result<Address> parse_address(std::string_view text);

/// A name and an address, as in `Joe Webster <joe@report.example>`; the name may be empty.
struct Mailbox {
  std::string name;  // UTF-8 without control characters
  Address address;
};

Result<Mailbox> parse_mailbox(std::string_view text);

}  // namespace postrider::mail
