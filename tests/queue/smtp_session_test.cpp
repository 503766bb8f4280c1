#include "queue/smtp_session.h"

#include <array>
#include <doctest/doctest.h>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "support/fake_clock.h"

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;

namespace {

/// The relay's side, in memory: parcels with a body that names their reader.
struct FakeHost final : SmtpSessionHost {
  explicit FakeHost(int parcels) : left(parcels) {}

  std::optional<Parcel> next_parcel() override {
    if (left == 0) return {};
    --left;
    if (prepared) {
      ++taken;
      return std::exchange(prepared, {});
    }
    Parcel parcel;
    parcel.claimed.key = {{1}, {++taken}, 0};
    parcel.envelope = {"from@report.example", "reader" + std::to_string(taken) + "@r.example"};
    parcel.data = "To: reader" + std::to_string(taken) + "@r.example\r\n\r\nHello.\r\n";
    if (shape) shape(parcel);
    return parcel;
  }
  void begin(const Claim& claim, std::function<void(bool)> done) override {
    begun.push_back({claim.key, std::move(done)});
    if (at_once) answer(true);
  }
  void finish(const Parcel& parcel, Instant, const Outcome& outcome) override {
    const auto reader = parcel.claimed.key.subscriber.value;
    CHECK_MESSAGE(!settled.contains(reader), "judged or given back twice");
    settled.insert(reader);
    outcomes[reader] = outcome;
    if (outcome.kind != OutcomeKind::delivered) return;
    CHECK_MESSAGE(on_wire.find(parcel.data.str() + ".") != std::string::npos,
                  "a message taken for delivered before its final dot went out");
  }
  void release(const Parcel& parcel, const std::string&) override {
    const auto reader = parcel.claimed.key.subscriber.value;
    CHECK_MESSAGE(!settled.contains(reader), "judged or given back twice");
    settled.insert(reader);
    released.insert(reader);
  }
  void broke(const Parcel& parcel, Instant, const std::string& why) override {
    CHECK_FALSE(why.empty());
    release(parcel, why);
    blamed.insert(parcel.claimed.key.subscriber.value);
  }

  void heard(std::string_view command, const mail::Reply& reply) override {
    answers += std::string(command) + " " + reply.str() + ", ";
  }

  void answer(bool ours) {
    auto [key, done] = std::move(begun.front());
    begun.erase(begun.begin());
    (ours ? on_disk : called_off).insert(key.subscriber.value);
    if (!ours) settled.insert(key.subscriber.value);  // no longer the session's to give back
    done(ours);
  }

  int left;
  std::optional<Parcel> prepared;  // comes first
  std::function<void(Parcel&)> shape;
  std::int64_t taken = 0;
  bool at_once = true;
  std::vector<std::pair<DeliveryKey, std::function<void(bool)>>> begun;
  std::string on_wire;  // all that was sent
  std::string answers;
  std::set<std::int64_t> on_disk, settled, released;
  std::set<std::int64_t> called_off;
  std::set<std::int64_t> blamed;  // those of the released that the session broke with
  std::map<std::int64_t, Outcome> outcomes;
};

struct Talk {
  explicit Talk(int parcels, bool pipelining = true, int most = 100)
      : Talk(parcels, SmtpOffers{.pipelining = pipelining}, most) {}
  Talk(int parcels, const SmtpOffers& offers, int most = 100)
      : host(parcels), session(host, offers, clock, most, {"relay.example:25", "TLSv1.3"}) {}

  /// Everything the session has to say, as one send.
  std::string said() {
    std::string all;
    while (!session.output().empty()) {
      const std::string part(session.output());
      all += part;
      host.on_wire += part;
      session.sent(part.size());
    }
    return all;
  }
  bool hears(std::string_view bytes) { return session.receive(bytes); }

  test::FakeClock clock;
  FakeHost host;
  SmtpSession session;
};

const std::string first_envelope =
    "MAIL FROM:<from@report.example>\r\nRCPT TO:<reader1@r.example>\r\nDATA\r\n";
const std::string second_envelope =
    "MAIL FROM:<from@report.example>\r\nRCPT TO:<reader2@r.example>\r\nDATA\r\n";
const std::string first_body = "To: reader1@r.example\r\n\r\nHello.\r\n";

}  // namespace

TEST_CASE("a message's end and the next envelope go out in one group") {
  Talk talk(2);
  talk.session.pump();
  CHECK(talk.said() == first_envelope);
  CHECK(talk.hears("250 ok\r\n250 ok\r\n354 go\r\n"));
  CHECK(talk.said() == first_body + ".\r\n" + second_envelope);
  CHECK(talk.hears("250 2.0.0 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n"));
  CHECK(talk.host.outcomes.at(1).kind == OutcomeKind::delivered);
  talk.said();
  CHECK(talk.hears("250 ok\r\n"));
  CHECK(talk.session.idle());
  CHECK(talk.session.judged() == 2);
}

TEST_CASE("a server that repeats our log-in in a refusal is heard without it") {
  test::FakeClock clock;
  FakeHost host(1);
  SmtpSession session(host, {.pipelining = true}, clock, 100, {"relay.example:25", "TLSv1.3"}, {},
                      LoginSecrets::of_password("joe", "correct horse 7"));
  session.pump();
  CHECK(session.receive("250 ok\r\n550 5.7.1 joe with correct horse 7 may not\r\n"));
  CHECK(session.receive("503 5.5.1 no recipients\r\n"));
  CHECK(host.outcomes.at(1).reply.text == "joe with *** may not");
}

TEST_CASE("without PIPELINING every command waits for its reply") {
  Talk talk(1, false);
  talk.session.pump();
  CHECK(talk.said() == "MAIL FROM:<from@report.example>\r\n");
  talk.hears("250 ok\r\n");
  CHECK(talk.said() == "RCPT TO:<reader1@r.example>\r\n");
  talk.hears("250 ok\r\n");
  CHECK(talk.said() == "DATA\r\n");
  talk.hears("354 go\r\n");
  CHECK(talk.said() == first_body + ".\r\n");
}

namespace {

Parcel parcel_to(const std::string& recipient, std::string data = "To: them\r\n\r\nHello.\r\n") {
  Parcel parcel;
  parcel.claimed.key = {{1}, {1}, 0};
  parcel.envelope = {"from@report.example", recipient, "id+of=it"};
  parcel.data = std::move(data);
  return parcel;
}

/// What the session says of that parcel, and what it thinks of it.
std::pair<std::string, std::optional<Outcome>> first_words(Parcel parcel,
                                                           const SmtpOffers& offers) {
  Talk talk(1, offers);
  talk.host.prepared = std::move(parcel);
  talk.session.pump();
  auto said = talk.said();
  if (talk.host.outcomes.empty()) return {said, {}};
  return {said, talk.host.outcomes.at(1)};
}

}  // namespace

TEST_CASE("what is asked of a server beyond plain SMTP is asked only where it is offered") {
  const auto said = [](const SmtpOffers& offers, std::string data = "Hello.\r\n") {
    return first_words(parcel_to("ann@r.example", std::move(data)), offers).first;
  };
  CHECK(said({}) == "MAIL FROM:<from@report.example>\r\n");
  CHECK(said({.size = 100}) == "MAIL FROM:<from@report.example> SIZE=8\r\n");
  CHECK(said({.eight_bit_mime = true}) == "MAIL FROM:<from@report.example>\r\n");
  CHECK(said({.eight_bit_mime = true}, "\xC3\xA9\r\n") ==
        "MAIL FROM:<from@report.example> BODY=8BITMIME\r\n");
  CHECK(said({.smtputf8 = true}) == "MAIL FROM:<from@report.example>\r\n");
  CHECK(said({.pipelining = true, .dsn = true}) ==
        "MAIL FROM:<from@report.example> RET=HDRS ENVID=id+2Bof+3Dit\r\n"
        "RCPT TO:<ann@r.example> NOTIFY=FAILURE\r\nDATA\r\n");
}

TEST_CASE("an id that is too long for ENVID, or missing, is left out") {
  for (const auto& id : {std::string(), std::string(101, 'x'), std::string(34, '+')}) {
    auto parcel = parcel_to("ann@r.example");
    parcel.envelope.id = id;
    CHECK(first_words(std::move(parcel), {.dsn = true}).first ==
          "MAIL FROM:<from@report.example> RET=HDRS\r\n");
  }
}

TEST_CASE("an address beyond ASCII goes out as it is where SMTPUTF8 is offered, else not at all") {
  CHECK(first_words(parcel_to("jos\xC3\xA9@r.example"), {.smtputf8 = true}).first ==
        "MAIL FROM:<from@report.example> SMTPUTF8\r\n");
  const auto [said, outcome] = first_words(parcel_to("jos\xC3\xA9@r.example"), {});
  CHECK(said.empty());
  REQUIRE(outcome);
  CHECK(outcome->kind == OutcomeKind::refused);
  CHECK(outcome->scope == Scope::recipient);
  CHECK(outcome->reply.code == 0);
  CHECK(outcome->reply.text.find("SMTPUTF8") != std::string::npos);
}

TEST_CASE("a message that the server has said it will not take is not tried") {
  for (const auto& [parcel, offers, word] :
       {std::tuple{parcel_to("ann@r.example", std::string(1001, 'x')), SmtpOffers{.size = 1000},
                   "1,001 octets, and the relay takes at most 1,000"},
        {parcel_to("ann@r.example", "\xC3\xA9\r\n"), SmtpOffers{}, "8BITMIME"}}) {
    const auto [said, outcome] = first_words(parcel, offers);
    CHECK(said.empty());
    REQUIRE(outcome);
    CHECK(outcome->kind == OutcomeKind::refused);
    CHECK(outcome->scope == Scope::message);
    CHECK(outcome->reply.text.find(word) != std::string::npos);
  }
  CHECK_FALSE(
      first_words(parcel_to("ann@r.example", std::string(1000, 'x')), {.size = 1000}).second);
}

TEST_CASE("one that is not tried does not keep the next one waiting") {
  Talk talk(2, SmtpOffers{.pipelining = true});
  talk.host.prepared = parcel_to("jos\xC3\xA9@r.example");
  talk.session.pump();
  CHECK(talk.said() == second_envelope);
}

TEST_CASE("an outcome names who answered, and how it was spoken to") {
  Talk talk(1);
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  talk.said();
  talk.hears("250 taken\r\n");
  CHECK(talk.host.outcomes.at(1).peer == Endpoint{"relay.example:25", "TLSv1.3"});
}

TEST_CASE("each answer has its time, and so has the taking of what is sent") {
  const SmtpTimeouts each{1s, 2s, 3s, 4s};
  test::FakeClock clock;
  FakeHost host(1);
  host.at_once = false;
  SmtpSession session(host, {}, clock, 10, {}, each);
  const auto said = [&] { session.sent(session.output().size()); };
  CHECK_FALSE(session.patience());
  session.pump();
  CHECK(session.patience() == each.block);
  said();
  CHECK(session.patience() == each.command);
  session.receive("250 ok\r\n");
  said();
  session.receive("250 ok\r\n");
  said();
  CHECK(session.patience() == each.data);
  session.receive("354 go\r\n");
  CHECK(session.patience() == each.block);
  said();
  CHECK_FALSE(session.patience());  // it is we who wait, for the disk
  host.answer(true);
  said();
  CHECK(session.patience() == each.answer);
}

TEST_CASE("a body goes out from where it was composed, without a copy") {
  Talk talk(1);
  auto parcel = parcel_to("ann@r.example", std::string(10'000, 'x') + "\r\n");
  const auto* const composed = parcel.data.pieces().front().data();
  talk.host.prepared = std::move(parcel);
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  CHECK(talk.session.output().data() == composed);
}

TEST_CASE("the body flows at once, its final dot only when the attempt is on disk") {
  Talk talk(1);
  talk.host.at_once = false;
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  CHECK(talk.said() == first_body);
  talk.host.answer(true);
  CHECK(talk.said() == ".\r\n");
}

TEST_CASE("a delivery that was called off ends the connection without its final dot") {
  Talk talk(1);
  talk.host.at_once = false;
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  talk.host.answer(false);
  CHECK(talk.session.finished());
  CHECK(talk.session.by_us());
  talk.session.lost("");
  CHECK(talk.host.released.empty());
  CHECK(talk.host.outcomes.empty());
}

TEST_CASE("a refused recipient is judged, and RSET comes before the next envelope") {
  Talk talk(2);
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n550 5.1.1 unknown\r\n554 no valid recipients\r\n");
  CHECK(talk.host.outcomes.at(1).kind == OutcomeKind::refused);
  CHECK(talk.host.outcomes.at(1).scope == Scope::recipient);
  CHECK(talk.host.outcomes.at(1).reply.enhanced == "5.1.1");
  CHECK(talk.said() == "RSET\r\n");
  talk.hears("250 ok\r\n");
  CHECK(talk.said() == second_envelope);
}

TEST_CASE("a 250 before the final dot has left delivers nothing") {
  Talk talk(1);
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  talk.session.sent(first_body.size());  // the dot is ordered, and waits
  CHECK(talk.session.output() == ".\r\n");
  CHECK_FALSE(talk.hears("250 taken\r\n"));
  talk.session.lost("");
  CHECK(talk.host.outcomes.empty());
  CHECK(talk.host.blamed == std::set<std::int64_t>{1});
}

TEST_CASE("a session that meets refusals only is left before the server slows it down") {
  Talk talk(10);
  talk.session.pump();
  for (int i = 1; i <= 4; ++i) {
    CHECK(talk.said().find("reader" + std::to_string(i) + "@") != std::string::npos);
    REQUIRE(talk.hears("250 ok\r\n450 4.7.1 greylisted\r\n554 no recipients\r\n"));
    CHECK(talk.said() == "RSET\r\n");
    REQUIRE(talk.hears("250 ok\r\n"));
  }
  CHECK(talk.said() == "QUIT\r\n");
}

TEST_CASE("a refusal outlives whatever is said to DATA, and the break that follows") {
  Talk talk(1);
  talk.session.pump();
  talk.said();
  CHECK_FALSE(talk.hears("250 ok\r\n550 5.1.1 unknown\r\n250 what\r\n"));
  talk.session.lost("gone");
  CHECK(talk.host.outcomes.at(1).kind == OutcomeKind::refused);
  CHECK(talk.host.outcomes.at(1).reply.enhanced == "5.1.1");
}

TEST_CASE("a server that wants a message for nobody gets a lone dot") {
  Talk talk(1);
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n450 4.2.0 later\r\n354 go\r\n");
  CHECK(talk.host.outcomes.at(1).kind == OutcomeKind::deferred);
  CHECK(talk.said() == ".\r\n");
  talk.hears("554 no\r\n");
  CHECK(talk.said() == "RSET\r\n");
}

TEST_CASE("a refusal at each stage has its scope") {
  for (const auto& [replies, scope] :
       {std::pair{"550 5.7.1 no\r\n503 no\r\n503 no\r\n", Scope::sender},
        {"250 ok\r\n550 no\r\n503 no\r\n", Scope::recipient},
        {"250 ok\r\n250 ok\r\n554 5.6.0 no\r\n", Scope::message}}) {
    Talk talk(1);
    talk.session.pump();
    talk.said();
    talk.hears(replies);
    CHECK(talk.host.outcomes.at(1).kind == OutcomeKind::refused);
    CHECK(talk.host.outcomes.at(1).scope == scope);
  }
}

TEST_CASE("a connection that is cut after the final dot leaves its delivery in doubt, no other") {
  Talk talk(2);
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  talk.said();
  talk.session.lost("gone");
  CHECK(talk.host.outcomes.at(1).kind == OutcomeKind::in_doubt);
  CHECK(talk.host.released == std::set<std::int64_t>{2});
}

TEST_CASE("a connection that is cut before the final dot left gives the delivery back") {
  Talk talk(1);
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  talk.session.sent(5);  // of the body
  talk.session.lost("gone");
  CHECK(talk.host.released == std::set<std::int64_t>{1});
}

TEST_CASE("a break is put down to the message that was being carried, and to no other") {
  const std::string to_data = "250 ok\r\n250 ok\r\n354 go\r\n";
  const auto blamed = [](const std::string& replies, bool begun = true) {
    Talk talk(2);
    talk.host.at_once = begun;
    talk.session.pump();
    talk.said();
    if (talk.hears(replies)) talk.said();
    talk.session.lost("gone");
    return talk.host.blamed;
  };
  using Readers = std::set<std::int64_t>;
  CHECK(blamed("") == Readers{1});
  CHECK(blamed("421 closing\r\n") == Readers{});  // to MAIL, which names no reader
  CHECK(blamed("250 ok\r\n421 closing\r\n") == Readers{1});
  CHECK(blamed(to_data, false) == Readers{1});  // in the middle of the body
  CHECK(blamed(to_data) == Readers{});          // in doubt; the second one had no part in it
  CHECK(blamed(to_data + "421 closing\r\n") == Readers{1});
}

TEST_CASE("nobody is to blame where we end the session ourselves") {
  for (const bool begun : {true, false}) {
    Talk talk(1);
    talk.host.at_once = begun;
    talk.session.pump();
    talk.said();
    if (!begun) talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
    talk.session.abandon("the daemon is ending");
    CHECK(talk.session.by_us());
    CHECK(talk.host.released == std::set<std::int64_t>{1});
    CHECK(talk.host.blamed.empty());
  }
}

TEST_CASE("a session knows whether the server answered an envelope and what it settled") {
  Talk silent(1);
  silent.session.pump();
  silent.hears("421 4.3.2 closing\r\n");
  CHECK_FALSE(silent.session.answered());
  Talk talk(1);
  talk.session.pump();
  talk.hears("250 ok\r\n");
  CHECK(talk.session.answered());
  CHECK(talk.session.judged() == 0);
  talk.hears("550 5.1.1 unknown\r\n503 no\r\n");
  CHECK(talk.session.judged() == 1);
}

TEST_CASE("421 is the session's, whatever it answers, and costs no reader an attempt") {
  for (const char* replies : {"421 4.3.2 closing\r\n", "250 ok\r\n421 closing\r\n"}) {
    Talk talk(1);
    talk.session.pump();
    talk.said();
    CHECK_FALSE(talk.hears(replies));
    talk.session.lost(talk.session.broken());
    CHECK(talk.host.released == std::set<std::int64_t>{1});
  }
}

TEST_CASE("a refusal while the body is going out is the message's, and is counted") {
  Talk talk(1);
  talk.host.at_once = false;
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  CHECK_FALSE(talk.hears("552 5.3.4 too big\r\n"));
  CHECK(talk.host.outcomes.at(1).kind == OutcomeKind::refused);
  CHECK(talk.host.outcomes.at(1).scope == Scope::message);
}

TEST_CASE("what is no reply, or was not asked for, ends the connection") {
  Talk greeting(1);
  greeting.session.pump();
  greeting.said();
  CHECK_FALSE(greeting.hears("hello there\r\n"));
  Talk extra(0);
  CHECK_FALSE(extra.hears("250 ok\r\n"));
  CHECK_FALSE(extra.session.broken().empty());
}

TEST_CASE("QUIT comes when the connection has carried its share, and when it is wound up idle") {
  Talk full(5, true, 1);
  full.session.pump();
  full.said();
  full.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  CHECK(full.said() == first_body + ".\r\n");
  full.hears("250 ok\r\n");
  CHECK(full.said() == "QUIT\r\n");
  Talk idle(0);
  idle.session.wind_up();
  CHECK(idle.said() == "QUIT\r\n");
  idle.hears("221 bye\r\n");
  CHECK(idle.session.finished());
}

TEST_CASE("every answer to an envelope and a message is heard") {
  Talk talk(1);
  talk.session.pump();
  talk.hears("250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n");
  talk.said();
  talk.hears("250 taken\r\n421 bye\r\n");
  CHECK(talk.host.answers ==
        "MAIL FROM 250 2.1.0 ok, RCPT TO 250 2.1.5 ok, DATA 354 go, "
        "message 250 taken, unasked 421 bye, ");
}

TEST_CASE("a connection that is closed while QUIT is owed did not break") {
  Talk talk(0);
  talk.session.wind_up();
  CHECK(talk.said() == "QUIT\r\n");
  talk.session.lost("the server closed the connection");
  CHECK(talk.session.finished());
  CHECK(talk.session.broken().empty());
}

TEST_CASE("winding up waits for the answer that is owed") {
  Talk talk(1);
  talk.session.pump();
  talk.said();
  talk.hears("250 ok\r\n250 ok\r\n354 go\r\n");
  talk.said();
  talk.session.wind_up();
  CHECK_FALSE(talk.session.finished());
  talk.hears("250 ok\r\n");
  CHECK(talk.host.outcomes.at(1).kind == OutcomeKind::delivered);
  CHECK(talk.said() == "QUIT\r\n");
}

TEST_CASE("a line that begins with a dot is stuffed") {
  struct DotHost final : SmtpSessionHost {
    bool given = false;
    std::optional<Parcel> next_parcel() override {
      if (given) return {};
      given = true;
      Parcel parcel;
      parcel.envelope = {"a@b.example", "c@d.example"};
      parcel.data = std::string(".one\r\n.\r\n..two\r\n");
      return parcel;
    }
    void begin(const Claim&, std::function<void(bool)> done) override { done(true); }
    void finish(const Parcel&, Instant, const Outcome&) override {}
    void release(const Parcel&, const std::string&) override {}
    void broke(const Parcel&, Instant, const std::string&) override {}
  } host;
  test::FakeClock clock;
  SmtpSession session(host, SmtpOffers{.pipelining = true}, clock, 10);
  session.pump();
  session.sent(session.output().size());
  session.receive("250 ok\r\n250 ok\r\n354 go\r\n");
  std::string all;
  while (!session.output().empty()) {
    all += session.output();
    session.sent(session.output().size());
  }
  CHECK(all == "..one\r\n..\r\n...two\r\n.\r\n");
}

TEST_CASE("whatever a server answers, no body goes out under another's envelope, nobody is lost") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int below) {
      return static_cast<int>(random() % static_cast<unsigned>(below));
    };
    const SmtpOffers offers{.pipelining = pick(4) != 0,
                            .size = pick(3) == 0 ? 200u : 0u,
                            .eight_bit_mime = pick(2) == 0,
                            .dsn = pick(2) == 0,
                            .smtputf8 = pick(2) == 0};
    Talk talk(30, offers, 5 + pick(10));
    talk.host.at_once = false;
    const bool honest = pick(3) != 0;
    // Readers and bodies of all kinds: what each body should be, and who is not to be tried at all.
    std::map<std::int64_t, std::string> composed;
    std::set<std::int64_t> hopeless;
    talk.host.shape = [&](Parcel& parcel) {
      const auto number = parcel.claimed.key.subscriber.value;
      const bool foreign = pick(8) == 0, eight = pick(8) == 0, large = pick(8) == 0;
      auto text = parcel.data.str();
      if (foreign) parcel.envelope.recipient += "\xC3\xA9";
      if (eight) text += "caf\xC3\xA9\r\n";
      if (large) text += std::string(200, 'x') + "\r\n";
      if (pick(4) == 0) text += "..\r\n.\r\nMAIL FROM:<x@y.example>\r\n";
      composed[number] = text;
      if ((foreign && !offers.smtputf8) || (eight && !offers.eight_bit_mime) ||
          (offers.size > 0 && text.size() > offers.size))
        hopeless.insert(number);
      if (pick(8) == 0) parcel.envelope.id = "id=" + std::to_string(number);
      parcel.data = std::move(text);
    };

    // The server: reads commands, answers at random, sends its replies in random pieces.
    std::string inbox, outbox, rcpt, body;
    bool in_data = false;
    std::set<std::string> delivered;
    const auto reply = [&](const std::string& good) {
      static const std::array<std::string, 5> bad{"450 4.2.0 later", "550 5.1.1 no",
                                                  "552 5.3.4 big", "421 4.3.2 bye", "500 what"};
      const bool fails = !honest && pick(5) == 0;
      const auto line = fails ? bad[static_cast<std::size_t>(pick(5))] : good;
      if (pick(6) == 0) outbox += line.substr(0, 3) + "-more to come\r\n";
      outbox += line + "\r\n";
      if (!honest && pick(40) == 0) outbox += "250 an extra one\r\n";
      if (!honest && pick(80) == 0) outbox += "what is this?\r\n";
      return !fails;
    };
    const auto serve = [&] {
      for (;;) {
        const auto end = inbox.find("\r\n");
        if (end == std::string::npos) return;
        const auto line = inbox.substr(0, end);
        inbox.erase(0, end + 2);
        if (in_data) {
          if (line != ".") {
            body += line.substr(line.starts_with('.') ? 1 : 0) + "\r\n";
            continue;
          }
          in_data = false;
          const bool accepted = reply("250 2.0.0 queued");
          if (body.empty()) continue;
          const auto number = std::stoll(rcpt.substr(6));
          CHECK_MESSAGE(body == composed.at(number), "another body than this envelope's");
          CHECK_MESSAGE(!hopeless.contains(number), "sent what was not to be tried");
          CHECK_MESSAGE(talk.host.on_disk.contains(number), "a final dot before its attempt");
          if (accepted) CHECK(delivered.insert(rcpt).second);
        } else if (line.starts_with("RCPT TO:<")) {
          const auto wanted = line.substr(9, line.find('>') - 9);
          CHECK((line.find(" NOTIFY=FAILURE") != std::string::npos) == offers.dsn);
          if (reply("250 ok"))
            rcpt = wanted;
          else
            rcpt.clear();
        } else if (line == "DATA") {
          body.clear();
          in_data = !rcpt.empty() || pick(2) == 0 ? reply("354 go") : false;
          if (in_data && !honest && pick(5) == 0) outbox += "250 taken unseen\r\n";
          if (!in_data && outbox.empty()) outbox += "503 no\r\n";
        } else if (line == "RSET") {
          rcpt.clear();
          outbox += "250 ok\r\n";
        } else {
          if (line.starts_with("MAIL")) {
            rcpt.clear();
            const auto says = [&](const char* word) {
              return line.find(word) != std::string::npos;
            };
            CHECK(says(" SIZE=") == (offers.size > 0));
            CHECK(says(" RET=HDRS") == offers.dsn);
            CHECK((!says(" ENVID=") || offers.dsn));
            CHECK((!says(" SMTPUTF8") || offers.smtputf8));
            CHECK((!says(" BODY=8BITMIME") || offers.eight_bit_mime));
          }
          reply(line == "QUIT" ? "221 bye" : "250 ok");
        }
      }
    };

    bool open = true;
    for (int step = 0; step < 4000 && open && !talk.session.finished(); ++step) {
      talk.session.pump();
      if (!talk.host.begun.empty() && pick(3) == 0) talk.host.answer(honest || pick(10) != 0);
      if (const auto output = talk.session.output(); !output.empty()) {
        const auto octets = 1 + static_cast<std::size_t>(pick(static_cast<int>(output.size())));
        inbox += output.substr(0, octets);
        talk.host.on_wire += output.substr(0, octets);
        talk.session.sent(octets);
      }
      serve();
      if (!outbox.empty()) {
        const auto octets = 1 + static_cast<std::size_t>(pick(static_cast<int>(outbox.size())));
        const auto piece = outbox.substr(0, octets);
        outbox.erase(0, octets);
        open = talk.hears(piece);
      }
      if (!honest && pick(500) == 0) open = false;
      if (!honest && pick(300) == 0) outbox += "250 before my turn\r\n";
      if (talk.host.left == 0 && talk.session.idle()) break;
    }
    talk.session.lost("the end");
    // Everything that was taken is judged or given back, and what the server took is known or in
    // doubt.
    CHECK(static_cast<std::int64_t>(talk.host.settled.size()) == talk.host.taken);
    for (const auto& address : delivered) {
      const auto number = std::stoll(address.substr(6));
      REQUIRE(talk.host.outcomes.contains(number));
      const auto kind = talk.host.outcomes.at(number).kind;
      CHECK((kind == OutcomeKind::delivered || kind == OutcomeKind::in_doubt));
    }
    for (const auto& [number, outcome] : talk.host.outcomes) {
      const bool by_us = outcome.kind == OutcomeKind::refused && outcome.reply.code == 0;
      CHECK(by_us == hopeless.contains(number));
    }
    if (honest) CHECK(talk.host.released.empty());
  }
}
