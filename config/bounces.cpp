#include <algorithm>

#include "base/text.h"
#include "base/token.h"
#include "config/checks.h"
#include "config/listen.h"
#include "config/login.h"
#include "config/mailbox_kind.h"
#include "config/sections.h"
#include "mail/address.h"
#include "mail/return_address.h"

namespace postrider::config {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view url_example =
    "imaps://imap.example/INBOX\", \"pop3s://pop.example\" or \"maildir:/var/mail/bounces";
constexpr int most_failures = 1'000;
constexpr Duration shortest_round = std::chrono::seconds(5);
constexpr Duration longest_round = std::chrono::hours(24);

struct Scheme {
  std::string_view prefix;
  MailboxKind kind;
  std::uint16_t port;
};

constexpr Scheme schemes[] = {{"imaps://", MailboxKind::imaps, 993},
                              {"imap://", MailboxKind::imap, 143},
                              {"pop3s://", MailboxKind::pop3s, 995},
                              {"pop3://", MailboxKind::pop3, 110}};

Result<Mailbox> parse_server(const Scheme& scheme, std::string_view rest) {
  Mailbox mailbox;
  mailbox.kind = scheme.kind;
  const auto slash = rest.find('/');
  const auto authority = rest.substr(0, slash);
  const auto folder = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (authority.find('@') != std::string_view::npos)
    return fail("has a user in it; write that to username and password_file");
  if (!is_imap(scheme.kind) && !folder.empty())
    return fail("names a folder, which POP3 does not have; leave it out");
  const auto server = parse_host_port(authority);
  if (!server) return tl::make_unexpected(server.error());
  mailbox.host = server->host;
  mailbox.port = server->port == 0 ? scheme.port : server->port;
  if (!folder.empty()) mailbox.folder = folder;
  return mailbox;
}

Result<Mailbox> parse_directory(std::string_view path, const fs::path& folder) {
  if (path.starts_with("//")) path.remove_prefix(2);
  if (path.empty()) return fail("names no folder; write one such as \"maildir:/var/mail/bounces\"");
  Mailbox mailbox;
  mailbox.directory = (folder / path).lexically_normal();
  return mailbox;
}

Result<Mailbox> parse_mailbox_url(std::string_view text, const fs::path& folder) {
  if (const auto line = parse_line(text)) {
    if (text.starts_with("maildir:")) return parse_directory(text.substr(8), folder);
    for (const auto& scheme : schemes)
      if (text.starts_with(scheme.prefix))
        return parse_server(scheme, text.substr(scheme.prefix.size()));
  }
  return fail("\"" + printable(cut_utf8(text, 80)) + "\" is no mailbox; write \"" +
              std::string(url_example) + "\"");
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

Result<std::string> parse_return_address(std::string_view text) {
  if (text.empty()) return std::string();
  const auto address = mail::parse_address(text);
  if (!address) return tl::make_unexpected(address.error());
  if (!std::ranges::all_of(address->local, is_plain))
    return fail(
        "has more before the @ than letters, digits and . - _, which is all that servers, "
        "links and tokens get along with");
  const auto longest = mail::longest_return_local(return_token_length);
  if (address->local.size() > longest)
    return fail("has more than " + std::to_string(longest) +
                " characters before the @, which leave no room for a token; write a shorter one "
                "such as \"bounces@" +
                address->domain + "\"");
  return address->str();
}

Result<Duration> parse_round(std::string_view text) {
  const auto duration = parse_positive_duration(text);
  if (duration && (*duration < shortest_round || *duration > longest_round))
    return fail(to_string(*duration) + " is out of range; write a span from " +
                to_string(shortest_round) + " to " + to_string(longest_round));
  return duration;
}

void check_tls(const Section& section, const Mailbox& mailbox) {
  const bool clear = mailbox.kind == MailboxKind::imap || mailbox.kind == MailboxKind::pop3;
  if (!clear && section.has("tls") && mailbox.tls != Tls::required)
    section.fault("tls", "this mailbox is always read over TLS; leave it out");
  if (clear && mailbox.tls != Tls::required && !is_loopback(mailbox.host))
    section.fault("tls", "anything but \"required\" may send the log-in in clear; write that");
}

/// Keys that say nothing of a folder.
void warn_of_idle_keys(const Section& section) {
  for (const auto key :
       {"tls", "ca_file", "username", "password_file", "auth", "token_file", "token_command"})
    if (section.has(key)) section.warn(key, "does nothing where the mailbox is a folder");
}

void read_server(const Section& section, const fs::path& folder, Mailbox& to) {
  section.read("tls", to.tls, parse_tls);
  read_ca_file(section, folder, to.ca_file);
  read_login(section, folder, "bounces", "imap", to);
  if (to.username.empty())
    section.fault("mailbox", "needs a log-in; add username and password_file");
  check_tls(section, to);
}

void read_mailbox(const Section& section, const fs::path& folder, Bounces& to) {
  Mailbox mailbox;
  const bool known = section.read(
      "mailbox", mailbox, [&](std::string_view text) { return parse_mailbox_url(text, folder); });
  section.read("every", mailbox.every, parse_round);
  if (to.address.empty())
    section.fault("mailbox",
                  "needs an address that its mails come to; add for example: address = "
                  "\"bounces@report.example\"");
  if (!known) return;
  if (mailbox.kind == MailboxKind::maildir)
    warn_of_idle_keys(section);
  else
    read_server(section, folder, mailbox);
  to.mailbox = std::move(mailbox);
}

/// LMTP knows no log-in: whoever reaches the socket may deliver.
Result<Listen> parse_lmtp(std::string_view text, const fs::path& folder) {
  auto listen = parse_listen(text, folder, {"127.0.0.1:2424", "/run/postrider/lmtp.sock"});
  if (listen && !listen->host.empty() && !is_loopback(listen->host))
    return fail("\"" + printable(cut_utf8(text, 80)) +
                "\" can be reached from other machines, and LMTP knows no log-in; write an address "
                "of this machine alone such as \"127.0.0.1:2424\", or unix:/PATH");
  return listen;
}

/// Whether what listens at one is in the way of the other.
bool is_same_place(const Listen& lmtp, const Http& http) {
  if (!lmtp.unix_path.empty()) return lmtp.unix_path == http.unix_path;
  const bool overlap = lmtp.host == http.host || lmtp.host == "localhost" ||
                       http.host == "localhost" || http.host == "0.0.0.0" || http.host == "::";
  return lmtp.port == http.port && overlap;
}

/// The last two labels, which those of one organisation share.
std::string_view organisation(std::string_view domain) {
  const auto last = domain.rfind('.');
  const auto dot = last == 0 || last == std::string_view::npos ? last : domain.rfind('.', last - 1);
  return dot == std::string_view::npos ? domain : domain.substr(dot + 1);
}

/// Whether it is written.
bool read_lmtp(const Section& section, const fs::path& folder, Bounces& to) {
  const auto written = section.text("lmtp");
  if (!written || written->empty()) return false;
  if (auto listen = parse_lmtp(*written, folder))
    to.lmtp = std::move(*listen);
  else
    section.fault("lmtp", listen.error().message);
  if (to.address.empty())
    section.fault("lmtp",
                  "needs the address that is delivered to it; add for example: address = "
                  "\"bounces@report.example\"");
  return true;
}

}  // namespace

Bounces read_bounces(const Section& section, const fs::path& folder) {
  Bounces to;
  section.read("address", to.address, parse_return_address);
  for (const auto& [key, value] : {std::pair{"unknown", &to.unknown},
                                   {"bad_domain", &to.bad_domain},
                                   {"disabled", &to.disabled},
                                   {"full", &to.full}})
    section.read_number(key, *value, 0, most_failures);
  section.read("full_within", to.full_within, parse_positive_duration);
  section.read_flag("forward_replies", to.forward_replies);
  const bool delivered = read_lmtp(section, folder, to);
  const auto url = section.text("mailbox");
  if (url && !url->empty())
    read_mailbox(section, folder, to);
  else if (!to.address.empty() && !delivered)
    section.warn("mailbox",
                 "is missing, so nobody reads what comes back but `postrider bounce import`; add "
                 "for example: mailbox = \"imaps://imap.example/INBOX\"");
  return to;
}

void check_bounces(const Section& section, const Settings& settings) {
  const auto& to = settings.bounces;
  if (!to.lmtp.listen.empty() && is_same_place(to.lmtp, settings.http))
    section.fault("lmtp", "is where [http] listens; write another address");
  const auto address = mail::parse_address(to.address);
  const auto from = mail::parse_mailbox(settings.publication.from);
  if (!address || !from) return;
  if (address->canonical() == from->address.canonical())
    section.warn("address",
                 "is publication.from, so that what readers write to it is read as what came back; "
                 "use a mailbox of its own, such as \"bounces@" +
                     address->domain + "\"");
  else if (organisation(address->domain) != organisation(from->address.domain))
    section.warn("address",
                 "is in another domain than publication.from, so that SPF does not count for "
                 "DMARC; write one in " +
                     from->address.domain + " or below it");
}

}  // namespace postrider::config
