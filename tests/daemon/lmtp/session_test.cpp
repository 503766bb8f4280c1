// What is said in an LMTP dialogue: daemon/lmtp/session.h.
#include "daemon/lmtp/session.h"

#include <doctest/doctest.h>
#include <random>

#include "base/text.h"
#include "mail/address.h"
#include "mail/return_address.h"

using namespace postrider;
using namespace daemon::lmtp;
using namespace std::literals;

namespace {

bool served_here(const std::string& address) {
  const mail::Address base{"bounces", "report.example"};
  return iequals(address, base.str()) || mail::is_below(base, address);
}

/// What a session said, code by code, and what it took.
struct Talk {
  std::string said;
  std::vector<Delivery> taken;
  bool ended = false;
};

std::string codes_of(const std::string& answers) {
  std::string codes;
  for (const auto line : split(answers, '\n'))
    if (line.size() > 4 && line[3] == ' ') {
      if (!codes.empty()) codes += ' ';
      codes += line.substr(0, 3);
      if (const auto word = line.substr(4, line.find(' ', 4) - 4); word.find('.') == 1)
        codes += "/" + std::string(word);
    }
  return codes;
}

/// Says these pieces; whatever comes whole is kept, or not.
Talk talk(const std::vector<std::string_view>& pieces, bool keep = true,
          const SessionLimits& limits = {}) {
  Room room;
  Talk told;
  const auto before = room.left;
  {
    Session session(served_here, room, limits);
    const auto settle = [&] {
      while (const auto* delivery = session.delivery()) {
        told.taken.push_back(*delivery);
        session.settle(keep);
      }
      told.said += session.take_answers();
    };
    settle();
    for (const auto piece : pieces) {
      session.take(piece);
      settle();
    }
    told.ended = session.has_ended();
  }
  CHECK(room.left == before);
  return told;
}

constexpr auto hello = "LHLO mx\r\n"sv;
constexpr auto envelope = "MAIL FROM:<>\r\nRCPT TO:<bounces+abc@report.example>\r\n"sv;

/// The codes that follow the greeting and LHLO's.
std::string codes(std::string_view lines, bool keep = true, const SessionLimits& limits = {}) {
  const auto told = codes_of(talk({hello, lines}, keep, limits).said);
  REQUIRE(told.starts_with("220 250"));
  return told.size() > 7 ? told.substr(8) : "";
}

std::string recipient(const std::string& address) {
  return codes("MAIL FROM:<>\r\nRCPT TO:<" + address + ">\r\n").substr(10);
}

}  // namespace

TEST_CASE("what LHLO offers") {
  const auto told = talk({hello});
  CHECK(told.said ==
        "220 postrider LMTP\r\n250-postrider\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n"
        "250-ENHANCEDSTATUSCODES\r\n250 SIZE 10485760\r\n");
}

TEST_CASE("a message, and the answers on the way") {
  const auto told =
      talk({"LHLO mx\r\nMAIL FROM:<joe@a.example> SIZE=5 BODY=8BITMIME SMTPUTF8\r\n"
            "rcpt to: <bounces+Tok@report.example>\r\nDATA\r\n..a\r\n.b\r\n\r\n.\r\nQUIT\r\n"});
  CHECK(codes_of(told.said) == "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 221/2.0.0");
  REQUIRE(told.taken.size() == 1);
  CHECK(told.taken[0].sender == "joe@a.example");
  CHECK(told.taken[0].recipients == std::vector<std::string>{"bounces+Tok@report.example"});
  CHECK(told.taken[0].message == ".a\r\nb\r\n\r\n");
  CHECK(told.ended);
}

TEST_CASE("conversations and their answers") {
  const struct {
    std::string_view lines, answers;
  } cases[] = {
      {"HELO mx\r\n", "500/5.5.1"},
      {"EHLO mx\r\n", "500/5.5.1"},
      {"LHLO\r\n", "501/5.5.4"},
      {"NOOP\r\nnoop with words\r\nRSET\r\nVRFY joe\r\n",
       "250/2.0.0 250/2.0.0 250/2.0.0 252/2.0.0"},
      {"STARTTLS\r\nBDAT 5 LAST\r\n\r\n", "500/5.5.1 500/5.5.1 500/5.5.1"},
      {"QUIT\r\nNOOP\r\n", "221/2.0.0"},
      {"RCPT TO:<bounces@report.example>\r\nDATA\r\n", "503/5.5.1 503/5.5.1"},
      {"MAIL FROM:<a@b.example>\r\nMAIL FROM:<>\r\n", "250/2.1.0 503/5.5.1"},
      {"MAIL FROM:<a@b.example>\r\nRSET\r\nMAIL FROM:<>\r\n", "250/2.1.0 250/2.0.0 250/2.1.0"},
      {"MAIL FROM:<a@b.example>\r\nDATA\r\n", "250/2.1.0 503/5.5.1"},
      {"MAIL FROM:<a@b.example>\r\nLHLO again\r\nDATA\r\n", "250/2.1.0 250 503/5.5.1"},
      {"MAIL FROM:a@b.example\r\nMAIL TO:<a@b.example>\r\nMAIL FROM:<a@b.example\r\n",
       "501/5.5.4 501/5.5.4 501/5.5.4"},
      {"MAIL FROM:<\"a>b\\\"\"@b.example> SIZE=1\r\n", "250/2.1.0"},
      {"MAIL FROM:<@relay.example:a@b.example>\r\n", "250/2.1.0"},
      {"MAIL FROM:<> SIZE=10485761\r\n", "552/5.3.4"},
      {"MAIL FROM:<> SIZE=99999999999999999999999\r\n", "552/5.3.4"},
      {"MAIL FROM:<> SIZE=\r\nMAIL FROM:<> SIZE=5x\r\n", "501/5.5.4 501/5.5.4"},
      {"MAIL FROM:<> RET=HDRS\r\n", "555/5.5.4"},
      {"MAIL FROM:<>\r\nRCPT TO:<bounces@report.example> NOTIFY=NEVER\r\n", "250/2.1.0 555/5.5.4"},
      {"MAIL FROM:<>\r\nRCPT TO:<bounces@report.example>\r\nDATA now\r\n",
       "250/2.1.0 250/2.1.5 501/5.5.4"},
      {"NO\001OP\r\nNO\rOP\r\nNOOP\0\r\n"sv, "500/5.5.2 500/5.5.2 500/5.5.2"},
      {"NOOP\nNOOP\r\n", "500/5.5.2"},
      {"\n", "500/5.5.2"},
      {"\r\n", "500/5.5.1"},
  };
  for (const auto& [lines, answers] : cases) {
    CAPTURE(lines);
    CHECK(codes(lines) == answers);
  }
}

TEST_CASE("who has not said LHLO is not listened to") {
  CHECK(codes_of(talk({"MAIL FROM:<>\r\n"}).said) == "220 503/5.5.1");
}

TEST_CASE("only what comes back is taken, with whatever token") {
  for (const auto* ours :
       {"bounces@report.example", "BOUNCES@Report.Example", "bounces+abc@report.example",
        "Bounces+any.thing@REPORT.example", "\"bounces+abc\"@report.example",
        "@relay.example:bounces@report.example"})
    CHECK_MESSAGE(recipient(ours) == "250/2.1.5", ours);
  for (const auto* other :
       {"bounce@report.example", "bounces-x@report.example", "bounces+@report.example",
        "bounces@sub.report.example", "bounces@report.example.evil.example", "postmaster", "",
        "xbounces+a@report.example", "bounces+a@b@report.example", "bounces+a@report.example@evil",
        "joe@a.example"})
    CHECK_MESSAGE(recipient(other) == "550/5.1.1", other);
}

TEST_CASE("each recipient has an answer of its own, also a second time") {
  const auto lines = std::string(envelope) +
                     "RCPT TO:<joe@a.example>\r\nRCPT TO:<bounces@report.example>\r\n"
                     "RCPT TO:<bounces@report.example>\r\nDATA\r\nHi\r\n.\r\nNOOP\r\n";
  CHECK(codes(lines) ==
        "250/2.1.0 250/2.1.5 550/5.1.1 250/2.1.5 250/2.1.5 354 250/2.0.0 250/2.0.0 250/2.0.0 "
        "250/2.0.0");
  CHECK(codes(lines, false) ==
        "250/2.1.0 250/2.1.5 550/5.1.1 250/2.1.5 250/2.1.5 354 451/4.3.0 451/4.3.0 451/4.3.0 "
        "250/2.0.0");
}

TEST_CASE("one recipient too many waits for the next time") {
  std::string lines = "MAIL FROM:<>\r\n";
  for (int i = 0; i < 3; ++i) lines += "RCPT TO:<bounces@report.example>\r\n";
  lines += "DATA\r\n.\r\n";
  SessionLimits limits;
  limits.recipients = 2;
  CHECK(codes(lines, true, limits) ==
        "250/2.1.0 250/2.1.5 250/2.1.5 452/4.5.3 354 250/2.0.0 250/2.0.0");
}

TEST_CASE("a message ends by CR LF . CR LF alone") {
  for (const auto message : {"a\n.\nb\r\n"sv, "a\r.\rb\r\n"sv, "a\n.\r\nb\r\n"sv, "a\r\r\n\r\r\n"sv,
                             "\0a\xff\r\n"sv, "a\r\n\n.\r\n.x\r\n"sv, "\r\n"sv, ""sv}) {
    const auto told = talk({hello, envelope, "DATA\r\n", message, ".\r\nNOOP\r\n"});
    CAPTURE(message);
    CHECK(codes_of(told.said) == "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 250/2.0.0");
    REQUIRE(told.taken.size() == 1);
    // A dot at a line's start is taken out where CR LF began the line, and only there.
    CHECK(told.taken[0].message == replace_all(std::string(message), "\r\n.", "\r\n"));
  }
}

TEST_CASE("a dot that a bare LF begins a line with neither ends a message nor is taken out") {
  const auto told = talk({hello, envelope, "DATA\r\na\r\n.\nMAIL FROM:<evil>\r\n.\rx\r\n.\r\n"});
  REQUIRE(told.taken.size() == 1);
  CHECK(told.taken[0].message == "a\r\n\nMAIL FROM:<evil>\r\n\rx\r\n");
}

TEST_CASE("cut at whatever octets, the answers and messages are the same") {
  const auto whole = std::string(hello) + "HELO x\r\n" + std::string(envelope) +
                     "RCPT TO:<joe@a.example>\r\nDATA\r\n..a\r\n.\n.\r.\r\r\n.b\r\n\r\n.\r\n" +
                     std::string(envelope) + "DATA\r\n.\r\nRSET\r\nVRFY x\r\nQUIT\r\nNOOP\r\n";
  const auto expected = talk({whole});
  CHECK(codes_of(expected.said) ==
        "220 250 500/5.5.1 250/2.1.0 250/2.1.5 550/5.1.1 354 250/2.0.0 250/2.1.0 250/2.1.5 354 "
        "250/2.0.0 250/2.0.0 252/2.0.0 221/2.0.0");
  REQUIRE(expected.taken.size() == 2);
  const auto check = [&](const std::vector<std::string_view>& pieces) {
    const auto told = talk(pieces);
    CHECK(told.said == expected.said);
    REQUIRE(told.taken.size() == 2);
    CHECK(told.taken[0].message == expected.taken[0].message);
  };
  const std::string_view all(whole);
  for (std::size_t cut = 0; cut <= all.size(); ++cut) check({all.substr(0, cut), all.substr(cut)});
  std::vector<std::string_view> octets;
  for (std::size_t i = 0; i < all.size(); ++i) octets.push_back(all.substr(i, 1));
  check(octets);
}

TEST_CASE("whatever comes is answered alike, however it is cut") {
  constexpr std::string_view words[] = {"\r",
                                        "\n",
                                        "\r\n",
                                        ".",
                                        ".\r\n",
                                        "\0\xff"sv,
                                        "x",
                                        " ",
                                        "<",
                                        ">",
                                        "\"",
                                        "\\",
                                        "LHLO mx\r\n",
                                        "MAIL FROM:<>",
                                        "MAIL FROM:<>\r\n",
                                        "RCPT TO:<",
                                        "RCPT TO:<bounces+a@report.example>\r\n",
                                        "DATA\r\n",
                                        "RSET\r\n",
                                        "NOOP",
                                        " SIZE=",
                                        "9999999999"};
  std::mt19937 dice(2033);
  for (int round = 0; round < 500; ++round) {
    std::string octets(dice() % 2 == 0 ? hello : "");
    if (dice() % 2 == 0) octets += std::string(envelope) + "DATA\r\n";
    for (auto left = dice() % 30; left > 0; --left) octets += words[dice() % std::size(words)];
    CAPTURE(octets);
    const auto whole = talk({octets});
    std::vector<std::string_view> cut;
    for (std::size_t i = 0; i < octets.size(); ++i)
      cut.push_back(std::string_view(octets).substr(i, 1));
    const auto pieces = talk(cut);
    REQUIRE(pieces.said == whole.said);
    REQUIRE(pieces.ended == whole.ended);
    REQUIRE(pieces.taken.size() == whole.taken.size());
    for (std::size_t i = 0; i < whole.taken.size(); ++i)
      REQUIRE(pieces.taken[i].message == whole.taken[i].message);
  }
}

TEST_CASE("a message that is too large is read to its end and refused") {
  SessionLimits limits;
  limits.message = 10;
  limits.drained = 40;
  const auto send = [&](std::size_t octets) {
    return codes(
        std::string(envelope) + "DATA\r\n" + std::string(octets - 2, 'x') + "\r\n.\r\nNOOP\r\n",
        true, limits);
  };
  CHECK(send(10) == "250/2.1.0 250/2.1.5 354 250/2.0.0 250/2.0.0");
  CHECK(send(11) == "250/2.1.0 250/2.1.5 354 552/5.3.4 250/2.0.0");
  CHECK(send(40) == "250/2.1.0 250/2.1.5 354 552/5.3.4 250/2.0.0");
  CHECK(send(41) == "250/2.1.0 250/2.1.5 354 552/5.3.4 421/4.3.4");
}

TEST_CASE("what all sessions hold has an end") {
  Room room{10};
  Session first(served_here, room);
  Session second(served_here, room);
  for (auto* session : {&first, &second}) {
    session->take(hello);
    session->take(envelope);
    session->take("DATA\r\n");
    session->take_answers();
  }
  first.take("12345678\r\n");
  CHECK(room.left == 0);
  second.take("x\r\n.\r\n");
  CHECK(codes_of(second.take_answers()) == "452/4.3.1");
  first.take(".\r\n");
  REQUIRE(first.delivery());
  first.settle(true);
  CHECK(room.left == 10);
}

TEST_CASE("lines of a message have no length; those of commands have") {
  const auto told = talk({hello, envelope, "DATA\r\n", std::string(5000, 'x'), "\r\n.\r\n",
                          std::string(2049, 'N'), "\r\n"});
  CHECK(codes_of(told.said) == "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 500/5.5.2");
  CHECK(told.ended);
  CHECK(codes("NOOP " + std::string(2000, 'x') + "\r\n") == "250/2.0.0");
}

TEST_CASE("who says nothing but nonsense is left") {
  std::string lines;
  for (int i = 0; i < 200; ++i) lines += "GET / HTTP/1.1\r\n";
  const auto told = talk({lines});
  CHECK(told.ended);
  CHECK(told.said.ends_with("421 4.7.0 too many faults\r\n"));
  CHECK(split(told.said, '\n').size() == 1 + 101 + 1 + 1);
}

TEST_CASE("an end waits for the message that is on its way, and for nothing else") {
  Room room;
  Session idle(served_here, room);
  idle.take(hello);
  idle.take(envelope);
  idle.take_answers();
  idle.end_soon("421 4.3.2 ending");
  CHECK(idle.has_ended());
  CHECK(idle.take_answers() == "421 4.3.2 ending\r\n");

  Session busy(served_here, room);
  busy.take(hello);
  busy.take(envelope);
  busy.take("DATA\r\nHi\r\n");
  busy.end_soon("421 4.3.2 ending");
  CHECK_FALSE(busy.has_ended());
  busy.take_answers();
  busy.take(".\r\nNOOP\r\n");
  REQUIRE(busy.delivery());
  busy.settle(true);
  CHECK(codes_of(busy.take_answers()) == "250/2.0.0 421/4.3.2");
  CHECK(busy.has_ended());
}
