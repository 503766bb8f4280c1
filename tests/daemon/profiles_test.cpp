// The preference centre on a ledger: what it offers and what becomes of the choices.
#include "daemon/profiles.h"

#include <future>

#include "store/erased.h"
#include "store/house.h"
#include "store/reports.h"

using namespace postrider;
using namespace postrider::daemon;

namespace {

struct Centre : test::House {
  SubscriberId id = add("ann@a.example");
  Uid uid = subscribers.find("ann@a.example")->uid;
  std::unique_ptr<store::Database> looking = open();
  DoorReads reads{*looking, [](auto) {}};
  // The writer thread's; the test has a connection of its own.
  std::unique_ptr<store::Database> writing = open();
  store::SqliteQueue store{*writing, test::policy(), clock.now()};
  queue::Writer writer{store};
  ReaderProfiles profiles{settings(), erased_keys(), reads, Errands(*writing, writer, at_once),
                          clock,      [] {}};

  static config::Settings settings() {
    config::Settings settings;
    settings.lists = {{"report", "The Report"}, {"digest", "For friends", false}};
    return settings;
  }
  static std::shared_ptr<const Fingerprints> erased_keys() {
    return std::make_shared<const Fingerprints>(TokenKeys({{1, std::string(32, 'k')}}),
                                                postrider::store::erased_use);
  }
  static void at_once(const std::function<void()>& task) { task(); }

  http::Profiles::Profile profile() {
    reads.look_anew();
    auto found = profiles.find(uid).value();
    reads.look_anew();
    return found;
  }
  std::vector<std::string> offered() {
    std::vector<std::string> keys;
    for (const auto& list : profile().lists) keys.push_back(list.key + (list.on ? " on" : ""));
    return keys;
  }
  http::Profiles::Choices choices() {
    const auto now = profile();
    return {now.name, now.language, now.time_zone, now.paused_until, {}, {}, "192.0.2.7"};
  }
  void choose(const http::Profiles::Choices& choices) {
    std::promise<bool> done;
    profiles.choose(uid, choices, [&](bool written) { done.set_value(written); });
    REQUIRE(done.get_future().get());
  }
};

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("a list that is not public is offered to those alone who are on it") {
  Centre centre;
  CHECK(centre.offered() == Keys{"report on"});
  auto choices = centre.choices();
  choices.joins = {"digest"};
  centre.choose(choices);
  CHECK(centre.offered() == Keys{"report on"});
  centre.add("ann@a.example", "digest");
  CHECK(centre.offered() == Keys{"report on", "digest on"});
  choices.joins.clear();
  choices.leaves = {"digest"};
  centre.choose(choices);
  CHECK(centre.offered() == Keys{"report on"});
}

TEST_CASE("who erases themselves takes along what is kept and names them") {
  Centre centre;
  postrider::store::Reports reports(*centre.database, {});
  for (const auto* message : {"To: ann@a.example\n\nfirst\n", "To: bob@a.example\n\nsecond\n"}) {
    postrider::store::Arrival arrival{"import", sha256(message), message, {}, {}};
    arrival.report.findings.emplace_back();
    reports.take(arrival, centre.clock.now());
  }
  std::promise<bool> done;
  centre.profiles.erase(centre.uid, [&](bool written) { done.set_value(written); });
  REQUIRE(done.get_future().get());
  CHECK_FALSE(centre.profiles.find(centre.uid));
  CHECK(reports.next_kept(0)->id == 2);
  CHECK_FALSE(reports.next_kept(2));
}
