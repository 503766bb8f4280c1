// The files of the keys that sign the mails, and how a faulty one is mended.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "config/settings.h"

namespace postrider::daemon {

/// systemd's credential where there is one, else the file in secrets/.
std::filesystem::path dkim_key_file(const config::Settings& settings, const std::string& selector);

/// The key in PEM. Error: it is missing, cannot be read, or others may read it.
Result<std::string> read_dkim_key(const config::Settings& settings, const std::string& selector);

/// The line for a key that is there and is of no use: `fault` says why.
std::string bad_dkim_key(const config::Settings& settings, const std::string& selector,
                         const std::string& fault);

}  // namespace postrider::daemon
