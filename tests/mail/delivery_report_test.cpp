#include "mail/delivery_report.h"

#include <doctest/doctest.h>

#include "mail/delivery_status.h"

using namespace postrider::mail;

namespace {

/// A report whose machine part is this, behind these words.
Message report(const std::string& status, const std::string& words = "words") {
  return read_message(
      "From: MAILER-DAEMON@mx.example\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
      "--b\n\n" +
      words + "\n--b\nContent-Type: message/delivery-status\n\n" + status + "\n--b--\n");
}

}  // namespace

TEST_CASE("recipients stand alone whatever blank lines there are") {
  const std::string one = "Final-Recipient: rfc822; a@a.example\nAction: failed\nStatus: 5.1.1\n";
  const std::string two =
      "Final-Recipient: rfc822;B@b.example\nOriginal-Recipient: rfc822;b@b.example\n"
      "Action: Delayed (for now)\nStatus: 4.4.1 (no answer)\n";
  const std::string mta = "Reporting-MTA: dns; mx.example\n";
  for (const auto& content :
       {mta + "\n" + one + "\n" + two, mta + one + two,
        "\n\n" + mta + "\n\n\n" + one + "\n\n" + two + "\n",
        mta + "\nFinal-Recipient: rfc822; a@a.example\n\nAction: failed\n\nStatus: 5.1.1\n\n" +
            two}) {
    const auto all = read_delivery_status(content);
    REQUIRE_MESSAGE(all.size() == 2, content);
    CHECK(all[0].final_recipient == "a@a.example");
    CHECK(all[0].action == "failed");
    CHECK(all[0].status == "5.1.1");
    CHECK(all[1].final_recipient == "B@b.example");
    CHECK(all[1].original_recipient == "b@b.example");
    CHECK(all[1].action == "delayed");
    CHECK(all[1].status == "4.4.1");
  }
}

TEST_CASE("addresses and diagnostics, with their types and without") {
  const auto all = read_delivery_status(
      "Final-Recipient: LOCAL; <\"a b\"@a.example>\nX-Actual-Recipient: RFC822; c@c.example\n"
      "Status: #5.2.1\nDiagnostic-Code: said: 550; no\n  more\nthan that\n");
  REQUIRE(all.size() == 1);
  CHECK(all[0].final_recipient == "\"a b\"@a.example");
  CHECK(all[0].original_recipient == "c@c.example");
  CHECK(all[0].status == "5.2.1");
  CHECK(all[0].diagnostic == "said: 550; no more than that");
  CHECK(read_delivery_status("Reporting-MTA: dns; mx.example\n").empty());
  CHECK(read_delivery_status("").empty());
  const auto nameless = read_delivery_status("Action: failed\nStatus: 5.1.1\n");
  REQUIRE(nameless.size() == 1);
  CHECK(nameless[0].final_recipient.empty());
}

TEST_CASE("a number of recipients without end is cut") {
  std::string content;
  for (int n = 0; n < 5000; ++n)
    content += "Final-Recipient: rfc822; a@a.example\nAction: failed\n\n";
  CHECK(read_delivery_status(content).size() == 1000);
}

TEST_CASE("the diagnostic's digits stand in for a status that says nothing") {
  const auto found = read_delivery_report(report(
      "Final-Recipient: rfc822; a@a.example\nAction: failed\nStatus: 5.0.0\n"
      "Diagnostic-Code: smtp; 550-5.2.2 The mailbox\n 550-5.2.2 is\n 550 5.2.2 over quota\n"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].status == "5.2.2");
  CHECK(found[0].code == 550);
  CHECK(found[0].text == "550-5.2.2 The mailbox is over quota");
  CHECK(found[0].kind == ReportKind::soft);
  CHECK(found[0].reason == "full");
}

TEST_CASE("an address that is none gives way to the one that was sent to") {
  const auto found = read_delivery_report(
      report("Original-Recipient: rfc822; a@a.example\nFinal-Recipient: X-local; a\n"
             "Action: failed\nStatus: 5.1.1\n"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].recipient == "a@a.example");
}

TEST_CASE("the address that was sent to is told where the mail went on to another") {
  const auto found = read_delivery_report(
      report("Original-Recipient: rfc822; a@a.example\nFinal-Recipient: rfc822; b@b.example\n"
             "Action: failed\nStatus: 5.1.1\n\n"
             "Original-Recipient: rfc822; C@c.example\nFinal-Recipient: rfc822; c@c.example\n"
             "Action: failed\nStatus: 5.1.1\n"));
  REQUIRE(found.size() == 2);
  CHECK(found[0].recipient == "b@b.example");
  CHECK(found[0].original == "a@a.example");
  CHECK(found[1].original.empty());
}

TEST_CASE("each recipient has its own words where the machine part has none") {
  const auto found = read_delivery_report(
      report("Final-Recipient: rfc822; a@a.example\nAction: failed\nStatus: 5.0.0\n\n"
             "Final-Recipient: rfc822; b@b.example\nAction: failed\nStatus: 5.0.0\n",
             "<A@a.example>: mailbox full\n<b@b.example>:\n  user unknown\n"));
  REQUIRE(found.size() == 2);
  CHECK(found[0].reason == "full");
  CHECK(found[1].reason == "unknown_mailbox");
}

TEST_CASE("delays are no failures, and successes say nothing against an address") {
  const auto kind = [](const std::string& fields) {
    const auto found =
        read_delivery_report(report("Final-Recipient: rfc822; a@a.example\n" + fields));
    REQUIRE(found.size() == 1);
    return found[0].kind;
  };
  CHECK(kind("Action: delayed\nStatus: 5.1.1\n") == ReportKind::delayed);
  for (const std::string action : {"delivered", "relayed", "expanded"})
    CHECK(kind("Action: " + action + "\nStatus: 5.1.1\n") == ReportKind::auto_reply);
  CHECK(kind("Status: 2.0.0\n") == ReportKind::auto_reply);
  CHECK(kind("Status: 5.1.1\n") == ReportKind::hard);
  CHECK(kind("Action: failure\nStatus: 5.1.1\n") == ReportKind::hard);
}
