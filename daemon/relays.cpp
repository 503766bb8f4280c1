#include "daemon/relays.h"

#include <algorithm>

#include "config/providers.h"
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

/// A thread looks through its connections at each send.
constexpr int most_connections_a_thread = 250;

std::unique_ptr<queue::Relay> make_thread(const config::Relay& relay, int connections,
                                          const Clock& clock,
                                          std::shared_ptr<queue::RelayHealth> health,
                                          std::shared_ptr<queue::TokenKeeper> tokens) {
  if (relay.kind == config::RelayKind::file)
    return queue::make_file_relay(relay.name, relay.directory, clock);
  return queue::make_smtp_relay({.name = relay.name,
                                 .host = relay.host,
                                 .port = relay.port,
                                 .tls = tls_policy(relay),
                                 .ca_file = relay.ca_file,
                                 .username = relay.username,
                                 .password = relay.password,
                                 .tokens = std::move(tokens),
                                 .connections = connections,
                                 .messages_per_connection = relay.messages_per_connection,
                                 .connect_timeout = relay.timeouts.connect,
                                 .timeouts = {.command = relay.timeouts.command,
                                              .data = relay.timeouts.data,
                                              .block = relay.timeouts.block,
                                              .answer = relay.timeouts.answer}},
                                clock, std::move(health));
}

/// Of all threads of a relay; null: it logs in by password.
std::shared_ptr<queue::TokenKeeper> make_tokens(const config::Relay& relay, const Clock& clock) {
  if (relay.auth != config::Auth::xoauth2) return {};
  return std::make_shared<queue::TokenKeeper>(
      queue::TokenSource{relay.token_file, relay.token_command}, clock);
}

int threads_of(const config::Relay& relay, bool is_work, unsigned threads) {
  if (relay.kind == config::RelayKind::file) return 1;
  const int needed =
      (relay.connections + most_connections_a_thread - 1) / most_connections_a_thread;
  // What one thread can carry alone, several only take turns at: their wake-ups cost more.
  const int wanted = is_work ? static_cast<int>(threads) : 1;
  return std::clamp(std::max(wanted, needed), 1, relay.connections);
}

std::string account_of(const config::Relay& relay) {
  if (relay.kind == config::RelayKind::file) return relay.directory.string();
  return relay.username + "@" + relay.host + ":" + std::to_string(relay.port);
}

}  // namespace

queue::PacingPlan pacing_plan(const config::Settings& settings) {
  queue::PacingPlan plan;
  for (const auto& relay : settings.relays)
    plan.relays.push_back({relay.name,
                           {relay.priority, {relay.domains.begin(), relay.domains.end()}},
                           relay.connections,
                           relay.rate,
                           account_of(relay)});
  for (const auto& domain : settings.domains)
    plan.domains.push_back({domain.name, {domain.name}, domain.connections, domain.rate});
  for (const auto& name : settings.pacing.providers) {
    const auto* provider = config::find_provider(name);
    plan.domains.push_back({name,
                            {provider->domains.begin(), provider->domains.end()},
                            provider->connections,
                            provider->rate});
  }
  return plan;
}

std::vector<queue::Outlet> make_outlets(const config::Settings& settings,
                                        const queue::Pacing& pacing, unsigned threads,
                                        const Clock& clock) {
  std::vector<queue::Outlet> outlets;
  for (std::size_t number = 0; number < settings.relays.size(); ++number) {
    const auto& relay = settings.relays[number];
    const bool is_work =
        !settings.dkim.domain.empty() || tls_policy(relay) != queue::TlsPolicy::none;
    const int count = threads_of(relay, is_work, threads);
    const auto tokens = make_tokens(relay, clock);
    for (int i = 0; i < count; ++i) {
      // The first threads take one connection more where they cannot all have the same.
      const int connections = relay.connections / count + (i < relay.connections % count ? 1 : 0);
      outlets.push_back(
          {number, make_thread(relay, connections, clock, pacing.health(number), tokens)});
    }
  }
  return outlets;
}

std::vector<const config::Relay*> way_to(const config::Settings& settings,
                                         std::string_view domain) {
  std::vector<queue::Route> routes;
  for (const auto& relay : pacing_plan(settings).relays) routes.push_back(relay.route);
  std::vector<const config::Relay*> way;
  std::vector<bool> left(routes.size(), true);
  for (;;) {
    const auto next = queue::carriers(routes, domain, left);
    if (next.empty()) return way;
    for (const auto number : next) {
      way.push_back(&settings.relays[number]);
      left[number] = false;
    }
  }
}

std::unique_ptr<queue::Relay> make_relay(const config::Relay& relay, const Clock& clock) {
  return make_thread(relay, 1, clock, std::make_shared<queue::RelayHealth>(1),
                     make_tokens(relay, clock));
}

queue::RetryPolicy retry_policy(const config::Retry& retry) {
  return {.delays = retry.delays,
          .give_up_after = retry.give_up_after,
          .resend_in_doubt = retry.in_doubt == config::InDoubt::resend};
}

}  // namespace postrider::daemon
