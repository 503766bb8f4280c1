#include "config/checks.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

#include "base/text.h"
#include "base/time_zone.h"
#include "mail/address.h"

namespace postrider::config {

namespace {

// A List-Unsubscribe line adds a token of 68 octets and has to stay below 998.
constexpr std::size_t longest_base_url = 255;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_of(std::string_view text, bool (*accept)(char)) {
  return std::all_of(text.begin(), text.end(), accept);
}

std::string in_quotes(std::string_view text) { return "\"" + printable(cut_utf8(text, 80)) + "\""; }

bool is_address(int family, std::string_view text) {
  in6_addr address;  // room for IPv4 too
  return text.find('\0') == std::string_view::npos &&
         ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_bracketed_ipv6(std::string_view host) {
  return host.size() >= 4 && host.front() == '[' && host.back() == ']' &&
         is_address(AF_INET6, host.substr(1, host.size() - 2));
}

/// A name, or an IPv4 address: what ends in a number is none but an address (RFC 3696 §2).
bool is_name_or_ipv4(std::string_view host) {
  const auto last = host.substr(host.rfind('.') + 1);
  return is_dns_name(host) && (!all_of(last, is_digit) || is_address(AF_INET, host));
}

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535)
    return fail(in_quotes(text) + " is no port; write a number from 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

Result<std::string> parse_lines(std::string_view text) {
  if (trim(text).empty()) return fail("is empty; write a text");
  if (std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\n'; }))
    return fail("has a control character in it; leave that out");
  return std::string(trim(text));
}

Result<std::string> parse_line(std::string_view text) {
  if (text.find('\n') != std::string_view::npos)
    return fail("has a line break in it; write it on one line");
  return parse_lines(text);
}

Result<std::string> parse_mailbox_text(std::string_view text) {
  const auto mailbox = mail::parse_mailbox(text);
  if (!mailbox)
    return fail(printable(mailbox.error().message) +
                "; write an address such as \"Joe Webster <joe@report.example>\"");
  if (mailbox->address.needs_smtputf8())
    return fail(
        "has letters other than ASCII before the @, which most mail servers do not take "
        "(SMTPUTF8); write an address without them, such as \"Jörg <joerg@report.example>\"");
  return std::string(trim(text));
}

Result<std::string> parse_base_url(std::string_view text) {
  constexpr std::string_view instead = "; write one such as \"https://news.report.example\"";
  const auto complain = [&](std::string_view what) {
    return fail(in_quotes(text) + std::string(what) + std::string(instead));
  };
  if (text.size() > longest_base_url) return complain("… is longer than 255 octets");
  const auto scheme_end = text.find("://");
  const auto scheme = to_lower(text.substr(0, std::min(scheme_end, text.size())));
  if (scheme_end == std::string_view::npos || (scheme != "https" && scheme != "http"))
    return complain(" is no http:// or https:// address");
  const auto rest = text.substr(scheme_end + 3);
  if (rest.find_first_of("?#") != std::string_view::npos)
    return complain(" has a query or a fragment, which a base has no use for");
  // Whatever is no plain URL octet would have to be encoded in each link anew (RFC 3986 §2).
  if (!all_of(rest, [](char c) {
        return c > 0x20 && c < 0x7F &&
               std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
      }))
    return complain(" has characters in it that no address may have");
  const auto authority = rest.substr(0, rest.find('/'));
  if (authority.find('@') != std::string_view::npos)
    return complain(" has a user in it, which readers must not see");
  if (const auto host = parse_host_port(authority); !host) return complain(" has no valid host");
  auto url = scheme + "://" + to_lower(authority) + std::string(rest.substr(authority.size()));
  while (url.back() == '/') url.pop_back();
  return url;
}

Result<std::string> parse_zone(std::string_view text) {
  if (!is_time_zone(text))
    return fail(in_quotes(text) +
                " is no time zone that this system knows; write one such as "
                "\"America/New_York\" or \"UTC\"");
  return std::string(text);
}

Result<Duration> parse_positive_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration || *duration <= Duration::zero())
    return fail(in_quotes(text) +
                " is no span of time; write a number and one of ms, s, m, h, d, w, "
                "such as \"90s\" or \"24h\"");
  if (*duration > std::chrono::hours(24 * 366))
    return fail(in_quotes(text) + " is over a year; write less");
  return *duration;
}

Result<std::string> parse_dns_name(std::string_view text) {
  if (!text.empty() && !is_dns_name(text))
    return fail(in_quotes(text) +
                " is no DNS name; write letters, digits and hyphens, with dots "
                "between labels");
  return to_lower(text);
}

Result<std::string> parse_domain(std::string_view text) {
  const auto address = mail::parse_address("x@" + std::string(text));
  if (!address || text.find('@') != std::string_view::npos)
    return fail(in_quotes(text) +
                " is no domain; write what stands behind the @ of addresses, such as "
                "\"gmail.com\"");
  return address->domain;
}

Result<std::string> parse_log_level(std::string_view text) {
  const std::vector<std::string> levels{"trace", "debug", "info", "warning", "error", "critical"};
  if (std::find(levels.begin(), levels.end(), text) == levels.end())
    return fail(in_quotes(text) +
                " is no level; write trace, debug, info, warning, error or critical");
  return std::string(text);
}

Result<HostPort> parse_host_port(std::string_view text) {
  const auto bracket = text.find(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  HostPort parsed{.host = to_lower(text.substr(0, colon)), .port = 0};
  if (!is_name_or_ipv4(parsed.host) && !is_bracketed_ipv6(parsed.host))
    return fail(in_quotes(parsed.host) +
                " is no host; write a name or an address such as "
                "smtp.example, 192.0.2.1 or [2001:db8::1]");
  if (colon != std::string_view::npos) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return tl::make_unexpected(port.error());
    parsed.port = *port;
  }
  return parsed;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host == "::1" ||
         (host.starts_with("127.") && all_of(host, [](char c) { return is_digit(c) || c == '.'; }));
}

bool is_within(std::string_view domain, std::string_view parent) {
  return domain == parent || (domain.size() > parent.size() && domain.ends_with(parent) &&
                              domain[domain.size() - parent.size() - 1] == '.');
}

}  // namespace postrider::config
