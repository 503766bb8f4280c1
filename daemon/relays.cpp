#include "daemon/relays.h"

#include <algorithm>

#include "queue/file_relay.h"
#include "queue/smtp_relay.h"

namespace postrider::daemon {

namespace {

queue::TlsPolicy tls_policy(const config::Relay& relay) {
  if (relay.kind == config::RelayKind::smtps) return queue::TlsPolicy::implicit;
  switch (relay.tls) {
    case config::Tls::required:
      return queue::TlsPolicy::starttls;
    case config::Tls::opportunistic:
      return queue::TlsPolicy::opportunistic;
    case config::Tls::none:
      break;
  }
  return queue::TlsPolicy::none;
}

}  // namespace

std::vector<std::unique_ptr<queue::Relay>> make_relays(const config::Relay& relay, unsigned threads,
                                                       const Clock& clock) {
  std::vector<std::unique_ptr<queue::Relay>> relays;
  if (relay.kind == config::RelayKind::file) {
    relays.push_back(queue::make_file_relay(relay.name, relay.directory, clock));
    return relays;
  }
  std::shared_ptr<queue::TokenKeeper> tokens;
  if (relay.auth == config::Auth::xoauth2)
    tokens = std::make_shared<queue::TokenKeeper>(
        queue::TokenSource{relay.token_file, relay.token_command}, clock);
  const int count = std::clamp(static_cast<int>(threads), 1, relay.connections);
  for (int i = 0; i < count; ++i) {
    // The first threads take one connection more where they cannot all have the same.
    const int connections = relay.connections / count + (i < relay.connections % count ? 1 : 0);
    relays.push_back(
        queue::make_smtp_relay({.name = relay.name,
                                .host = relay.host,
                                .port = relay.port,
                                .tls = tls_policy(relay),
                                .ca_file = relay.ca_file,
                                .username = relay.username,
                                .password = relay.password,
                                .tokens = tokens,
                                .connections = connections,
                                .messages_per_connection = relay.messages_per_connection,
                                .connect_timeout = relay.timeouts.connect,
                                .timeouts = {.command = relay.timeouts.command,
                                             .data = relay.timeouts.data,
                                             .block = relay.timeouts.block,
                                             .answer = relay.timeouts.answer}},
                               clock));
  }
  return relays;
}

queue::RetryPolicy retry_policy(const config::Retry& retry) {
  return {.delays = retry.delays,
          .give_up_after = retry.give_up_after,
          .resend_in_doubt = retry.in_doubt == config::InDoubt::resend};
}

}  // namespace postrider::daemon
