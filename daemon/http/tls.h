// The server's certificate for TLS.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/error.h"

namespace postrider::daemon::http {

struct Tls;  // tls_context.h

/// TLS 1.2 and newer, with that chain (PEM, the server's own first) and key (PEM, for its owner
/// alone). Error: the setting ("http.key"; its line in the settings is not known), and the file,
/// what is wrong and what to do.
tl::expected<std::shared_ptr<Tls>, Fault> load_tls(const std::filesystem::path& certificate,
                                                   const std::filesystem::path& key);

/// Until when its certificate is valid; nothing: it does not say.
std::optional<Instant> end_of(const Tls& tls);

}  // namespace postrider::daemon::http
