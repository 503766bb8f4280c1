#include "daemon/check_keys.h"

#include "base/files.h"
#include "base/text.h"
#include "base/token.h"
#include "daemon/http/tls.h"
#include "daemon/mailbox/maildir.h"
#include "daemon/mailroom.h"
#include "store/erased.h"

namespace postrider::daemon {

namespace fs = std::filesystem;

namespace {

/// The line of the section in the settings; 0: it is written otherwise.
int line_of_section(const fs::path& settings, std::string_view name) {
  const auto text = read_file(settings, 1024 * 1024).value_or("");
  int line = 0;
  for (const auto part : split(text, '\n')) {
    ++line;
    if (trim(part).starts_with("[" + std::string(name) + "]")) return line;
  }
  return 0;
}

Fault fault_of(const config::Settings& settings, const std::string& section,
               const std::string& where, const std::string& message) {
  return {settings.file.string(), line_of_section(settings.file, section), where, message};
}

void check_tls(const config::Settings& settings, Faults& faults) {
  const auto& http = settings.http;
  if (http.certificate.empty()) return;
  if (const auto tls = http::load_tls(http.certificate, http.key); !tls)
    faults.push_back(fault_of(settings, "http", tls.error().where, tls.error().message));
}

void check_token_keys(const config::Settings& settings, Faults& faults) {
  const auto& folder = settings.storage.secrets;
  const auto say = [&](const std::string& message) {
    faults.push_back(fault_of(settings, "storage", "storage.secrets", message));
  };
  std::error_code error;
  if (has_token_keys(settings)) {
    if (const auto keys = TokenKeys::load_or_create(folder); !keys) say(keys.error().message);
  } else if (!fs::is_directory(folder, error)) {
    say(folder.string() +
        ": is no folder, so that token.keys cannot be made in it; run: mkdir -m " + "700 " +
        folder.string());
  }
}

}  // namespace

bool has_token_keys(const config::Settings& settings) {
  std::error_code error;
  const auto file = find_secret(settings.storage.secrets / "token.keys");
  return fs::symlink_status(file, error).type() != fs::file_type::not_found;
}

Faults check_keys(const config::Settings& settings) {
  Faults faults;
  if (const auto signers = load_signers(settings); !signers)
    faults.push_back(fault_of(settings, "dkim", "dkim", signers.error().message));
  check_tls(settings, faults);
  check_token_keys(settings, faults);
  return faults;
}

Result<std::optional<Fingerprints>> existing_erased_keys(const config::Settings& settings) {
  if (!has_token_keys(settings)) return std::optional<Fingerprints>();
  const auto keys = TokenKeys::load_or_create(settings.storage.secrets);
  if (!keys) return tl::make_unexpected(keys.error());
  return std::optional<Fingerprints>(std::in_place, *keys, store::erased_use);
}

Faults check_erased(const config::Settings& settings, store::Database& database) {
  if (!store::any_erased(database)) return {};
  const auto keys = existing_erased_keys(settings);
  if (!keys) return {};  // told by check_keys
  const auto unusable =
      *keys ? store::count_unusable(database, **keys) : store::count_erased(database);
  if (unusable == 0) return {};
  auto warning = fault_of(settings, "storage", "storage.secrets",
                          with_thousands(unusable) +
                              " of the erased addresses cannot be told any more, and an import "
                              "would bring them back: the token keys of their hashes are missing; "
                              "put the lines of those "
                              "keys back into token.keys, from a backup");
  warning.severity = Severity::warning;
  return {std::move(warning)};
}

Faults check_maildir(const config::Settings& settings) {
  const auto& box = settings.bounces.mailbox;
  if (!box || box->kind != config::MailboxKind::maildir) return {};
  const auto looked =
      mailbox::make_maildir(box->directory, {})->fetch(0, [](const std::string&) { return true; });
  if (looked) return {};
  auto warning = fault_of(settings, "bounces", "bounces.mailbox", looked.error().message);
  warning.severity = Severity::warning;
  return {std::move(warning)};
}

}  // namespace postrider::daemon
