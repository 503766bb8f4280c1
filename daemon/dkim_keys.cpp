#include "daemon/dkim_keys.h"

#include "base/files.h"

namespace postrider::daemon {

namespace {

std::string generate_command(const config::Settings& settings, const std::string& selector) {
  const bool second = selector != settings.dkim.selector;
  return std::string("`postrider dkim generate") + (second ? " --ed25519`" : "`");
}

}  // namespace

std::filesystem::path dkim_key_file(const config::Settings& settings, const std::string& selector) {
  return find_secret(settings.storage.secrets / ("dkim-" + selector + ".pem"));
}

std::string bad_dkim_key(const config::Settings& settings, const std::string& selector,
                         const std::string& fault) {
  return dkim_key_file(settings, selector).string() + ": " + fault + "; move it away, then " +
         generate_command(settings, selector) + " makes another";
}

Result<std::string> read_dkim_key(const config::Settings& settings, const std::string& selector) {
  const auto path = dkim_key_file(settings, selector);
  auto pem = read_secret(path);
  std::error_code unknown;
  if (pem || std::filesystem::exists(path, unknown) || unknown) return pem;
  const bool second = selector != settings.dkim.selector;
  return fail(path.string() + ": is missing; " + generate_command(settings, selector) +
              " makes a key, or leave " +
              (second ? "dkim.ed25519_selector empty" : "dkim.domain empty"));
}

}  // namespace postrider::daemon
