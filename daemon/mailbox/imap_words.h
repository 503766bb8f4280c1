// How IMAP (RFC 3501) writes what we say and hear. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::daemon::mailbox {

/// A folder's name, given in UTF-8, as a quoted string in modified UTF-7 (RFC 3501 §5.1.3).
std::string imap_folder(std::string_view name);

/// Ascending numbers as sequence sets ("3:7,9") of at most 100 numbers each.
std::vector<std::string> imap_sets(std::span<const std::uint32_t> numbers);

/// The number behind `word` and a blank, in any case: of "UIDVALIDITY" in "* OK [UIDVALIDITY 3]".
std::optional<std::uint32_t> imap_number(std::string_view line, std::string_view word);

/// The count of "* COUNT WORD …": "EXISTS", "FETCH".
std::optional<std::uint32_t> imap_count(std::string_view line, std::string_view word);

/// Of how many octets the literal is that follows a line: "… {310}".
std::optional<std::uint64_t> imap_literal(std::string_view line);

/// What a FETCH response says of a message.
struct ImapFetch {
  std::optional<std::uint32_t> uid;
  std::optional<std::string> body;  // of BODY[] in whatever part
};

/// `text`: the response's lines without the literals between them, which are in `literals`. What is
/// malformed ends the reading.
ImapFetch parse_imap_fetch(std::string_view text, std::vector<std::string> literals);

}  // namespace postrider::daemon::mailbox
