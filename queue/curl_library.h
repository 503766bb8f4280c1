// libcurl as a whole.
#pragma once

namespace postrider::queue {

/// Before anything else of libcurl; again: nothing happens. Any thread. Throws where it cannot be
/// initialised.
void initialise_curl();

/// The system's trusted certificates, in PEM.
constexpr const char* system_certificates = "/etc/ssl/certs/ca-certificates.crt";

}  // namespace postrider::queue
