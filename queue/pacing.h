// Who may send what, and when: limits of connections and rate towards recipient domains
// (queue/lane.h) and through relays, and which relay carries whose mail (queue/routes.h). Safe from
// any thread; no database, no sockets.
//
// Each pacing group of the store (a domain with many readers or with settings of its own) is in one
// lane; group 0, all other domains, has none and knows only the relays' limits.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "queue/lane.h"
#include "queue/relay_health.h"
#include "queue/routes.h"

namespace postrider::queue {

struct RelayPlan {
  std::string name;
  Route route;
  int connections = 1;
  std::optional<Rate> rate;
  std::string account{};  // who asks whom, "joe@smtp.example:465": a pause is of this alone
};

/// Limits that some domains share.
struct DomainPlan {
  std::string name;  // of the domain or provider: what people are told
  std::vector<std::string> domains;
  int connections = 0;  // deliveries on the wire at a time; 0: no limit
  std::optional<Rate> rate;
};

struct PacingPlan {
  std::vector<RelayPlan> relays;
  std::vector<DomainPlan> domains;

  /// The domains that have something of their own: each gets a pacing group, however few readers it
  /// has.
  std::set<std::string> named_domains() const;
};

class Pacing {
 public:
  /// `left`: what the rate limits had left when the daemon ended; `pauses`: what servers asked.
  Pacing(PacingPlan plan, const std::vector<Allowance>& left, std::vector<Pause> pauses,
         const Clock& clock);

  /// Called, without a lock, when what was held up may go: a relay went down or came back, a place
  /// in a lane is free. Set before the threads start.
  void on_change(const std::function<void()>& changed);

  /// Called, without a lock, when a server asks for a pause, to keep it. Set before the threads
  /// start.
  void on_pause(std::function<void(const Pause&)> asked) { asked_ = std::move(asked); }

  std::size_t relays() const { return relays_.size(); }
  const RelayPlan& plan(std::size_t relay) const { return relays_[relay].plan; }
  std::shared_ptr<RelayHealth> health(std::size_t relay) const { return relays_[relay].health; }

  // Claiming ------------------------------------------------------------------------------------
  /// How many of `wanted` deliveries are worth claiming for a relay now.
  std::size_t room(std::size_t relay, std::size_t wanted) const;
  /// How many of a group may be claimed for that relay; `domain` as of Gate::room.
  Room room(std::size_t relay, GroupId group, const std::string& domain);
  /// So many more of the group are in the relay's hands (fewer, where negative).
  void hold(std::size_t relay, GroupId group, int more);

  // Sending -------------------------------------------------------------------------------------
  /// Takes what one message needs: a place in its lane, a token of lane and relay. Nothing: it may
  /// go. Else when to ask again; Instant::max(): when `on_change` tells.
  std::optional<Instant> hold_up(std::size_t relay, GroupId group);
  /// What went is off the wire and no more in the relay's hands. `judged`: nothing where it was
  /// given back unsent.
  void settled(std::size_t relay, GroupId group, const Outcome* judged);
  /// A session broke off with this wish for less of the group's mail.
  void pressed(GroupId group, const mail::Reply& reply);
  /// What the limits that a message of the group is counted in have left.
  std::vector<Allowance> left(std::size_t relay, GroupId group) const;

  /// A relay refused our sender for good. True: another is there to carry the mail. After
  /// `most_refusals` in a row the relay is out, unless it is the only one.
  static constexpr int most_refusals = 3;
  bool sender_refused(std::size_t relay, GroupId group, const mail::Reply& reply);

  /// The lanes that hold mail back now.
  std::vector<LaneStatus> lanes() const;
  /// The relay has no token now: it goes as fast as its rate allows.
  bool at_its_rate(std::size_t relay) const;

 private:
  struct RelayRow {
    RelayPlan plan;
    std::shared_ptr<RelayHealth> health;
    std::optional<TokenBucket> bucket;
    int held = 0;
    int in_flight = 0;
    int refusals = 0;  // of the sender, in a row
  };
  struct Group {
    std::string domain;
    Lane* lane;
  };

  std::optional<Pause> kept(const std::string& name) const;
  void asked(const std::optional<Pause>& pause) const;
  Lane& add_lane(const std::string& name, int connections,
                 const std::optional<TokenBucket>& bucket);
  const Group& know(GroupId group, const std::string& domain);
  Lane* lane(GroupId group) const;
  std::vector<bool> usable() const;
  bool carries(std::size_t relay, const std::string& domain) const;

  const Clock& clock_;
  std::function<void()> changed_;
  std::function<void(const Pause&)> asked_;
  std::vector<Route> routes_;
  const std::vector<Pause> pauses_;  // from before this start

  mutable std::mutex mutex_;  // guards what follows, but for plans and health
  std::vector<RelayRow> relays_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::map<std::string, Lane*> planned_;  // by domain
  std::map<GroupId, Group> groups_;
};

}  // namespace postrider::queue
