#include "base/text.h"
#include "config/checks.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

// What fits into a socket's address: sun_path of unix(7), with its final NUL.
constexpr std::size_t longest_socket_path = 107;

void read_socket(const Section& section, std::string_view path, const std::filesystem::path& folder,
                 Http& to) {
  to.unix_path = (folder / path).lexically_normal();
  if (path.empty() || to.unix_path.native().size() > longest_socket_path)
    section.fault("listen",
                  "names no socket of at most 107 octets; write one such as "
                  "\"unix:/run/postrider/http.sock\"");
}

void read_address(const Section& section, Http& to) {
  const auto parsed = parse_host_port(to.listen);
  if (!parsed || parsed->port == 0)
    return section.fault("listen", "\"" + printable(cut_utf8(to.listen, 80)) +
                                       "\" is no address to listen on; write HOST:PORT such as "
                                       "\"127.0.0.1:8025\", or unix:/PATH");
  to.port = parsed->port;
  to.host =
      parsed->host.front() == '[' ? parsed->host.substr(1, parsed->host.size() - 2) : parsed->host;
}

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
  to.listen = section.text("listen").value_or("");
  if (to.listen.starts_with("unix:"))
    read_socket(section, std::string_view(to.listen).substr(5), folder, to);
  else if (!to.listen.empty())
    read_address(section, to);
  read_tls(section, folder, to);
  read_proxies(section, to);
  return to;
}

}  // namespace postrider::config
