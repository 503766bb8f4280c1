// One page from the web, by libcurl: of a few kilobytes, within seconds, without redirects or
// proxies. Blocks; safe on any thread.
#pragma once

#include <stop_token>
#include <string>

#include "base/error.h"

namespace postrider::daemon::webhooks {

/// The answer's body where its status is 200. `url`: https, with the certificate checked by the
/// system's, or http, for what proves itself. The error tells what failed.
Result<std::string> fetch(const std::string& url, const std::stop_token& stop);

}  // namespace postrider::daemon::webhooks
