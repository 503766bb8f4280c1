#include "base/text.h"
#include "config/checks.h"
#include "config/login.h"
#include "config/sections.h"

namespace postrider::config {

namespace fs = std::filesystem;

namespace {

constexpr int most_connections = 2'000;
constexpr int most_priority = 1'000;
constexpr int most_messages = 1'000'000;
constexpr Duration shortest_timeout = std::chrono::seconds(1);
constexpr Duration longest_timeout = std::chrono::hours(1);

constexpr std::string_view url_example =
    "smtps://smtp.example:465\", \"smtp://smtp.example:587\" or \"file:outbox";

struct Way {
  RelayKind kind = RelayKind::file;
  std::string host;
  std::uint16_t port = 0;
  fs::path directory;
};

Result<Way> parse_directory(std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);
  if (path.empty()) return fail("names no folder; write one such as \"file:outbox\"");
  return Way{.kind = RelayKind::file, .host = "", .port = 0, .directory = path};
}

Result<Way> parse_server(RelayKind kind, std::string_view authority) {
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.find('@') != std::string_view::npos)
    return fail("has a user in it; write that to username and password_file");
  const auto server = parse_host_port(authority);
  if (!server) return tl::make_unexpected(server.error());
  const std::uint16_t usual = kind == RelayKind::smtps ? 465 : 587;
  return Way{.kind = kind,
             .host = server->host,
             .port = server->port == 0 ? usual : server->port,
             .directory = {}};
}

Result<Way> parse_url(std::string_view text) {
  if (text.find_first_of(std::string_view("\0\n\r", 3)) == std::string_view::npos) {
    if (text.starts_with("file:")) return parse_directory(text.substr(5));
    if (text.starts_with("smtps://")) return parse_server(RelayKind::smtps, text.substr(8));
    if (text.starts_with("smtp://")) return parse_server(RelayKind::smtp, text.substr(7));
  }
  return fail("\"" + printable(cut_utf8(text, 80)) + "\" is no way out; write \"" +
              std::string(url_example) + "\"");
}

/// Relays are named in file names of credentials, in logs and in keys of faults.
Result<std::string> parse_name(std::string_view text) {
  if (!is_name(text))
    return fail("\"" + printable(cut_utf8(text, 80)) +
                "\" is no name; write letters, digits, - and _ only");
  return std::string(text);
}

void check_clear_text(const Section& section, const Relay& relay) {
  if (relay.kind != RelayKind::smtp || relay.username.empty() || is_loopback(relay.host)) return;
  if (relay.tls == Tls::none)
    section.fault("tls",
                  "\"none\" would send the log-in in clear; write \"required\", or leave "
                  "username out");
  if (relay.tls == Tls::opportunistic)
    section.warn("tls",
                 "\"opportunistic\" sends the log-in in clear to whoever hides the server's "
                 "STARTTLS; write \"required\" where the server offers it");
}

void check_tls(const Section& section, const Relay& relay) {
  if (relay.kind == RelayKind::smtps && relay.tls != Tls::required)
    section.fault("tls", "smtps:// is always TLS; leave it out, or write an url with smtp://");
  check_clear_text(section, relay);
}

/// An empty text is no limit.
Result<std::optional<Rate>> parse_rate_or_none(std::string_view text) {
  if (text.empty()) return std::optional<Rate>();
  const auto rate = parse_rate(text);
  if (!rate) return tl::make_unexpected(rate.error());
  return std::optional(*rate);
}

std::vector<std::string> read_domains(const Section& section) {
  std::vector<std::string> domains;
  for (const auto& item : section.texts("domains").value_or(std::vector<Section::Item>()))
    if (auto domain = parse_domain(item.text))
      domains.push_back(std::move(*domain));
    else
      section.fault_at(item.line, "domains", domain.error().message);
  return domains;
}

Result<Duration> parse_timeout(std::string_view text) {
  const auto duration = parse_positive_duration(text);
  if (duration && (*duration < shortest_timeout || *duration > longest_timeout))
    return fail(to_string(*duration) + " is out of range; write a span from " +
                to_string(shortest_timeout) + " to " + to_string(longest_timeout));
  return duration;
}

void read_timeouts(const Section& section, RelayTimeouts& to) {
  section.read("connect_timeout", to.connect, parse_timeout);
  section.read("command_timeout", to.command, parse_timeout);
  section.read("data_timeout", to.data, parse_timeout);
  section.read("block_timeout", to.block, parse_timeout);
  section.read("answer_timeout", to.answer, parse_timeout);
}

void warn_of_idle_keys(const Section& section) {
  for (const auto key :
       {"tls", "ca_file", "username", "password_file", "auth", "token_file", "token_command",
        "connect_timeout", "command_timeout", "data_timeout", "block_timeout", "answer_timeout"})
    if (section.has(key)) section.warn(key, "does nothing where the url is a folder");
}

constexpr std::string_view usual_name = "primary";

std::string path_of(const Table& table) {
  const auto* name = table.find("name");
  if (!name) return "relay." + std::string(usual_name);
  const auto* text = std::get_if<std::string>(&name->value.content);
  return text && parse_name(*text) ? "relay." + *text : "relay";
}

}  // namespace

Relay read_relay(const Table& table, int line, const fs::path& folder, FaultList& faults) {
  const Section section(table, line, "relay", path_of(table), faults);
  Relay relay;
  relay.name = usual_name;
  section.read("name", relay.name, parse_name);
  Way way;
  const bool known = section.require("url", way, parse_url, "url = \"smtps://smtp.example:465\"");
  relay.kind = way.kind;
  relay.host = way.host;
  relay.port = way.port;
  relay.directory =
      way.directory.empty() ? fs::path() : (folder / way.directory).lexically_normal();
  section.read("tls", relay.tls, parse_tls);
  section.read_number("connections", relay.connections, 1, most_connections);
  section.read_number("messages_per_connection", relay.messages_per_connection, 1, most_messages);
  section.read("rate", relay.rate, parse_rate_or_none);
  section.read_number("priority", relay.priority, 0, most_priority);
  relay.domains = read_domains(section);
  if (known && relay.kind == RelayKind::file) {
    warn_of_idle_keys(section);
    return relay;
  }
  read_timeouts(section, relay.timeouts);
  read_ca_file(section, folder, relay.ca_file);
  read_login(section, folder, relay.name, "smtp", relay);
  if (known) check_tls(section, relay);
  return relay;
}

}  // namespace postrider::config
