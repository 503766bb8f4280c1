#include "mail/report.h"

#include <doctest/doctest.h>

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
  CHECK(text_of_html("a & b &#x; &#0; <") == "a & b &#x; &#0; ");
}
