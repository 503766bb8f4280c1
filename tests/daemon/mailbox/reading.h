// How the tests of mailboxes read them.
#pragma once

#include <doctest/doctest.h>
#include <set>
#include <string>
#include <vector>

#include "daemon/mailbox/mailbox.h"
#include "support/fake_clock.h"
#include "support/text.h"

namespace postrider::test {

using Ids = std::vector<std::string>;

/// Of a fake server on this machine.
inline config::Mailbox settings_of(config::MailboxKind kind, std::uint16_t port) {
  config::Mailbox settings;
  settings.kind = kind;
  settings.host = "127.0.0.1";
  settings.port = port;
  settings.tls = config::Tls::none;
  settings.username = "bounces";
  settings.password = "hunter2";
  return settings;
}

inline std::unique_ptr<daemon::mailbox::Mailbox> open(const config::Mailbox& settings,
                                                      const daemon::mailbox::Patience& limits = {},
                                                      std::stop_token stop = {}) {
  static const FakeClock clock;
  return daemon::mailbox::open_mailbox(settings, clock, std::move(stop), limits);
}

inline Ids ids_of(const std::vector<daemon::mailbox::Arrived>& messages) {
  Ids ids;
  for (const auto& message : messages) ids.push_back(message.id);
  return ids;
}

/// The ids of what is fetched, or the error as the only one.
inline Ids fetch(daemon::mailbox::Mailbox& mailbox, std::size_t most,
                 const std::set<std::string>& known = {}) {
  const auto got = mailbox.fetch(most, [&](const std::string& id) { return known.contains(id); });
  return got ? ids_of(*got) : Ids{got.error().message};
}

/// All that is fetched, or a test that fails.
inline std::vector<daemon::mailbox::Arrived> fetched(daemon::mailbox::Mailbox& mailbox) {
  auto got = mailbox.fetch(1000, [](const std::string&) { return false; });
  if (!got) FAIL(got.error().message);
  return std::move(*got);
}

/// Why nothing could be fetched. Never has the password that the fake servers want.
inline std::string trouble(daemon::mailbox::Mailbox& mailbox) {
  const auto got = mailbox.fetch(1000, [](const std::string&) { return false; });
  if (got) return "no trouble";
  CHECK(got.error().message.find("hunter2") == std::string::npos);
  return got.error().message;
}

}  // namespace postrider::test
