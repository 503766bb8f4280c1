// What the readers of reports share: the report's own words apart from the message that it returns,
// and the addresses and ids in a text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"

namespace postrider::mail {

constexpr std::size_t most_recipients = 1000;  // of one report

/// Whether one of the phrases stands in the text.
bool holds(std::string_view text, std::span<const std::string_view> phrases);

/// The parts of these types, in order, that are the message's own: not those of a message within.
std::vector<const Part*> own_parts(const Part& root, std::string_view type);

/// The machine part of a report (RFC 6522 §3): `kind` is "delivery-status", say; of RFC 6533's
/// types, "global-delivery-status", too. Outside multipart/report only where `anywhere`.
std::vector<const Part*> machine_parts(const Part& root, std::string_view kind, bool anywhere);

/// What the reporter wrote for people: text/plain, else text/html without its tags; only what
/// stands before the machine part or the returned message.
std::string own_words(const Part& root);

/// The fields of the message that is returned: within, or as its headers alone, or in the text
/// behind the words. Empty: none is.
std::vector<Field> returned_fields(const Part& root);

std::string_view first_field(const std::vector<Field>& fields, std::string_view name);

/// "joe@a.example" of `Joe <joe@a.example>, <postmaster>`: whatever looks like an address, `most`
/// at the most.
std::vector<std::string> addresses_in(std::string_view text, std::size_t most = 50);

/// What is behind the last @, in lower case; empty: there is none.
std::string domain_of(std::string_view address);

/// What stands in <> one by one: ids, links.
std::vector<std::string> in_brackets(std::string_view text, std::size_t most = 50);

/// One line, printable, at most 512 octets: for Finding::text.
std::string as_told(std::string_view text);

/// Of ASCII, Latin-1, Greek and Cyrillic.
std::string small_letters(std::string_view text);

/// Runs of white space become one blank, none at the ends.
std::string squeezed(std::string_view text);

}  // namespace postrider::mail
