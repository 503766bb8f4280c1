// Messages in files: one message, an mbox (RFC 4155), a Maildir, or a folder of messages.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postrider::daemon {

/// Hands over each message with its name: its file's, and in an mbox its number behind a colon,
/// from 1. `skipped`: hears of each thing beside them that is not read, and why. In the order of
/// the names. `path`: "-" is standard input. One message is in memory at a time, up to what
/// mail::ReadLimits reads of it. Error: nothing is there, or it cannot be read; what was handed
/// over before stands.
Result<void> each_message(
    const std::filesystem::path& path,
    const std::function<void(const std::string& name, std::string_view message)>& visit,
    const std::function<void(const std::string& name, std::string_view why)>& skipped =
        [](const std::string&, std::string_view) {});

/// Why these octets are no message that a server may have brought; empty: they may be one.
std::string_view why_no_message(std::string_view octets);

}  // namespace postrider::daemon
