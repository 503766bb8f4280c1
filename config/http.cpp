#include "base/text.h"
#include "config/listen.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

/// Both or none; what is in them is read where they are used.
void read_tls(const Section& section, const std::filesystem::path& folder, Http& to) {
  const auto certificate = section.text("certificate").value_or("");
  const auto key = section.text("key").value_or("");
  if (certificate.empty() != key.empty())
    return section.fault(key.empty() ? "certificate" : "key",
                         "stands alone; TLS needs a certificate and its key, both or none");
  if (key.empty()) return;
  to.certificate = (folder / certificate).lexically_normal();
  to.key = (folder / key).lexically_normal();
}

void read_proxies(const Section& section, Http& to) {
  const auto written = section.texts("trusted_proxies");
  if (!written) return;
  for (const auto& [text, line] : *written) {
    if (text == "unix") {
      to.trusts_unix_peers = true;
    } else if (const auto network = parse_network(text)) {
      to.trusted_proxies.push_back(*network);
    } else {
      section.fault_at(line, "trusted_proxies",
                       "\"" + printable(cut_utf8(text, 80)) +
                           "\" is no address or network; write one such as \"127.0.0.1\" or "
                           "\"10.0.0.0/8\" (no bits behind the prefix), or \"unix\"");
    }
  }
}

}  // namespace

Http read_http(const Section& section, const std::filesystem::path& folder) {
  Http to;
  if (!section.has("listen"))
    section.warn("listen",
                 "is missing, so nobody answers the unsubscribe links; add for example: listen = "
                 "\"127.0.0.1:8025\"");
  section.read("listen", static_cast<Listen&>(to), [&](std::string_view text) {
    return parse_listen(text, folder, {"127.0.0.1:8025", "/run/postrider/http.sock"});
  });
  read_tls(section, folder, to);
  read_proxies(section, to);
  return to;
}

}  // namespace postrider::config
