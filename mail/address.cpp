#include "mail/address.h"

#include <algorithm>
#include <idn2.h>
#include <memory>

#include "base/text.h"

namespace postrider::mail {

namespace {

constexpr std::size_t longest_local = 64;     // RFC 5321 §4.5.3.1.1
constexpr std::size_t longest_address = 254;  // RFC 5321 §4.5.3.1.3, without the brackets

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5322 §3.2.3, and any character beyond ASCII (RFC 6531).
bool is_atext(char c) {
  return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  for (const auto atom : split(text, '.'))
    if (atom.empty() || !std::all_of(atom.begin(), atom.end(), is_atext)) return false;
  return true;
}

tl::unexpected<Error> wrong(std::string_view text, std::string_view why) {
  return fail("'" + printable(cut_utf8(text, 80)) + "' is no e-mail address: " + std::string(why));
}

/// The content of a quoted local part; nothing where it is not well-formed.
bool unquote(std::string_view quoted, std::string& content) {
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    auto c = quoted[i];
    if (c == '"') return false;
    if (c == '\\') {
      if (i + 2 >= quoted.size()) return false;
      c = quoted[++i];
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    content += c;
  }
  return !content.empty();
}

/// Where the local part ends: the last @ outside quotes.
std::size_t find_at(std::string_view text) {
  if (!text.starts_with('"')) return text.rfind('@');
  bool escaped = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (escaped)
      escaped = false;
    else if (text[i] == '\\')
      escaped = true;
    else if (text[i] == '"')
      return i + 1 < text.size() && text[i + 1] == '@' ? i + 1 : std::string_view::npos;
  }
  return std::string_view::npos;
}

bool is_host_name(std::string_view domain) {
  return is_dns_name(domain) && domain.find('.') != std::string_view::npos;
}

/// ASCII, lower case (RFC 5891); empty where the domain is none.
std::string to_ascii(const std::string& domain) {
  const bool plain = std::all_of(domain.begin(), domain.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  auto lower = to_lower(domain);
  // A-labels are checked too: "xn--" must not hide what no registry would give out.
  if (plain && lower.find("xn--") == std::string::npos) return lower;
  char* converted = nullptr;
  const int code =
      idn2_to_ascii_8z(domain.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(converted, idn2_free);
  return code == IDN2_OK && converted ? to_lower(converted) : std::string();
}

}  // namespace

bool Address::needs_smtputf8() const {
  return std::any_of(local.begin(), local.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

namespace {

std::string quote(const std::string& local) {
  if (is_dot_atom(local)) return local;
  std::string quoted = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

std::string Address::str() const { return quote(local) + "@" + domain; }

std::string Address::canonical() const { return domain + " " + quote(to_lower(local)); }

std::string address_of(std::string_view canonical) {
  const auto blank = canonical.find(' ');
  return std::string(canonical.substr(blank + 1)) + "@" + std::string(canonical.substr(0, blank));
}

Result<Address> parse_address(std::string_view text) {
  text = trim(text);
  if (text.empty()) return fail("an e-mail address is missing");
  if (!is_utf8(text)) return wrong(text, "it is not UTF-8");
  const auto at = find_at(text);
  if (at == std::string_view::npos || at == 0)
    return wrong(text, "it has no name before an @; write name@example.org");
  const auto local = text.substr(0, at);
  const auto domain = text.substr(at + 1);
  Address address;
  if (local.starts_with('"')) {
    if (local.size() < 3 || !unquote(local, address.local))
      return wrong(text, "its quoted name is malformed");
  } else if (is_dot_atom(local)) {
    address.local = local;
  } else {
    return wrong(text, "its name has a character, a blank or a dot that cannot stand there");
  }
  if (local.size() > longest_local) return wrong(text, "its name is longer than 64 octets");
  if (domain.starts_with('['))
    return wrong(text, "its domain is an address literal; write a host name");
  address.domain = to_ascii(std::string(domain));
  if (address.domain.empty() || !is_host_name(address.domain))
    return wrong(text, "its domain is no host name");
  if (address.str().size() > longest_address) return wrong(text, "it is longer than 254 octets");
  return address;
}

Result<Mailbox> parse_mailbox(std::string_view text) {
  text = trim(text);
  if (!text.ends_with('>')) {
    auto address = parse_address(text);
    if (!address) return tl::make_unexpected(address.error());
    return Mailbox{"", std::move(*address)};
  }
  const auto open = text.rfind('<');
  if (open == std::string_view::npos)
    return wrong(text, "it has a > without a <; write Name <name@example.org>");
  auto name = trim(text.substr(0, open));
  std::string plain(name);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    plain.clear();
    if (name.size() > 2 && !unquote(name, plain))
      return wrong(text, "its quoted name is malformed");
  }
  if (!is_utf8(plain) || printable(plain) != plain)
    return wrong(text, "its name has control characters or is not UTF-8");
  auto address = parse_address(text.substr(open + 1, text.size() - open - 2));
  if (!address) return tl::make_unexpected(address.error());
  return Mailbox{std::move(plain), std::move(*address)};
}

}  // namespace postrider::mail
