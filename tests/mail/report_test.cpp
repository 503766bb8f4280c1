#include "mail/report.h"

#include <doctest/doctest.h>

#include "mail/html_text.h"
#include "mail/report_parts.h"

using namespace postrider::mail;
using Texts = std::vector<std::string>;

namespace {

Report read(const std::string& bytes) { return read_report(read_message(bytes)); }

const std::string returned =
    "Return-Path: <bounces+t1@report.example>\nMessage-ID: <1@report.example>\nTo: ann@a.example\n"
    "List-Unsubscribe: <https://news.example/u/t1>,\n <mailto:bounces+u1@report.example>\n";

std::string with_returned(const std::string& type, const std::string& text) {
  return "From: MAILER-DAEMON@mx.example\nTo: bounces+t2@report.example\n"
         "Delivered-To: bounces+t3@report.example\nMessage-ID: <report@mx.example>\n"
         "Content-Type: multipart/report; boundary=b\n\n--b\n\nwords\n--b\nContent-Type: " +
         type + "\n\n" + text + "\n--b--\n";
}

}  // namespace

TEST_CASE("what a report may be matched by, however the mail is returned") {
  for (const auto& bytes :
       {with_returned("message/rfc822", returned + "\nbody"),
        with_returned("text/rfc822-headers", returned), with_returned("message/global", returned),
        with_returned("text/plain", "--- your mail follows ---\n\n" + returned + "\nbody")}) {
    const auto report = read(bytes);
    CHECK(report.message_id == "report@mx.example");
    CHECK(report.addressed_to == Texts{"bounces+t3@report.example", "bounces+t2@report.example",
                                       "bounces+t1@report.example"});
    CHECK(report.message_ids == Texts{"1@report.example"});
    CHECK(report.unsubscribe_links ==
          Texts{"https://news.example/u/t1", "mailto:bounces+u1@report.example"});
    CHECK_FALSE(report.from_person);
  }
}

TEST_CASE("an answer names what it answers, and is a person's") {
  const auto report = read(
      "From: ann@a.example\nIn-Reply-To: <2@report.example>\n"
      "References: <1@report.example> <2@report.example>\nSubject: Re: news\n\nunsubscribe\n");
  CHECK(report.from_person);
  CHECK(report.message_ids == Texts{"2@report.example", "1@report.example"});
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].kind == ReportKind::unrecognised);
}

TEST_CASE("what a mailer says that nobody knows is nobody's answer") {
  CHECK_FALSE(
      read("From: MAILER-DAEMON@mx.example\nAuto-Submitted: auto-replied\n\nhm\n").from_person);
  CHECK_FALSE(read("Return-Path: <>\nFrom: ann@a.example\nSubject: hm\n\nhm\n").from_person);
  CHECK(read("").from_person);
}

TEST_CASE("a machine part whose type was lost is one all the same") {
  const auto report = read(
      "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/mixed; boundary=b\n\n"
      "--b\n\nIt failed.\n--b\nContent-Type: text/plain; name=\"details.txt\"\n\n"
      "Reporting-MTA: dns; mx.example\n\nOriginal-Recipient: rfc822; ann@a.example\n"
      "Final-Recipient: rfc822; ann@a.example\nAction: failed\nStatus: 5.1.1\n--b--\n");
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].recipient == "ann@a.example");
  CHECK(report.findings[0].kind == ReportKind::hard);
}

TEST_CASE("one finding for a recipient who is told twice") {
  const auto status = "Final-Recipient: rfc822; ann@a.example\nAction: failed\nStatus: 5.1.1\n";
  const auto report =
      read(with_returned("message/delivery-status", std::string(status) + "\n" + status +
                                                        "\nFinal-Recipient: rfc822; bob@a.example\n"
                                                        "Action: failed\nStatus: 5.1.1\n"));
  CHECK(report.findings.size() == 2);
}

TEST_CASE("an answer without an envelope sender is a machine's") {
  const auto report =
      read("Return-Path: <>\nFrom: ann@a.example\nSubject: Re: news\n\nI am away.\n");
  CHECK(report.findings[0].kind == ReportKind::auto_reply);
  CHECK_FALSE(report.from_person);
}

TEST_CASE("a vacation note is one whoever signs it and whatever it says") {
  const auto report = read(
      "Return-Path: <>\nFrom: Postmaster <postmaster@a.example>\nSubject: Automatic reply: news\n\n"
      "<ann@a.example>: no such user, the mailbox does not exist any more\n");
  CHECK(report.findings[0].kind == ReportKind::auto_reply);
}

TEST_CASE("a person's mail that quotes a report is a person's") {
  const std::string quoted =
      "\n\nLook what I got:\n\nThis is the mail system at host mx.a.example.\n\n"
      "<bob@a.example>: host mx.a.example said: 550 5.1.1 user unknown\n";
  for (const std::string fields :
       {"Return-Path: <ann@a.example>\nSubject: help", "Subject: Re: help",
        "Return-Path: <ann@a.example>\nSubject: Fwd: Undelivered Mail Returned to Sender"}) {
    const auto report = read("From: ann@a.example\n" + fields + quoted);
    CHECK(report.from_person);
    CHECK(report.findings[0].kind == ReportKind::unrecognised);
  }
}

TEST_CASE("a parcel that is undeliverable is no mail") {
  const auto report = read(
      "Return-Path: <news@parcels.example>\nFrom: Parcels <news@parcels.example>\n"
      "Subject: Delivery failed\n\nYour parcel 550 came back: address unknown, no such user.\n");
  CHECK(report.from_person);
  CHECK(report.findings[0].kind == ReportKind::unrecognised);
}

TEST_CASE("hostile reports are read in time and kept") {
  const auto repeated = [](std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t n = 0; n < times; ++n) all += text;
    return all;
  };
  const std::string mailer = "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n";
  SUBCASE("recipients without a diagnostic, and many words") {
    const auto report = read(
        mailer + "Content-Type: multipart/report; boundary=b\n\n--b\n\n" +
        repeated("mailbox user unknown full ", 40'000) +
        "\n--b\nContent-Type: message/delivery-status\n\n" +
        repeated("Final-Recipient: rfc822; a@a.example\nStatus: 5.0.0\n\n", 10'000) + "--b--\n");
    CHECK(report.findings.size() == 1);
  }
  SUBCASE("long diagnostics") {
    std::string status;
    for (int n = 0; n < 150; ++n)
      status += "Final-Recipient: rfc822; a" + std::to_string(n) +
                "@a.example\nAction: failed\nDiagnostic-Code: smtp; 550 " +
                repeated("the mailbox of user ", 3'200) + "\n\n";
    const auto report = read(with_returned("message/delivery-status", status));
    CHECK(report.findings.size() == 150);
  }
  SUBCASE("a mailer's ten million octets, in one line and in many") {
    CHECK(read(mailer + "\n" + repeated("user <a@a.example>: mailbox ", 370'000)).findings.size() >
          0);
    CHECK(read(mailer + "\n" + repeated("<a@a.example>: mailbox\n", 430'000)).findings.size() > 0);
    CHECK(read(mailer + "\n" + repeated("From: x\n\n", 1'000'000)).findings.size() == 1);
    CHECK(read(mailer + "\n" + repeated("@", 10'000'000)).findings.size() == 1);
  }
  SUBCASE("HTML that never ends, and addresses without end") {
    CHECK(read(mailer + "Content-Type: text/html\n\n" + repeated("<style><a &", 900'000))
              .findings.size() == 1);
    CHECK(read(mailer + "To: " + repeated("a@a.example,", 5'000) + "\n\n").addressed_to.size() ==
          1);
  }
}

TEST_CASE("addresses in whatever is around them") {
  CHECK(addresses_in("Joe <joe@a.example>, 'x+y=z@b.example'; mailto:c@c.example.") ==
        Texts{"joe@a.example", "x+y=z@b.example", "c@c.example"});
  CHECK(addresses_in("\"Joe @ home\" <joe@a.example>") == Texts{"joe@a.example"});
  CHECK(addresses_in("\"a b\"@a.example jürgen@bücher.example") ==
        Texts{"\"a b\"@a.example", "jürgen@bücher.example"});
  CHECK(addresses_in("@ a@ @b a@b@c") == Texts{"a@b"});
  CHECK(addresses_in("").empty());
}

TEST_CASE("the words of HTML") {
  CHECK(squeezed(text_of_html("<html><style>p{}</style><p>a &lt;b&gt;&nbsp;&#64;</p><br>c<td")) ==
        "a <b> @ c");
  CHECK(text_of_html("a & b &#x; &#0; &#xD800; &; <") == "a & b &#x; &#0; &#xD800; &; ");
  CHECK(text_of_html("Empf&auml;nger &#x4E0D;&#23384;") == "Empfänger 不存");
}
