// Certificates in PEM, by OpenSSL: whether there are any, before a TLS library wants them.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace postrider {

/// How many certificates the text holds: at least one. Error: it holds none, or one that is broken.
/// Keys and text between them are passed over.
Result<int> count_certificates(std::string_view pem);

/// Until when the first one is valid (RFC 5280 §4.1.2.5); nothing: there is none.
std::optional<Instant> end_of_certificate(std::string_view pem);

}  // namespace postrider
