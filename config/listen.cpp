#include "config/listen.h"

#include "base/text.h"
#include "config/checks.h"

namespace postrider::config {

namespace {

// What fits into a socket's address: sun_path of unix(7), with its final NUL.
constexpr std::size_t longest_socket_path = 107;
constexpr std::string_view socket_prefix = "unix:";

}  // namespace

Result<Listen> parse_listen(std::string_view text, const std::filesystem::path& folder,
                            const ListenExamples& examples) {
  Listen listen{.listen = std::string(text), .host = {}, .port = 0, .unix_path = {}};
  if (text.empty()) return listen;
  if (text.starts_with(socket_prefix)) {
    const auto path = text.substr(socket_prefix.size());
    listen.unix_path = (folder / path).lexically_normal();
    if (path.empty() || listen.unix_path.native().size() > longest_socket_path)
      return fail("names no socket of at most 107 octets; write one such as \"unix:" +
                  std::string(examples.path) + "\"");
    return listen;
  }
  const auto parsed = parse_host_port(text);
  if (!parsed || parsed->port == 0)
    return fail("\"" + printable(cut_utf8(text, 80)) +
                "\" is no address to listen on; write HOST:PORT such as \"" +
                std::string(examples.address) + "\", or unix:/PATH");
  listen.port = parsed->port;
  const auto& host = parsed->host;
  listen.host = host.front() == '[' ? host.substr(1, host.size() - 2) : host;
  return listen;
}

}  // namespace postrider::config
