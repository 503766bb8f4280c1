#include "daemon/bulletin.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace postrider::daemon {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_rows = 16;  // of each kind, so that all fits on the board

Json time_or_null(const std::optional<Instant>& time) {
  return time ? Json(rfc3339(*time)) : Json(nullptr);
}

Json rate_or_null(const std::optional<Rate>& rate) {
  return rate ? Json(to_string(*rate)) : Json(nullptr);
}

Json relays(const queue::Dispatcher& dispatcher) {
  auto told = Json::array();
  const auto& pacing = dispatcher.pacing();
  for (const auto& relay : by_name(dispatcher.status())) {
    if (told.size() == most_rows) break;
    Json row{{"name", relay.name},
             {"state", relay.state},
             {"connections", relay.connections},
             {"most_connections", relay.most_connections},
             {"last_error", relay.last_error},
             {"retry_at", time_or_null(relay.retry_at)}};
    for (std::size_t i = 0; i < pacing.relays(); ++i) {
      if (pacing.plan(i).name != relay.name) continue;
      const auto& [priority, of_domains] = pacing.plan(i).route;
      row["priority"] = priority;
      row["domains"] = Json::array();
      for (const auto& domain : of_domains)
        if (row["domains"].size() < most_rows) row["domains"].push_back(domain);
      row["rate"] = rate_or_null(pacing.plan(i).rate);
      row["limited"] = pacing.at_its_rate(i);
    }
    told.push_back(std::move(row));
  }
  return told;
}

Json domains(const queue::Dispatcher& dispatcher) {
  auto told = Json::array();
  for (const auto& lane : dispatcher.pacing().lanes()) {
    if (told.size() == most_rows) break;
    told.push_back({{"name", lane.name},
                    {"domains", lane.domains},
                    {"in_flight", lane.in_flight},
                    {"connections", lane.width > 0 ? Json(lane.width) : Json(nullptr)},
                    {"rate", rate_or_null(lane.rate)},
                    {"paused_until", time_or_null(lane.paused_until)},
                    {"reason", lane.reason}});
  }
  return told;
}

Json failures(const queue::Dispatcher& dispatcher) {
  auto told = Json::array();
  for (const auto& failure : dispatcher.failures())
    told.push_back({{"kind", to_string(failure.kind)},
                    {"scope", to_string(failure.scope)},
                    {"code", failure.reply.code},
                    {"reply", failure.reply.str()},
                    {"count", failure.count},
                    {"last", rfc3339(failure.last)}});
  return told;
}

Json told_mailbox(const std::optional<PostmanStatus>& status) {
  if (!status) return nullptr;
  return {{"url", status->mailbox},
          {"read_at", time_or_null(status->read_at)},
          {"waiting", status->waiting},
          {"trouble", status->trouble},
          {"retry_at", time_or_null(status->retry_at)}};
}

Json told_lmtp(const std::optional<lmtp::Status>& status) {
  if (!status) return nullptr;
  return {{"listen", status->listen},
          {"taken", status->taken},
          {"taken_at", time_or_null(status->taken_at)},
          {"trouble", status->trouble}};
}

Json told_webhooks(const std::vector<webhooks::Status>& all) {
  auto told = Json::array();
  for (const auto& status : all)
    told.push_back({{"provider", status.provider},
                    {"events", status.events},
                    {"event_at", time_or_null(status.event_at)},
                    {"refusal", status.refusal},
                    {"refused_at", time_or_null(status.refused_at)}});
  return told;
}

}  // namespace

std::vector<queue::RelayStatus> by_name(const std::vector<queue::RelayStatus>& threads) {
  constexpr std::array<std::string_view, 5> foremost{"sending", "connecting", "out", "waiting",
                                                     "idle"};
  const auto rank = [&](const std::string& state) {
    return std::find(foremost.begin(), foremost.end(), state) - foremost.begin();
  };
  std::vector<queue::RelayStatus> relays;
  for (const auto& thread : threads) {
    const auto known = std::find_if(relays.begin(), relays.end(),
                                    [&](const auto& relay) { return relay.name == thread.name; });
    if (known == relays.end()) {
      relays.push_back(thread);
      continue;
    }
    known->connections += thread.connections;
    if (rank(thread.state) < rank(known->state)) known->state = thread.state;
    if (known->last_error.empty()) known->last_error = thread.last_error;
    if (!known->retry_at) known->retry_at = thread.retry_at;
  }
  return relays;
}

std::string to_json(const Bulletin& bulletin) {
  auto speeds = Json::object();
  for (const auto& [slug, speed] : bulletin.speeds)
    if (speeds.size() < most_rows) speeds[slug] = std::round(speed * 10) / 10;
  const auto* dispatcher = bulletin.dispatcher;
  return Json{{"pid", ::getpid()},
              {"started_at", rfc3339(bulletin.started_at)},
              {"trouble", bulletin.trouble},
              {"relays", dispatcher ? relays(*dispatcher) : Json::array()},
              {"domains", dispatcher ? domains(*dispatcher) : Json::array()},
              {"failures", dispatcher ? failures(*dispatcher) : Json::array()},
              {"speeds", speeds},
              {"mailbox", told_mailbox(bulletin.mailbox)},
              {"lmtp", told_lmtp(bulletin.lmtp)},
              {"webhooks", told_webhooks(bulletin.webhooks)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace postrider::daemon
