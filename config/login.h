// What the sections of servers have in common: how we log in, and whom we trust.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/section.h"
#include "config/settings.h"

namespace postrider::config {

Result<Tls> parse_tls(std::string_view text);

/// The keys username, auth, password_file, token_file and token_command. `name`: of the systemd
/// credential that a password may come from; `what`: "smtp", for examples.
void read_login(const Section& section, const std::filesystem::path& folder,
                const std::string& name, const std::string& what, Login& login);

/// A secret of one line, from its file or credential; `content`: what it is, for the error:
/// "password".
Result<std::string> read_secret_line(const std::filesystem::path& path, const std::string& content);

/// The key ca_file.
void read_ca_file(const Section& section, const std::filesystem::path& folder,
                  std::filesystem::path& to);

}  // namespace postrider::config
