// An audience that is a segment: gathered in steps, and exact as of the commit.
#include <algorithm>

#include "store/segment_world.h"
#include "support/seeds.h"

using namespace postrider;
using namespace postrider::test;
using namespace std::chrono_literals;
using queue::IssueState;
using store::Freeze;

namespace {

using Excluded = std::map<std::string, std::int64_t>;

store::AudienceOrder order_of(const std::string& text, const segment::Node& tree) {
  return {{}, std::make_shared<store::Segment>(store::Segment{text, text, tree})};
}

/// Readers, an issue for a segment of them, and what others do while it is gathered.
class Freezing {
 public:
  explicit Freezing(unsigned seed) : world_(seed), other_(world_.open()) {}

  void round(int number) {
    const auto text = world_.expression(static_cast<int>(dice().below(4)));
    CAPTURE(text);
    const auto tree = world_.tree(text);
    const auto order = order_of(text, tree);
    const auto names = dice().below(2) ? lists : std::vector<std::string>{"digest", "report"};
    const auto id = world_.scheduled("round-" + std::to_string(number), names, text);
    for (auto changes = dice().below(80); changes > 0; --changes) {
      change();
      if (dice().below(4) == 0) world_.ledger.gather(id, order, world_.clock.now(), 5);
    }
    REQUIRE(world_.freeze(id, order) == Freeze::done);
    compare(*world_.ledger.find_issue(id), tree);
  }

 private:
  Dice& dice() { return world_.dice; }
  std::string canonical(const Reader& reader) {
    return mail::parse_address(reader.email)->canonical();
  }

  /// By another connection, as commands do it.
  void change() {
    auto& reader = world_.readers[dice().below(world_.readers.size())];
    switch (dice().below(9)) {
      case 0:
      case 1:
        reader.attributes["country"] = json::parse(world_.json_text());
        reader.attributes["tags"] = json::parse(world_.json_text());
        return World::write(*other_, reader);
      case 2:
        reader.name = dice().of<std::string>({"", "Aigerim", "Joe Webster"});
        reader.language = dice().of<std::string>({"", "de"});
        reader.time_zone = dice().of<std::string>({"", "Europe/Berlin"});
        return World::write(*other_, reader);
      case 3:
        return move(reader);
      case 4:
      case 5:
        return subscribe(reader);
      case 6:
        return suppress(reader);
      case 7:
        paused_[reader.id] = world_.clock.now() + std::chrono::seconds(dice().below(30));
        other_->prepare("UPDATE subscribers SET paused_until = ? WHERE id = ?")
            .bind(paused_[reader.id])
            .bind(reader.id)
            .run();
        return;
      default:
        world_.clock.advance(1s);
    }
  }

  void move(Reader& reader) {
    const auto domain = dice().of<std::string>({"gmail.com", "kz.example"});
    const auto email = reader.email.substr(0, reader.email.find('@')) + "@" + domain;
    reader.email = email;
    reader.domain = domain;
    const auto key = canonical(reader);
    other_
        ->prepare(
            "UPDATE subscribers SET email = ?1, canonical = ?2, domain_id = (SELECT id FROM "
            "domains "
            "WHERE name = ?3) WHERE id = ?4 AND EXISTS (SELECT 1 FROM domains WHERE name = ?3)")
        .bind(email)
        .bind(key)
        .bind(domain)
        .bind(reader.id)
        .run();
  }

  void subscribe(Reader& reader) {
    const auto list = dice().of(lists);
    if (dice().below(6) == 0 && reader.subscriptions.erase(list) > 0) {
      other_
          ->prepare(
              "DELETE FROM subscriptions WHERE subscriber_id = ? AND list_id = (SELECT id FROM "
              "lists "
              "WHERE key = ?)")
          .bind(reader.id)
          .bind(list)
          .run();
      return;
    }
    const test::Subscription made{static_cast<int>(dice().below(3)), world_.random_time()};
    reader.subscriptions[list] = made;
    other_
        ->prepare(
            "INSERT INTO subscriptions (list_id, subscriber_id, state, since) SELECT id, ?1, ?2, "
            "?3 "
            "FROM lists WHERE key = ?4 ON CONFLICT DO UPDATE SET state = ?2, since = ?3")
        .bind(reader.id)
        .bind(std::int64_t{made.state})
        .bind(made.since)
        .bind(list)
        .run();
  }

  void suppress(const Reader& reader) {
    const auto address = canonical(reader);
    if (dice().below(2) == 0)
      other_
          ->prepare("INSERT INTO suppressions VALUES (?, 'asked', 0, NULL) ON CONFLICT DO NOTHING")
          .bind(address)
          .run();
    else
      other_->prepare("DELETE FROM suppressions WHERE canonical = ?").bind(address).run();
  }

  bool is_suppressed(const Reader& reader) {
    const auto address = canonical(reader);
    auto query = other_->prepare("SELECT 1 FROM suppressions WHERE canonical = ?");
    return query.bind(address).step();
  }

  /// The obvious code: the list that names the reader's mail, or why there is none; empty: nothing.
  std::string place_of(const Reader& reader, const queue::Issue& issue, const segment::Node& tree) {
    const auto on = [&](const std::string& list, int state) {
      const auto found = reader.subscriptions.find(list);
      return found != reader.subscriptions.end() && found->second.state == state;
    };
    const auto first = std::find_if(issue.lists.begin(), issue.lists.end(),
                                    [&](const auto& list) { return on(list, 1); });
    if (reader.subscriptions.empty()) return "";
    if (is_suppressed(reader)) return "suppressed";
    if (first == issue.lists.end())
      return on("report", 0) || on("digest", 0) ? "unconfirmed" : "unsubscribed";
    const auto pause = paused_.find(reader.id);
    if (pause != paused_.end() && pause->second > *issue.started_at) return "paused";
    return holds(tree, reader) ? *first : "segment";
  }

  std::string gathered_place(const Reader& reader, IssueId issue) {
    auto query = world_.database->prepare(
        "SELECT l.key FROM deliveries d JOIN lists l ON l.id = d.list_id WHERE d.issue_id = ? AND "
        "d.subscriber_id = ?");
    query.bind(issue.value).bind(reader.id);
    return query.step() ? query.text(0) : "";
  }

  void compare(const queue::Issue& issue, const segment::Node& tree) {
    Excluded excluded;
    std::int64_t audience = 0;
    for (const auto& reader : world_.readers) {
      CAPTURE(reader.email);
      const auto place = place_of(reader, issue, tree);
      const bool gets_it = place == "report" || place == "digest";
      CHECK(gathered_place(reader, issue.id) == (gets_it ? place : ""));
      audience += gets_it;
      if (!gets_it && !place.empty()) ++excluded[place];
    }
    CHECK(issue.sums.audience() == audience);
    CHECK(issue.sums == world_.counted(issue.id));
    CHECK(issue.excluded == excluded);
  }

  World world_;
  std::unique_ptr<store::Database> other_;
  std::map<std::int64_t, Instant> paused_;
};

/// Two readers and an issue for one of them.
struct Kazakh : House {
  const std::string text = "country = 'KZ'";
  const segment::Node tree{
      segment::Compare{{FieldKind::attribute, {"country"}}, Comparison::equal, std::string("KZ")}};
  const store::AudienceOrder order = order_of(text, tree);

  Kazakh() {
    for (const auto& [email, country] :
         {std::pair{"kz@a.example", R"("KZ")"}, {"us@a.example", R"("US")"}})
      REQUIRE(subscribers.add({email, std::nullopt, {{"country", country}}}, "report", {"operator"},
                              clock.now()));
  }
};

}  // namespace

TEST_CASE("whatever changes while a segment is gathered, its audience is as obvious code has it") {
  for (unsigned seed = 0; seed < test::seeds(8); ++seed) {
    Freezing freezing(seed);
    for (int number = 0; number < 25; ++number) {
      INFO("seed ", seed, ", round ", number);
      freezing.round(number);
    }
  }
}

TEST_CASE("an issue for a segment goes to its readers, and the others are counted as excluded") {
  Kazakh house;
  const auto id = house.scheduled("weekly", {"report"}, house.text);
  REQUIRE(house.freeze(id, house.order) == Freeze::done);
  CHECK(house.sums(id) == queue::IssueSums{.pending = 1});
  const auto issue = *house.ledger.find_issue(id);
  CHECK(issue.excluded == Excluded{{"segment", 1}});
  CHECK(issue.segment == house.text);
}

TEST_CASE("an issue keeps what its segment meant when it was frozen") {
  Kazakh house;
  const auto id = house.scheduled("weekly", {"report"}, "kz");
  const store::AudienceOrder order{
      {}, std::make_shared<store::Segment>(store::Segment{"kz", house.text, house.tree})};
  CHECK(house.ledger.find_issue(id)->segment == "kz");
  REQUIRE(house.freeze(id, order) == Freeze::done);
  CHECK(house.ledger.find_issue(id)->segment == house.text);
}

TEST_CASE("an issue for a segment never goes to others, should its order not know the segment") {
  Kazakh house;
  const auto id = house.scheduled("weekly", {"report"}, house.text);
  CHECK(house.ledger.gather(id, {}, house.clock.now()));
  CHECK(house.freeze(id) == Freeze::refused);
  CHECK(house.freeze(id, order_of("country = 'US'", house.tree)) == Freeze::refused);
  CHECK(house.state(id) == IssueState::scheduled);
}

TEST_CASE("what was gathered for another segment, or none, is thrown away") {
  Kazakh house;
  const auto id = house.scheduled("weekly", {"report"});
  while (!house.ledger.gather(id, {}, house.clock.now())) continue;
  house.scheduled("weekly", {"report"}, house.text);
  while (!house.ledger.gather(id, house.order, house.clock.now())) continue;
  // The same words, but a saved segment in them says something else now.
  const segment::Node nobody{segment::Not{}, {{segment::IsSet{{FieldKind::email, {}}}}}};
  REQUIRE(house.freeze(id, order_of(house.text, nobody)) == Freeze::done);
  CHECK(house.sums(id) == queue::IssueSums{});
  CHECK(house.ledger.find_issue(id)->excluded == Excluded{{"segment", 2}});
  CHECK(house.state(id) == IssueState::sent);
}

TEST_CASE("what a reader got counts as of when they were gathered, or have changed last") {
  Kazakh house;
  const auto first = house.sending("first");
  const segment::Node tree{segment::Got{"first"}};
  const auto id = house.scheduled("weekly", {"report"}, "got");
  const auto order = order_of("got", tree);
  while (!house.ledger.gather(id, order, house.clock.now())) continue;
  house.database->prepare("UPDATE deliveries SET state = 3 WHERE issue_id = ?")
      .bind(first.value)
      .run();
  house.database->execute("UPDATE subscribers SET name = 'Us' WHERE email = 'us@a.example'");
  REQUIRE(house.freeze(id, order) == Freeze::done);
  CHECK(house.sums(id) == queue::IssueSums{.pending = 1});
}

TEST_CASE("a date of joining that is mended while a segment is gathered counts") {
  Kazakh house;
  const auto end = house.clock.now() + 1h;
  const segment::Node tree{segment::Compare{
      {FieldKind::joined, {}}, Comparison::more, segment::DateSpan{"then", end, end, {}, {}}}};
  const auto id = house.scheduled("weekly", {"report"}, "late");
  const auto order = order_of("late", tree);
  while (!house.ledger.gather(id, order, house.clock.now())) continue;
  house.database->prepare("UPDATE subscriptions SET since = ? WHERE subscriber_id = 1")
      .bind(end)
      .run();
  REQUIRE(house.freeze(id, order) == Freeze::done);
  CHECK(house.sums(id) == queue::IssueSums{.pending = 1});
}

TEST_CASE("who is described anew is noted for a segment, and for nothing else") {
  Kazakh house;
  const auto touched = [&] {
    auto query = house.database->prepare("SELECT count(*) FROM freeze_touched");
    query.step();
    return query.integer(0);
  };
  const auto id = house.scheduled("weekly", {"report"});
  while (!house.ledger.gather(id, {}, house.clock.now())) continue;
  house.database->execute("UPDATE subscribers SET attributes = '{}'");
  CHECK(touched() == 0);
  house.scheduled("weekly", {"report"}, house.text);
  while (!house.ledger.gather(id, house.order, house.clock.now())) continue;
  house.database->execute("UPDATE subscribers SET attributes = '{}'");
  CHECK(touched() == 2);
}
