// Certificates in PEM, by OpenSSL: whether there are any, before a TLS library wants them.
#pragma once

#include <string_view>

#include "base/error.h"

namespace postrider {

/// How many certificates the text holds: at least one. Error: it holds none, or one that is broken.
/// Keys and text between them are passed over.
Result<int> count_certificates(std::string_view pem);

}  // namespace postrider
