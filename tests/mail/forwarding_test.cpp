// Sending a message on, and what must not be: mail/forwarding.h.
#include "mail/forwarding.h"

#include <doctest/doctest.h>

#include "mail/report.h"

using namespace postrider;
using namespace postrider::mail;

namespace {

const std::string letter =
    "Return-Path: <ann@a.example>\r\nFrom: ann@a.example\r\nSubject:  two  blanks\r\n\tfolded\r\n"
    "DKIM-Signature: v=1;  b=abc\r\n\r\nH\xC3\xA9llo  \r\n.dot\r\n\xFF\r\n\r\nno end";

std::string sent_on(const std::string& message) {
  return forwarded(message, "report.example", parse_address("joe@report.example").value(),
                   Instant{});
}

std::string sign_of(const std::string& fields) {
  return loop_sign(read_message(fields + "From: ann@a.example\n\nhello\n").root);
}

std::string received(int times) {
  std::string fields;
  for (int n = 0; n < times; ++n)
    fields += "Received: from a.example by b.example; Mon, 10 Jan 2022 08:00:00 +0000\n";
  return fields;
}

}  // namespace

TEST_CASE("a message that is sent on has a trace in front and is the same octet by octet") {
  const auto text = sent_on(letter);
  CHECK(text ==
        "Received: by report.example (Postrider)\r\n for <joe@report.example>; Thu, 01 Jan 1970 "
        "00:00:00 +0000\r\n" +
            letter);
  CHECK(was_forwarded(read_message(text).root));
  CHECK_FALSE(was_forwarded(read_message(letter).root));
}

TEST_CASE("lines that a mailbox ends by LF alone end by CRLF") {
  const auto text = sent_on("From: a@b.example\n\none\ntwo\r\n\n");
  CHECK(text.ends_with("\r\nFrom: a@b.example\r\n\r\none\r\ntwo\r\n\r\n"));
}

TEST_CASE("what goes round, or to many, has a sign") {
  CHECK(sign_of("") == "");
  CHECK(sign_of(received(50)) == "");
  CHECK(sign_of(received(51)) == "more than 50 hops");
  CHECK(sign_of("List-Id: <talk.a.example>\n") == "list-id");
  CHECK(sign_of("Precedence: Bulk\n") == "precedence: bulk");
  CHECK(sign_of("Precedence: junk\n") == "precedence: junk");
  CHECK(sign_of("Precedence: list\n") == "precedence: list");
  CHECK(sign_of("Precedence: first-class\n") == "");
  CHECK(loop_sign(read_message(sent_on(sent_on(letter))).root) == "sent on before");
}

TEST_CASE("a person's message says whose it is and what it wants") {
  const auto read = [](const std::string& text) { return read_report(read_message(text)); };
  const auto leaving = read("From: Ann <ann@a.example>\nSubject: unsubscribe\n\nhm\n");
  CHECK(leaving.from == "ann@a.example");
  CHECK(leaving.asks_to_leave);
  CHECK(leaving.findings[0].kind == ReportKind::unrecognised);
  CHECK(leaving.findings[0].reason == "asks_to_leave");
  const auto reply = read("From: ann@a.example\nSubject: Re: Weekly\n\nhm\n");
  CHECK(reply.findings[0].reason == "reply");
  CHECK(read("From: ann@a.example, bob@b.example\nSubject: hm\n\nhm\n").from == "");
  CHECK(read("From: ann@a.example\nSubject: hm\n\nhm\n").findings[0].reason == "");
  const auto machine =
      read("From: ann@a.example\nAuto-Submitted: auto-replied\nSubject: unsubscribe\n\nhm\n");
  CHECK_FALSE(machine.from_person);
  CHECK_FALSE(machine.asks_to_leave);
}
