#include "queue/pacing.h"

#include <algorithm>
#include <limits>

#include "queue/pressure.h"

namespace postrider::queue {

namespace {

std::optional<TokenBucket> bucket_of(const std::optional<Rate>& rate, const std::string& name,
                                     const std::vector<Allowance>& left, Instant now) {
  if (!rate) return {};
  const auto known = std::find_if(left.begin(), left.end(),
                                  [&](const Allowance& one) { return one.name == name; });
  if (known == left.end()) return TokenBucket(*rate, now);
  return TokenBucket(*rate, {known->tokens, known->at}, now);
}

constexpr std::int64_t least_room = 16;

std::string name_of_relay(const std::string& name) { return "relay " + name; }
std::string name_of_pause(const RelayPlan& relay) {
  return name_of_relay(relay.name) + " " + relay.account;
}
std::string name_of_lane(const std::string& name) { return "domain " + name; }

/// The pause that an outcome asks a lane for; nothing: none, or no longer one than before.
std::optional<Pause> judge(Lane& lane, const Outcome& outcome, Instant now) {
  if (!lane.judge(outcome, now)) return {};
  return Pause{name_of_lane(lane.name()), lane.paused_until(), outcome.reply.str()};
}

void add_level(std::vector<Allowance>& all, const std::string& name,
               const std::optional<TokenBucket>& bucket) {
  if (bucket) all.push_back({name, bucket->level().tokens, bucket->level().at});
}

}  // namespace

std::set<std::string> PacingPlan::named_domains() const {
  std::set<std::string> named;
  for (const auto& relay : relays)
    named.insert(relay.route.domains.begin(), relay.route.domains.end());
  for (const auto& plan : domains) named.insert(plan.domains.begin(), plan.domains.end());
  return named;
}

Pacing::Pacing(PacingPlan plan, const std::vector<Allowance>& left, std::vector<Pause> pauses,
               const Clock& clock)
    : clock_(clock), pauses_(std::move(pauses)) {
  const auto now = clock.now();
  for (auto& relay : plan.relays) {
    routes_.push_back(relay.route);
    const auto bucket = bucket_of(relay.rate, name_of_relay(relay.name), left, now);
    auto health = std::make_shared<RelayHealth>(relay.connections);
    const auto name = name_of_pause(relay);
    if (const auto pause = kept(name))
      health->pause(pause->reason, RelayHealth::Steady::now() + (pause->until - now));
    health->on_pause([this, name](const std::string& why, Duration pause) {
      asked(Pause{name, clock_.now() + pause, why});
    });
    relays_.push_back({std::move(relay), std::move(health), bucket});
  }
  for (const auto& domain : plan.domains) {
    auto& lane = add_lane(domain.name, domain.connections,
                          bucket_of(domain.rate, name_of_lane(domain.name), left, now));
    // The first to name a domain has it: settings go before providers.
    for (const auto& name : domain.domains) planned_.emplace(name, &lane);
  }
}

/// What is still to be waited for of it, as far as a clock that was set back can be believed.
std::optional<Pause> Pacing::kept(const std::string& name) const {
  const auto now = clock_.now();
  for (auto pause : pauses_) {
    if (pause.name != name || pause.until <= now) continue;
    pause.until = std::min(pause.until, now + longest_pause);
    return pause;
  }
  return {};
}

void Pacing::asked(const std::optional<Pause>& pause) const {
  if (pause && asked_) asked_(*pause);
}

Lane& Pacing::add_lane(const std::string& name, int connections,
                       const std::optional<TokenBucket>& bucket) {
  auto& lane = *lanes_.emplace_back(std::make_unique<Lane>(name, connections, bucket));
  if (const auto pause = kept(name_of_lane(name))) lane.pause(pause->until, pause->reason);
  return lane;
}

void Pacing::on_change(const std::function<void()>& changed) {
  changed_ = changed;
  for (const auto& relay : relays_) relay.health->on_change(changed);
}

std::size_t Pacing::room(std::size_t relay, std::size_t wanted) const {
  const std::lock_guard lock(mutex_);
  const auto& row = relays_[relay];
  // Where even all other domains go elsewhere, so does each that is not named here.
  if (row.plan.route.domains.empty() && !carries(relay, "")) return 0;
  if (!row.bucket) return wanted;
  const auto available = static_cast<std::int64_t>(row.bucket->available(clock_.now()));
  const auto& rate = row.bucket->rate();
  const auto a_second = rate.count * 1000 / rate.period.count();
  auto most = available + a_second + 1 - (row.held - row.in_flight);
  // There are tokens, and what is held does not go: its lanes are in the way, others' may be free.
  if (available > 0) most = std::max<std::int64_t>(most, least_room);
  return std::min(wanted, static_cast<std::size_t>(std::max<std::int64_t>(most, 0)));
}

std::vector<bool> Pacing::usable() const {
  std::vector<bool> all;
  for (const auto& row : relays_) all.push_back(row.health->usable());
  return all;
}

bool Pacing::carries(std::size_t relay, const std::string& domain) const {
  if (relays_.size() == 1) return true;
  const auto able = carriers(routes_, domain, usable());
  return std::find(able.begin(), able.end(), relay) != able.end();
}

const Pacing::Group& Pacing::know(GroupId group, const std::string& domain) {
  const auto known = groups_.find(group);
  if (known != groups_.end()) return known->second;
  Lane* lane = nullptr;
  if (const auto planned = planned_.find(domain); planned != planned_.end()) {
    lane = planned->second;
  } else if (!domain.empty()) {
    lane = &add_lane(domain, 0, std::nullopt);
  }
  return groups_.emplace(group, Group{domain, lane}).first->second;
}

Lane* Pacing::lane(GroupId group) const {
  const auto known = groups_.find(group);
  return known == groups_.end() ? nullptr : known->second.lane;
}

Room Pacing::room(std::size_t relay, GroupId group, const std::string& domain) {
  const std::lock_guard lock(mutex_);
  const auto& known = know(group, domain);
  if (!carries(relay, domain)) return {.most = 0, .again = {}, .elsewhere = true};
  if (!known.lane) return {.most = std::numeric_limits<std::size_t>::max(), .again = {}};
  return known.lane->room(clock_.now());
}

void Pacing::hold(std::size_t relay, GroupId group, int more) {
  const std::lock_guard lock(mutex_);
  relays_[relay].held += more;
  if (auto* const its = lane(group)) its->hold(more);
}

std::optional<Instant> Pacing::hold_up(std::size_t relay, GroupId group) {
  const std::lock_guard lock(mutex_);
  auto& row = relays_[relay];
  const auto now = clock_.now();
  if (row.bucket) row.bucket->believe(now);
  if (row.bucket && row.bucket->available(now) == 0) return row.bucket->next(now);
  auto* const its = lane(group);
  if (its)
    if (const auto again = its->hold_up(now)) return again;
  if (its) its->enter(now);
  if (row.bucket) row.bucket->take(now);
  ++row.in_flight;
  return {};
}

void Pacing::settled(std::size_t relay, GroupId group, const Outcome* judged) {
  bool place_is_free = false;
  std::optional<Pause> pause;
  {
    const std::lock_guard lock(mutex_);
    auto& row = relays_[relay];
    const auto now = clock_.now();
    --row.in_flight;
    --row.held;
    if (!judged && row.bucket) row.bucket->give_back(now);
    if (judged && judged->kind == OutcomeKind::delivered) row.refusals = 0;
    if (auto* const its = lane(group)) {
      its->hold(-1);
      if (judged) pause = judge(*its, *judged, now);
      place_is_free = its->leave(judged != nullptr, now);
    }
  }
  asked(pause);
  if (place_is_free && changed_) changed_();
}

void Pacing::pressed(GroupId group, const mail::Reply& reply) {
  std::optional<Pause> pause;
  {
    const std::lock_guard lock(mutex_);
    if (auto* const its = lane(group))
      pause = judge(*its, {OutcomeKind::deferred, Scope::session, reply}, clock_.now());
  }
  asked(pause);
}

std::vector<Allowance> Pacing::left(std::size_t relay, GroupId group) const {
  const std::lock_guard lock(mutex_);
  std::vector<Allowance> all;
  const auto& row = relays_[relay];
  add_level(all, name_of_relay(row.plan.name), row.bucket);
  if (const auto* const its = lane(group)) add_level(all, name_of_lane(its->name()), its->bucket());
  return all;
}

bool Pacing::sender_refused(std::size_t relay, GroupId group, const mail::Reply& reply) {
  {
    const std::lock_guard lock(mutex_);
    auto others = usable();
    others[relay] = false;
    const auto known = groups_.find(group);
    const auto domain = known == groups_.end() ? std::string() : known->second.domain;
    if (carriers(routes_, domain, others).empty()) return false;
    if (++relays_[relay].refusals < most_refusals) return true;
  }
  relays_[relay].health->out("refuses the sender: " + reply.str());
  return true;
}

std::vector<LaneStatus> Pacing::lanes() const {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  std::vector<LaneStatus> all;
  for (const auto& lane : lanes_) {
    if (!lane->holds_back(now)) continue;
    all.push_back(lane->status(now));
    for (const auto& [domain, its] : planned_)
      if (its == lane.get()) all.back().domains.push_back(domain);
    if (all.back().domains.empty()) all.back().domains.push_back(lane->name());
  }
  return all;
}

bool Pacing::at_its_rate(std::size_t relay) const {
  const std::lock_guard lock(mutex_);
  const auto& row = relays_[relay];
  return row.bucket && row.held > row.in_flight && row.bucket->available(clock_.now()) == 0;
}

}  // namespace postrider::queue
