#include "mail/feedback_report.h"

#include <doctest/doctest.h>

using namespace postrider::mail;

namespace {

std::vector<Finding> complaint(const std::string& fields, const std::string& to = "ann@a.example") {
  return read_feedback_report(read_message(
      "From: fbl@provider.example\n"
      "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
      "--b\n\nwords\n--b\nContent-Type: message/feedback-report\n\n" +
      fields + "\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@report.example>\nTo: " +
      to + "\n--b--\n"));
}

}  // namespace

TEST_CASE("complaints, and what is none") {
  CHECK(complaint("Feedback-Type: abuse\n")[0].kind == ReportKind::complaint);
  CHECK(complaint("Feedback-Type: Fraud\n")[0].reason == "fraud");
  CHECK(complaint("Feedback-Type: opt-out\n")[0].kind == ReportKind::complaint);
  CHECK(complaint("Feedback-Type: something-new\n")[0].kind == ReportKind::complaint);
  CHECK(complaint("Version: 1\n")[0].kind == ReportKind::complaint);
  CHECK(complaint("Feedback-Type: not-spam\n")[0].kind == ReportKind::auto_reply);
  CHECK(complaint("Feedback-Type: auth-failure\n")[0].kind == ReportKind::policy);
  CHECK(complaint("Feedback-Type: virus\n")[0].kind == ReportKind::content);
  CHECK(read_feedback_report(read_message("Subject: this is spam\n\nabuse\n")).empty());
}

TEST_CASE("whose complaint it is") {
  const auto two = complaint(
      "Feedback-Type: abuse\nOriginal-Rcpt-To: <a@a.example>\nOriginal-Rcpt-To: b@b.example\n");
  REQUIRE(two.size() == 2);
  CHECK(two[0].recipient == "a@a.example");
  CHECK(two[1].recipient == "b@b.example");
  CHECK(complaint("Feedback-Type: abuse\nRemoval-Recipient: c@c.example\n")[0].recipient ==
        "c@c.example");
  CHECK(complaint("Feedback-Type: abuse\n")[0].recipient == "ann@a.example");
  CHECK(complaint("Feedback-Type: abuse\n", "redacted@a.example")[0].recipient.empty());
  CHECK(complaint("Feedback-Type: abuse\n", "a@a.example, b@b.example")[0].recipient.empty());
}
