#include "store/sign_ups.h"

#include <doctest/doctest.h>

#include "house.h"
#include "operator_news.h"
#include "store/erased.h"
#include "store/erasure.h"
#include "store/notices.h"
#include "store/sign_up_limits.h"

using namespace postrider;
using namespace postrider::store;
using namespace std::chrono_literals;
using queue::NoticeKind;
using subscribers::Confirmation;
using subscribers::SignUpAnswer;
using subscribers::SubscriptionState;
using State = Confirmation::State;

namespace {

/// A mail that a notice became.
struct Mail {
  std::string kind, to, detail;
  std::uint64_t uid;
  Uid reader;
};

struct Door : test::House {
  SignUps sign_ups{*database};
  SignUpTerms terms;

  SignUpAnswer sign_up(const std::string& email, const std::vector<std::string>& lists = {"report"},
                       const std::string& network = "192.0.2.0/24") {
    subscribers::SignUp one{*mail::parse_address(email), "Ann", lists, "de", {}};
    one.consent.opted_in_at = clock.now();
    one.consent.opted_in_from = "192.0.2.1";
    one.consent.how = "You agree";
    one.consent.where = "https://n.example/subscribe";
    return sign_ups.sign_up(one, network, terms, clock.now());
  }

  /// What is due now, taken out of the queue as if it were sent.
  std::vector<Mail> mails() {
    std::vector<Mail> all;
    {
      auto query = database->prepare(
          "SELECT n.kind, coalesce(n.address, s.email), n.detail, n.uid, s.uid FROM notices n "
          "JOIN subscribers s ON s.id = n.subscriber_id WHERE n.state = 0 AND n.due <= ? "
          "ORDER BY n.id");
      query.bind(clock.now());
      while (query.step())
        all.push_back({query.text(0), query.text(1), query.text(2),
                       static_cast<std::uint64_t>(query.integer(3)), query.uid(4)});
    }
    database
        ->prepare(
            "UPDATE notices SET state = 3, due = NULL, first_try = ?1, attempts = 1 "
            "WHERE state = 0 AND due <= ?1")
        .bind(clock.now())
        .run();
    return all;
  }

  std::int64_t count(const std::string& table) {
    auto query = database->prepare("SELECT count(*) FROM " + table);
    query.step();
    return query.integer(0);
  }

  Mail only_mail() {
    const auto all = mails();
    REQUIRE(all.size() == 1);
    return all.front();
  }

  static TokenClaims token(const Mail& mail) { return {mail.reader, 0, mail.uid}; }

  Confirmation confirm(const Mail& mail) {
    return sign_ups.confirm(token(mail), "198.51.100.7", terms, clock.now());
  }

  std::optional<SubscriptionState> state(const std::string& email,
                                         const std::string& list = "report") {
    const auto found = subscribers.find(email);
    if (!found) return {};
    for (const auto& subscription : found->subscriptions)
      if (subscription.list == list) return subscription.state;
    return {};
  }
};

}  // namespace

TEST_CASE(
    "a stranger is pending, is asked in their language, and is on the list once they confirm") {
  Door door;
  CHECK(door.sign_up("ann@a.example") == SignUpAnswer::taken);
  CHECK(door.state("ann@a.example") == SubscriptionState::pending);
  const auto mail = door.only_mail();
  CHECK(mail.kind == "confirm");
  CHECK(mail.to == "ann@a.example");
  CHECK(door.sign_ups.look(Door::token(mail)).state == State::open);
  CHECK(door.state("ann@a.example") == SubscriptionState::pending);
  const auto confirmed = door.confirm(mail);
  CHECK(confirmed.state == State::open);
  CHECK(confirmed.lists == std::vector<std::string>{"report"});
  CHECK(door.state("ann@a.example") == SubscriptionState::confirmed);
  const auto ann = *door.subscribers.find("ann@a.example");
  CHECK(ann.name == "Ann");
  CHECK(ann.language == "de");
}

TEST_CASE("the evidence tells when, from where, by what text, and the confirmation's own") {
  Door door;
  door.sign_up("ann@a.example");
  door.clock.advance(1h);
  door.confirm(door.only_mail());
  const auto subscription = door.subscribers.find("ann@a.example")->subscriptions.at(0);
  CHECK(subscription.evidence == "sign-up");
  for (const auto* part : {R"("opted_in_from":"192.0.2.1")", R"("how":"You agree")",
                           R"("where":"https://n.example/subscribe")", R"("opted_in_at":)",
                           R"("confirmed_from":"198.51.100.7")", R"("confirmed_at":)"}) {
    const auto told = std::string(part) + " in " + subscription.consent;
    CAPTURE(told);
    CHECK(subscription.consent.find(part) != std::string::npos);
  }
}

TEST_CASE(
    "a confirmation's link works once, says so kindly later, and brings back nobody who left") {
  Door door;
  door.sign_up("ann@a.example");
  const auto mail = door.only_mail();
  door.confirm(mail);
  CHECK(door.confirm(mail).state == State::done);
  door.ledger.unsubscribe(door.subscribers.find("ann@a.example")->id, {}, "reader", "link",
                          door.clock.now());
  CHECK(door.confirm(mail).state == State::gone);
  CHECK(door.state("ann@a.example") == SubscriptionState::unsubscribed);
}

TEST_CASE("another reader's token, or one of another notice, confirms nothing") {
  Door door;
  door.sign_up("ann@a.example");
  const auto ann = door.only_mail();
  door.sign_up("bob@a.example");
  const auto bob = door.only_mail();
  const auto swapped =
      door.sign_ups.confirm({ann.reader, 0, bob.uid}, "", door.terms, door.clock.now());
  CHECK(swapped.state == State::gone);
  const auto erase = Notices(*door.database)
                         .make({.kind = NoticeKind::erase,
                                .subscriber = door.subscribers.find("ann@a.example")->id},
                               door.clock.now());
  CHECK(door.sign_ups.look({ann.reader, 0, erase}).state == State::gone);
  CHECK(door.state("ann@a.example") == SubscriptionState::pending);
}

TEST_CASE("one address gets one mail a day, however often it is signed up") {
  Door door;
  for (int i = 0; i < 5; ++i) door.sign_up("ann@a.example");
  CHECK(door.mails().size() == 1);
  door.clock.advance(23h);
  door.sign_up("ann@a.example");
  CHECK(door.mails().empty());
  door.clock.advance(2h);
  door.sign_up("ann@a.example");
  CHECK(door.mails().size() == 1);
}

TEST_CASE("a second list within the day is asked for at its end, and by a mail that names it") {
  Door door;
  door.sign_up("ann@a.example");
  const auto first = door.only_mail();
  door.sign_up("ann@a.example", {"digest"});
  CHECK(door.mails().empty());
  door.confirm(first);
  CHECK(door.state("ann@a.example", "digest") == SubscriptionState::pending);
  door.clock.advance(24h);
  const auto second = door.only_mail();
  CHECK(second.detail == R"({"lists":["digest"]})");
  door.confirm(second);
  CHECK(door.state("ann@a.example", "digest") == SubscriptionState::confirmed);
}

TEST_CASE("a question that waits takes another list along") {
  Door door;
  door.ledger.know_lists({"monthly"});
  door.sign_up("ann@a.example");
  door.mails();
  door.sign_up("ann@a.example", {"digest"});
  door.sign_up("ann@a.example", {"monthly"});
  door.clock.advance(24h);
  CHECK(door.only_mail().detail == R"({"lists":["digest","monthly"]})");
}

TEST_CASE("one who is on the list gets a friendly mail, once a day, and nothing changes") {
  Door door;
  door.add("ann@a.example");
  door.sign_up("ann@a.example");
  door.sign_up("ann@a.example");
  CHECK(door.only_mail().kind == "already_subscribed");
  CHECK(door.subscribers.find("ann@a.example")->name.empty());
  CHECK(door.state("ann@a.example") == SubscriptionState::confirmed);
}

TEST_CASE("who left stays out until they confirm it themselves") {
  Door door;
  const auto ann = door.add("ann@a.example");
  door.ledger.unsubscribe(ann, {}, "reader", "link", door.clock.now());
  door.terms.asks_nobody = {"report"};
  door.sign_up("ann@a.example");
  CHECK(door.state("ann@a.example") == SubscriptionState::unsubscribed);
  door.confirm(door.only_mail());
  CHECK(door.state("ann@a.example") == SubscriptionState::confirmed);
}

TEST_CASE("who left all lists is asked even by a list that asks nobody, however often") {
  Door door;
  const auto ann = door.add("ann@a.example", "digest");
  door.ledger.unsubscribe(ann, {}, "reader", "link", door.clock.now());
  door.terms.asks_nobody = {"report"};
  for (int twice = 0; twice < 2; ++twice) door.sign_up("ann@a.example");
  const auto on_report = [&] {
    const auto reader = door.subscribers.find("ann@a.example");
    for (const auto& on : reader->subscriptions)
      if (on.list == "report") return on.state;
    return SubscriptionState::unsubscribed;
  };
  CHECK(on_report() == SubscriptionState::pending);
  door.confirm(door.only_mail());
  CHECK(on_report() == SubscriptionState::confirmed);
  CHECK_FALSE(door.subscribers.find("ann@a.example")->left_all_at);
}

TEST_CASE("one who is suppressed is forgiven by their own confirmation, and by nothing before it") {
  Door door;
  door.add("ann@a.example");
  door.ledger.suppress(*mail::parse_address("ann@a.example"),
                       subscribers::SuppressionReason::complained, "operator", door.clock.now());
  door.sign_up("ann@a.example");
  CHECK(door.subscribers.find("ann@a.example")->suppressed);
  door.confirm(door.only_mail());
  CHECK_FALSE(door.subscribers.find("ann@a.example")->suppressed);
}

TEST_CASE("one who was erased may sign up again, and imports know them from then on") {
  Door door;
  const Fingerprints keys(TokenKeys({{1, std::string(32, 'k')}}), erased_use);
  const auto ann = *mail::parse_address("ann@a.example");
  erase(*door.database, keys, ann, "operator", door.clock.now());
  const ErasedAddresses erased(*door.database, keys);
  SignUps sign_ups(*door.database, [&]() -> const Fingerprints& { return keys; });
  door.terms.asks_nobody = {"report"};
  for (int twice = 0; twice < 2; ++twice)
    sign_ups.sign_up({ann, "Ann", {"report"}, "de", {}}, "", door.terms, door.clock.now());
  CHECK(door.state("ann@a.example") == SubscriptionState::pending);
  CHECK(erased.knows(ann.canonical()));
  const auto mail = door.only_mail();
  sign_ups.confirm(door.token(mail), "", door.terms, door.clock.now());
  CHECK(door.state("ann@a.example") == SubscriptionState::confirmed);
  CHECK_FALSE(erased.knows(ann.canonical()));
}

TEST_CASE("a list that asks nobody takes a stranger at once, and welcomes them") {
  Door door;
  door.terms.asks_nobody = {"report"};
  door.terms.welcomes = {"report"};
  door.sign_up("ann@a.example");
  CHECK(door.state("ann@a.example") == SubscriptionState::confirmed);
  CHECK(door.only_mail().kind == "welcome");
}

TEST_CASE("a welcome follows the confirmation, once") {
  Door door;
  door.terms.welcomes = {"report"};
  door.sign_up("ann@a.example");
  const auto mail = door.only_mail();
  door.confirm(mail);
  door.confirm(mail);
  CHECK(door.only_mail().kind == "welcome");
}

TEST_CASE("a network has so many sign-ups, and a restart gives no more; others go on") {
  Door door;
  door.terms.per_network = {10, 1h};
  int taken = 0;
  for (int i = 0; i < 20; ++i)
    if (door.sign_up("reader" + std::to_string(i) + "@a.example") == SignUpAnswer::taken) ++taken;
  CHECK(taken >= 5);
  CHECK(taken <= 10);
  CHECK(std::ssize(door.mails()) == taken);
  const auto again = door.open();
  subscribers::SignUp one{*mail::parse_address("late@a.example"), "", {"report"}, "en", {}};
  CHECK(SignUps(*again).sign_up(one, "192.0.2.0/24", door.terms, door.clock.now()) ==
        SignUpAnswer::limited);
  CHECK(door.sign_up("other@a.example", {"report"}, "203.0.113.0/24") == SignUpAnswer::taken);
  CHECK_FALSE(door.subscribers.find("late@a.example"));
}

TEST_CASE("who sends the same address again and again uses up nothing of others") {
  Door door;
  door.terms.per_network = {4, 1h};
  for (int i = 0; i < 50; ++i) CHECK(door.sign_up("ann@a.example") == SignUpAnswer::taken);
  CHECK(door.sign_up("bob@a.example") == SignUpAnswer::taken);
}

TEST_CASE("too many to one list open its breaker: nobody is asked before an operator says so") {
  Door door;
  door.terms.per_list = {6, 1h};
  for (int i = 0; i < 10; ++i)
    door.sign_up("reader" + std::to_string(i) + "@a.example", {"report"}, "");
  const auto asked = std::ssize(door.mails());
  CHECK(asked <= 6);
  const auto stopped = stopped_lists(*door.database);
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].list == "report");
  const auto news = test::news_of(*door.database, OperatorEvent::sign_ups);
  REQUIRE(news.size() == 1);
  CHECK(news[0].find("until `postrider sign-up resume report`") != std::string::npos);
  CHECK(door.sign_ups.count_held() == 10 - asked);
  door.clock.advance(48h);
  door.sign_up("late@a.example", {"report"}, "");
  CHECK(door.mails().empty());
  CHECK(door.sign_up("late@a.example", {"digest"}, "") == SignUpAnswer::taken);
  CHECK(door.mails().size() == 1);
  CHECK(door.sign_ups.resume("report", door.clock.now()) == 11 - asked);
  CHECK(std::ssize(door.mails()) == 11 - asked);
  CHECK(door.sign_ups.count_held() == 0);
  CHECK_FALSE(door.sign_ups.resume("report", door.clock.now()));
  CHECK(door.ledger.events_to_tell(0).size() == 2);
}

TEST_CASE("role addresses wait for an operator, who admits or drops them") {
  Door door;
  door.sign_up("info@a.example");
  door.sign_up("abuse@a.example");
  CHECK(door.mails().empty());
  const auto held = door.sign_ups.held();
  REQUIRE(held.size() == 2);
  CHECK(held[0].email == "info@a.example");
  CHECK(held[0].reason == "role address");
  REQUIRE(door.sign_ups.admit(*mail::parse_address("info@a.example"), door.clock.now()));
  door.confirm(door.only_mail());
  CHECK(door.state("info@a.example") == SubscriptionState::confirmed);
  REQUIRE(door.sign_ups.drop(*mail::parse_address("abuse@a.example"), door.clock.now()));
  CHECK_FALSE(door.subscribers.find("abuse@a.example"));
  CHECK_FALSE(door.sign_ups.drop(*mail::parse_address("abuse@a.example"), door.clock.now()));
}

TEST_CASE("what nobody confirms expires and leaves no trace") {
  Door door;
  door.sign_up("ann@a.example");
  const auto mail = door.only_mail();
  door.clock.advance(24h * 7 - 1min);
  CHECK_FALSE(door.sign_ups.forget_expired(door.clock.now() - 24h * 7, door.clock.now()));
  CHECK(door.subscribers.find("ann@a.example"));
  door.clock.advance(2min);
  door.sign_ups.forget_expired(door.clock.now() - 24h * 7, door.clock.now());
  CHECK_FALSE(door.subscribers.find("ann@a.example"));
  CHECK(door.confirm(mail).state == State::gone);
  auto notices = door.database->prepare("SELECT count(*) FROM notices");
  notices.step();
  CHECK(notices.integer(0) == 0);
}

TEST_CASE("the evidence of a sign-up goes with it, and no other") {
  Door door;
  door.sign_up("ann@a.example", {"report", "digest"});
  door.clock.advance(24h * 2);
  door.sign_up("ann@a.example");
  const auto bob = door.add("bob@a.example");
  door.ledger.unsubscribe(bob, {}, "reader", "link", door.clock.now());
  door.sign_up("bob@a.example", {"report", "digest"});
  CHECK(door.count("evidence") == 4);
  door.clock.advance(24h * 6);
  door.sign_ups.forget_expired(door.clock.now() - 24h * 7, door.clock.now());
  CHECK(door.count("evidence") == 4);
  CHECK(door.state("ann@a.example"));
  door.clock.advance(24h * 2);
  door.sign_ups.forget_expired(door.clock.now() - 24h * 7, door.clock.now());
  CHECK_FALSE(door.subscribers.find("ann@a.example"));
  CHECK(door.count("evidence") == 1);
  CHECK(door.subscribers.find("bob@a.example")->subscriptions.front().evidence == "operator");
}

TEST_CASE("networks that have their whole rate again are forgotten, though no sign-up expires") {
  Door door;
  door.sign_up("ann@a.example");
  CHECK(door.count("sign_up_rates") == 2);
  door.clock.advance(24h - 1s);
  CHECK_FALSE(door.sign_ups.forget_expired(door.clock.now() - 24h * 7, door.clock.now()));
  CHECK(door.count("sign_up_rates") == 2);
  door.clock.advance(2s);
  CHECK_FALSE(door.sign_ups.forget_expired(door.clock.now() - 24h * 7, door.clock.now()));
  CHECK(door.count("sign_up_rates") == 0);
}

TEST_CASE("an expired sign-up takes nothing else from its reader") {
  Door door;
  const auto ann = door.add("ann@a.example", "digest");
  const auto bob = door.add("bob@a.example");
  door.ledger.unsubscribe(bob, {}, "reader", "link", door.clock.now());
  door.sign_up("ann@a.example");
  door.sign_up("bob@a.example");
  door.clock.advance(24h * 8);
  door.sign_ups.forget_expired(door.clock.now() - 24h * 7, door.clock.now());
  CHECK(door.state("ann@a.example", "digest") == SubscriptionState::confirmed);
  CHECK_FALSE(door.state("ann@a.example"));
  CHECK(door.state("bob@a.example") == SubscriptionState::unsubscribed);
  CHECK(door.ledger.events_of(ann).back().kind == "subscriber.expired");
}

TEST_CASE(
    "an operator's pending reader is asked at once, and one who is confirmed meanwhile stays") {
  Door door;
  subscribers::Entry entry{"ann@a.example"};
  entry.standing = subscribers::Standing::pending;
  REQUIRE(door.subscribers.add(entry, "report", {"operator"}, door.clock.now()));
  CHECK(door.only_mail().kind == "confirm");
  REQUIRE(door.subscribers.add(entry, "report", {"operator"}, door.clock.now()));
  CHECK(door.mails().empty());
  door.add("ann@a.example");
  door.clock.advance(24h * 8);
  door.sign_ups.forget_expired(door.clock.now() - 24h * 7, door.clock.now());
  CHECK(door.state("ann@a.example") == SubscriptionState::confirmed);
}

TEST_CASE("an import's pending readers are asked one after another, once, and not after its undo") {
  Door door;
  const subscribers::Reading reading = [](const auto& row, const auto&) -> Result<void> {
    for (int i = 1; i <= 3; ++i) row({"reader" + std::to_string(i) + "@a.example"}, i, i + 1);
    return {};
  };
  subscribers::ImportOrder order{.list = "report", .source = "list.csv"};
  order.pending = true;
  order.questions = {60, 1h};
  const auto first = door.subscribers.import(reading, order, door.clock.now());
  REQUIRE(first);
  CHECK(door.mails().size() == 1);
  door.clock.advance(1min);
  CHECK(door.mails().size() == 1);
  REQUIRE(door.subscribers.import(reading, order, door.clock.now()));
  CHECK(door.mails().empty());
  REQUIRE(door.subscribers.undo(first->import, {"operator"}, door.clock.now()));
  door.clock.advance(1h);
  CHECK(door.mails().empty());
  CHECK(door.sign_ups.count_held() == 0);
}
