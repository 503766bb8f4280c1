// The settings of one newsletter's folder (postrider.toml) as plain values. Read whole, checked
// whole: a faulty file gives all its faults and no settings. Immutable once loaded.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip_address.h"
#include "base/local_hour.h"
#include "base/rate.h"
#include "base/slots.h"

namespace postrider::config {

/// Who says that an issue may go out: `status: ready` in its draft, or an approval of it.
enum class Approval { front_matter, required };

/// Gets previews of what is ready, and may approve it by the link in them.
struct Reviewer {
  std::string email;  // an address
  std::string as;     // the subscriber whose mail they are; empty: a made-up reader's
};

/// [publication]: who publishes.
struct Publication {
  std::string name;
  std::string from;      // a mailbox: "Joe Webster <joe@report.example>"
  std::string reply_to;  // a mailbox; empty: none
  std::string base_url;  // http(s)://host[:port][/path], without a slash at its end
  std::string postal_address;
  std::string language = "en";
  std::string timezone = "UTC";
  Duration max_lateness = std::chrono::hours(24);
  Duration undo_window{};  // between an issue's start and its first mail
  MissedHour local_time_missed = MissedHour::at_once;  // of readers whose hour has passed then
  Approval approval = Approval::front_matter;
  std::vector<Reviewer> reviewers{};
  Duration preview_pause = std::chrono::minutes(5);  // between two previews of one draft
};

/// [lists.NAME]: what one joins.
struct List {
  std::string key;                  // NAME: letters, digits, - and _
  std::string name;                 // for readers
  bool is_public = true;            // anybody may join it
  bool double_opt_in = true;        // who signs up confirms it by a mail
  std::filesystem::path welcome{};  // a draft: the first mail; absolute; empty: none
  Schedule schedule{};              // no slots: drafts say when they are sent
  Duration remind{};                // before a slot without a draft; 0: the operator is not told
};

/// [sign_up]: what those who sign up by themselves may do.
struct SignUp {
  Rate per_network{60, std::chrono::hours(1)};        // of an IPv4 /24 or IPv6 /56
  Rate plain_per_network{30, std::chrono::hours(1)};  // by forms without our signature
  Rate per_list{500, std::chrono::hours(1)};          // then an operator is asked
  Rate imported{5000, std::chrono::hours(1)};         // questions to readers of an import
  Duration ask_again = std::chrono::hours(24);        // one address is asked no sooner
  Duration expires = std::chrono::hours(24 * 7);      // what nobody confirms
  bool plain_forms = true;                            // forms on other sites
  Duration least_form_age = std::chrono::seconds(3);
  Duration greatest_form_age = std::chrono::hours(24);
  bool hold_role_addresses = true;
  std::vector<std::string> disposable_domains;  // ASCII, lower case, sorted; from a file
};

/// [segments]: NAME = "EXPRESSION". Which readers it means is read where the readers are known.
struct SavedSegment {
  std::string name;  // letters, digits, - and _
  std::string expression;
  int line = 0;
};

/// [storage]: absolute paths.
struct Storage {
  std::filesystem::path database;
  std::filesystem::path drafts;
  std::filesystem::path theme;
  std::filesystem::path secrets;
  Duration fold_after = std::chrono::days(90);  // from an issue's end on; 0: none is folded
};

enum class RelayKind { smtp, smtps, file };
enum class Auth { password, xoauth2 };
enum class Tls { required, opportunistic, none };

/// How long a server may take (RFC 5321 §4.5.3.2).
struct RelayTimeouts {
  Duration connect = std::chrono::seconds(30);  // TCP, TLS, greeting, EHLO and AUTH together
  Duration command = std::chrono::minutes(5);   // MAIL, RCPT, RSET
  Duration data = std::chrono::minutes(2);      // DATA
  Duration block = std::chrono::minutes(3);     // for taking some of what is sent
  Duration answer = std::chrono::minutes(10);   // to the end of a mail
};

/// Who we are to a server.
struct Login {
  std::string username;  // empty: none is asked for
  Auth auth = Auth::password;
  std::filesystem::path token_file;        // of xoauth2: absolute; or
  std::vector<std::string> token_command;  // a program with its arguments
  std::string password;  // read from password_file or the credential; never logged
};

/// [[relay]]: the way out.
struct Relay : Login {
  std::string name;
  RelayKind kind = RelayKind::file;
  std::string host;                 // smtp, smtps; an IPv6 address in brackets
  std::uint16_t port = 0;           // smtp: 587 by default, smtps: 465
  std::filesystem::path directory;  // file: absolute
  Tls tls = Tls::required;          // smtp; smtps is always TLS
  std::filesystem::path ca_file;    // absolute; empty: the system's store
  int connections = 4;
  int messages_per_connection = 500;
  RelayTimeouts timeouts;
  std::optional<Rate> rate;          // nothing: no limit
  int priority = 0;                  // lower first; the next one takes over when this one is down
  std::vector<std::string> domains;  // only for these, and before any other relay; empty: all
};

/// [domains."NAME"]: limits towards one recipient domain.
struct Domain {
  std::string name;     // ASCII, lower case
  int connections = 0;  // 0: no limit
  std::optional<Rate> rate;
};

/// [pacing]: how mail is spread over time and recipients' providers.
struct Pacing {
  std::vector<std::string> providers;  // of config/providers.h, whose limits are kept
};

enum class InDoubt { resend, hold };

/// [retry]: when a temporary failure is tried again.
struct Retry {
  std::vector<Duration> delays;  // not empty; the last repeats
  Duration give_up_after = std::chrono::hours(48);
  InDoubt in_doubt = InDoubt::resend;
};

/// [dkim]: empty domain: mails are not signed.
struct Dkim {
  std::string domain;
  std::string selector;          // secrets/dkim-SELECTOR.pem
  std::string ed25519_selector;  // empty: no second signature
};

enum class MailboxKind { imaps, imap, pop3s, pop3, maildir };

/// Where mail arrives.
struct Mailbox : Login {
  MailboxKind kind = MailboxKind::maildir;
  std::string host;  // an IPv6 address in brackets
  std::uint16_t port = 0;
  std::string folder = "INBOX";              // of imap and imaps
  std::filesystem::path directory;           // maildir: absolute
  Tls tls = Tls::required;                   // imap and pop3; the others are always TLS
  std::filesystem::path ca_file;             // absolute; empty: the system's store
  Duration every = std::chrono::minutes(1);  // how often it is looked into
};

/// A socket that others come to.
struct Listen {
  std::string listen;  // as written; empty: none
  std::string host;    // an IP address or name; empty for a unix socket
  std::uint16_t port = 0;
  std::filesystem::path unix_path;
};

/// [bounces]: what comes back.
struct Bounces {
  std::string address;  // where it goes, as NAME@DOMAIN; empty: nothing is made of it
  std::optional<Mailbox> mailbox;
  Listen lmtp;                  // where a mail server delivers it itself
  bool forward_replies = true;  // people's, to publication.reply_to
  // After how many failed mails an address is suppressed; 0: never for that.
  int unknown = 1;
  int bad_domain = 3;  // days
  int disabled = 2;
  int full = 5;  // within full_within
  Duration full_within = std::chrono::hours(24 * 30);
};

/// [webhooks]: how providers that tell what comes back prove who they are; empty: not told by that.
struct Webhooks {
  std::vector<std::string> ses_topics;  // of SNS: "arn:aws:sns:eu-west-1:123456789012:bounces"
  std::string sendgrid_key;             // public, DER (SubjectPublicKeyInfo)
  std::string postmark_username;
  std::string postmark_password;  // never logged
  std::string mailgun_key;        // that signs; never logged
};

/// [guards]: what holds an issue before its start.
struct Guards {
  int audience_change = 30;  // percent; 0: whatever the audience
  int audience_change_readers = 100;
  bool leftovers = true;  // hold an issue for what was left in its text
};

/// [operator]: whom to tell.
struct Operator {
  std::string email;                  // an address; empty: nobody
  std::vector<std::string> on_event;  // a program with its arguments; empty: none
};

/// [http]: the readers' doors. Empty listen: none.
struct Http : Listen {
  std::filesystem::path certificate;       // absolute; empty: without TLS
  std::filesystem::path key;               // absolute
  std::vector<IpNetwork> trusted_proxies;  // whose X-Forwarded-For is believed
  bool trusts_unix_peers = false;          // "unix" was among them
};

struct Log {
  std::string level = "info";  // spdlog's names: trace debug info warning error critical
};

struct Settings {
  std::filesystem::path file;    // absolute
  std::filesystem::path folder;  // of the file: what relative paths resolve against
  Publication publication;
  std::vector<List> lists;  // in the file's order; at least one
  std::vector<SavedSegment> segments;
  Storage storage;
  std::vector<Relay> relays;  // at least one; their names differ
  std::vector<Domain> domains;
  Pacing pacing;
  Retry retry;
  Dkim dkim;
  Bounces bounces;
  Webhooks webhooks;
  Operator the_operator;
  Http http;
  SignUp sign_up;
  Guards guards;
  Log log;
  Faults warnings;  // such as a base_url over http://

  const List* find_list(std::string_view key) const;
};

/// --config FILE, $POSTRIDER_CONFIG, ./postrider.toml, /etc/postrider/postrider.toml: the first
/// that is named or exists. `named` may be empty.
Result<std::filesystem::path> find_settings(const std::filesystem::path& named);

/// All faults in the file's order, or the settings.
tl::expected<Settings, Faults> load_settings(const std::filesystem::path& file);

/// The text of the postrider.toml that `postrider init` writes: every key, explained.
std::string_view sample_settings();

}  // namespace postrider::config
