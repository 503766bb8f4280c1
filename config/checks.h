// What a setting's text has to look like: text → value, or what is wrong with it and what to write
// instead. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace postrider::config {

/// What lists and relays may be called in settings, commands and logs: letters, digits, - and _, at
/// most 64.
bool is_name(std::string_view text);

/// One line, not empty, without control characters.
Result<std::string> parse_line(std::string_view text);
/// The same, but line breaks may stand in it.
Result<std::string> parse_lines(std::string_view text);

/// A mailbox whose address any mail server takes: one that needs SMTPUTF8 (RFC 6531) is refused.
Result<std::string> parse_mailbox_text(std::string_view text);

/// http(s)://host[:port][/path] of at most 255 octets; the slash at its end goes.
Result<std::string> parse_base_url(std::string_view text);

Result<std::string> parse_zone(std::string_view text);
Result<Duration> parse_positive_duration(std::string_view text);

/// A DNS name of one or more labels of letters, digits and hyphens, in lower case; for selectors
/// too (RFC 6376 §3.1). Empty stays empty.
Result<std::string> parse_dns_name(std::string_view text);

/// The domain of an address, as addresses have it: ASCII (IDNA2008), lower case.
Result<std::string> parse_domain(std::string_view text);

Result<std::string> parse_log_level(std::string_view text);

struct HostPort {
  std::string host;
  std::uint16_t port = 0;  // 0: none was written
};
/// "host:port", "[::1]:8025"; the brackets stay. The port may be missing.
Result<HostPort> parse_host_port(std::string_view text);

/// Whether nobody else can listen on the way there: localhost, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

/// Whether `domain` is `parent` or below it.
bool is_within(std::string_view domain, std::string_view parent);

}  // namespace postrider::config
