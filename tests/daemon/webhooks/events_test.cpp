// What each provider's events are read as.
#include <doctest/doctest.h>

#include "daemon/webhooks/provider.h"

using namespace postrider;
using namespace postrider::daemon::webhooks;

namespace {

/// "hard unknown_mailbox", "nothing"
std::string heard(Provider provider, const Json& event) {
  const auto told = read_event(provider, event);
  if (!told) return "nothing";
  const auto& finding = told->report.findings.front();
  CHECK(finding.recipient == "ann@a.example");
  CHECK(finding.rule.starts_with("webhook." + std::string(name_of(provider))));
  CHECK_FALSE(told->report.from_person);
  return std::string(kind_name(finding.kind)) +
         (finding.reason.empty() ? "" : " " + finding.reason);
}

std::string heard_of_ses(const std::string& type, const std::string& sub_type,
                         const std::string& text = "", const std::string& status = "") {
  Json recipient{{"emailAddress", "Ann <ann@a.example>"}, {"action", "failed"}};
  if (!text.empty()) recipient["diagnosticCode"] = text;
  if (!status.empty()) recipient["status"] = status;
  return heard(
      Provider::ses,
      {{"notificationType", "Bounce"},
       {"mail", {{"messageId", "0100018a"}}},
       {"bounce",
        {{"bounceType", type}, {"bounceSubType", sub_type}, {"bouncedRecipients", {recipient}}}}});
}

std::string heard_of_sendgrid(const std::string& event, const Json& more = Json::object()) {
  Json all{{"event", event}, {"email", "ann@a.example"}};
  all.update(more);
  return heard(Provider::sendgrid, all);
}

std::string heard_of_postmark(const std::string& type, const std::string& details = "") {
  return heard(Provider::postmark, {{"RecordType", "Bounce"},
                                    {"Type", type},
                                    {"Email", "ann@a.example"},
                                    {"Description", "The server was unable to deliver it."},
                                    {"Details", details}});
}

std::string heard_of_mailgun(const std::string& event, const std::string& severity = "",
                             const std::string& reason = "", const Json& status = Json::object()) {
  return heard(Provider::mailgun, {{"event", event},
                                   {"severity", severity},
                                   {"reason", reason},
                                   {"recipient", "ann@a.example"},
                                   {"delivery-status", status}});
}

}  // namespace

TEST_CASE("SES: a server's words outweigh the class, which stands in for them") {
  CHECK(heard_of_ses("Permanent", "General", "smtp; 550 5.1.1 user unknown", "5.1.1") ==
        "hard unknown_mailbox");
  CHECK(heard_of_ses("Permanent", "General", "smtp; 552 5.2.2 mailbox full", "5.2.2") ==
        "soft full");
  CHECK(heard_of_ses("Permanent", "General", "smtp; 550 5.7.26 not authenticated", "5.7.26") ==
        "policy authentication");
  CHECK(heard_of_ses("Permanent", "General") == "hard unknown_mailbox");
  CHECK(heard_of_ses("Permanent", "NoEmail") == "hard unknown_mailbox");
  CHECK(heard_of_ses("Permanent", "OnAccountSuppressionList") == "hard unknown_mailbox");
  CHECK(heard_of_ses("Transient", "MailboxFull") == "soft full");
  CHECK(heard_of_ses("Transient", "MessageTooLarge") == "content size");
  CHECK(heard_of_ses("Transient", "General") == "soft unknown");
  CHECK(heard_of_ses("Undetermined", "Undetermined") == "soft unknown");
}

TEST_CASE("SES: complaints, delays and the rest, in both forms") {
  const auto complaint = [](const std::string& type) {
    return heard(Provider::ses, {{"eventType", "Complaint"},
                                 {"complaint",
                                  {{"complainedRecipients", {{{"emailAddress", "ann@a.example"}}}},
                                   {"complaintFeedbackType", type}}}});
  };
  CHECK(complaint("abuse") == "complaint complaint");
  CHECK(complaint("") == "complaint complaint");
  CHECK(complaint("not-spam") == "auto_reply not_spam");
  CHECK(complaint("auth-failure") == "policy authentication");
  CHECK(heard(Provider::ses, {{"eventType", "DeliveryDelay"},
                              {"deliveryDelay",
                               {{"delayedRecipients", {{{"emailAddress", "ann@a.example"}}}}}}}) ==
        "delayed");
  CHECK(heard(Provider::ses, {{"eventType", "Reject"},
                              {"mail", {{"destination", {"ann@a.example"}}}},
                              {"reject", {{"reason", "Bad content"}}}}) == "content content");
  CHECK(heard(Provider::ses, {{"notificationType", "Delivery"}}) == "nothing");
  CHECK(heard(Provider::ses, {{"eventType", "Open"}}) == "nothing");
}

TEST_CASE("SES: the original mail's header and envelope are what it is matched by") {
  const auto told =
      read_event(Provider::ses,
                 {{"eventType", "Bounce"},
                  {"mail",
                   {{"source", "bounces+token@report.example"},
                    {"messageId", "0100018a-1"},
                    {"commonHeaders", {{"messageId", "<ours@report.example>"}}},
                    {"headers",
                     {{{"name", "List-Unsubscribe"},
                       {"value", "<https://n.example/unsubscribe/t>, <mailto:a@b.example>"}}}}}},
                  {"bounce", {{"bouncedRecipients", {{{"emailAddress", "ann@a.example"}}}}}}});
  REQUIRE(told);
  CHECK(told->mail_id == "0100018a-1");
  CHECK(told->report.addressed_to == std::vector<std::string>{"bounces+token@report.example"});
  CHECK(told->report.message_ids == std::vector<std::string>{"ours@report.example"});
  CHECK(told->report.unsubscribe_links.front() == "https://n.example/unsubscribe/t");
}

TEST_CASE("SendGrid's events") {
  CHECK(heard_of_sendgrid(
            "bounce",
            {{"type", "bounce"}, {"status", "5.1.1"}, {"reason", "550 5.1.1 no such user"}}) ==
        "hard unknown_mailbox");
  CHECK(heard_of_sendgrid("bounce",
                          {{"type", "blocked"}, {"reason", "550 5.7.1 blocked, see our blocklist"}})
            .starts_with("policy "));
  CHECK(heard_of_sendgrid("bounce",
                          {{"type", "bounce"}, {"bounce_classification", "Invalid Address"}}) ==
        "hard unknown_mailbox");
  CHECK(heard_of_sendgrid("bounce", {{"type", "blocked"}}) == "soft unknown");
  CHECK(heard_of_sendgrid("dropped", {{"reason", "Bounced Address"}}) == "hard unknown_mailbox");
  CHECK(heard_of_sendgrid("dropped", {{"reason", "Spam Reporting Address"}}) ==
        "complaint complaint");
  CHECK(heard_of_sendgrid("dropped", {{"reason", "Unsubscribed Address"}}) == "complaint opt_out");
  CHECK(heard_of_sendgrid("spamreport") == "complaint complaint");
  CHECK(heard_of_sendgrid("deferred", {{"response", "400 try again later"}}) == "delayed");
  CHECK(heard_of_sendgrid("delivered") == "nothing");
  CHECK(heard_of_sendgrid("open") == "nothing");
  const auto told = read_event(Provider::sendgrid, {{"event", "spamreport"},
                                                    {"smtp-id", "<ours@report.example>"},
                                                    {"sg_message_id", "abc.recvd-1-2-3.0"}});
  CHECK(told->report.message_ids == std::vector<std::string>{"ours@report.example"});
  CHECK(told->mail_id == "abc");
}

TEST_CASE("Postmark's records") {
  CHECK(heard_of_postmark("HardBounce", "smtp;550 5.1.1 The account does not exist") ==
        "hard unknown_mailbox");
  CHECK(heard_of_postmark("HardBounce", "smtp;552 5.2.2 mailbox full") == "soft full");
  CHECK(heard_of_postmark("HardBounce") == "hard unknown_mailbox");
  CHECK(heard_of_postmark("SoftBounce") == "soft unknown");
  CHECK(heard_of_postmark("Blocked") == "policy policy");
  CHECK(heard_of_postmark("Transient") == "delayed");
  CHECK(heard_of_postmark("AutoResponder") == "auto_reply auto_reply");
  CHECK(heard_of_postmark("SpamComplaint") == "complaint complaint");
  CHECK(heard_of_postmark("ManuallyDeactivated") == "unrecognised");
  CHECK(heard(Provider::postmark, {{"RecordType", "SpamComplaint"}, {"Email", "ann@a.example"}}) ==
        "complaint complaint");
  const auto change = [](const std::string& reason, bool suppresses) {
    return heard(Provider::postmark, {{"RecordType", "SubscriptionChange"},
                                      {"Recipient", "ann@a.example"},
                                      {"Origin", "Customer"},
                                      {"SuppressSending", suppresses},
                                      {"SuppressionReason", reason}});
  };
  CHECK(change("HardBounce", true) == "hard unknown_mailbox");
  CHECK(change("SpamComplaint", true) == "complaint complaint");
  CHECK(change("ManualSuppression", true) == "nothing");
  CHECK(change("HardBounce", false) == "nothing");
  CHECK(heard(Provider::postmark, {{"RecordType", "Open"}}) == "nothing");
}

TEST_CASE("Postmark: a returned mail that it sends along is matched by its header") {
  const auto told = read_event(
      Provider::postmark,
      {{"RecordType", "Bounce"},
       {"Type", "HardBounce"},
       {"MessageID", "883953f4-6105-42a2-a16a-77a8eac79483"},
       {"Content",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n\r\n"
        "Final-Recipient: rfc822; ann@a.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@report.example>\r\n"
        "List-Unsubscribe: <https://n.example/unsubscribe/t>\r\n\r\n--b--\r\n"}});
  REQUIRE(told);
  CHECK(told->mail_id == "883953f4-6105-42a2-a16a-77a8eac79483");
  CHECK(told->report.message_ids == std::vector<std::string>{"ours@report.example"});
  CHECK(told->report.unsubscribe_links ==
        std::vector<std::string>{"https://n.example/unsubscribe/t"});
}

TEST_CASE("Mailgun's events") {
  CHECK(heard_of_mailgun("failed", "permanent", "bounce",
                         {{"code", 550}, {"message", "5.1.1 user unknown"}}) ==
        "hard unknown_mailbox");
  CHECK(heard_of_mailgun("failed", "permanent", "bounce",
                         {{"code", 552}, {"enhanced-code", "5.2.2"}}) == "soft full");
  CHECK(heard_of_mailgun(
            "failed", "permanent", "suppress-bounce",
            {{"code", 605}, {"message", "Not delivering to previously bounced address"}}) ==
        "hard unknown_mailbox");
  CHECK(heard_of_mailgun("failed", "permanent", "suppress-complaint") == "complaint complaint");
  CHECK(heard_of_mailgun("failed", "permanent", "suppress-unsubscribe") == "complaint opt_out");
  CHECK(heard_of_mailgun("failed", "permanent", "old", {{"code", 602}}) == "soft expired");
  CHECK(heard_of_mailgun("failed", "temporary", "generic", {{"code", 450}}) == "delayed");
  CHECK(heard_of_mailgun("complained") == "complaint complaint");
  CHECK(heard_of_mailgun("delivered") == "nothing");
  const auto told = read_event(
      Provider::mailgun, {{"event", "complained"},
                          {"message", {{"headers", {{"message-id", "ours@report.example"}}}}}});
  CHECK(told->report.message_ids == std::vector<std::string>{"ours@report.example"});
}

TEST_CASE("events of other shapes are no crash") {
  for (const auto provider : all_providers)
    for (const auto* const text :
         {"null", "[]", "1", "\"text\"", "{}", R"({"event":[],"RecordType":{},"eventType":1})",
          R"({"eventType":"Bounce","bounce":{"bouncedRecipients":"x"},"mail":{"headers":7}})",
          R"({"eventType":"Bounce","bounce":{"bouncedRecipients":[1,null,[]]},"mail":[]})",
          R"({"event":"failed","delivery-status":[],"message":{"headers":[]}})",
          R"({"RecordType":"Bounce","Type":7,"Details":{},"Content":[1]})"})
      read_event(provider, parse_json(text).value());
}

TEST_CASE("JSON is read to a limited depth") {
  CHECK(parse_json(R"({"a":[{"b":"[[[[[[[[[[[[[[[[[[[[[[[[[["}]})"));
  CHECK(parse_json(std::string(20, '[') + std::string(20, ']')));
  CHECK_FALSE(parse_json(std::string(21, '[') + std::string(21, ']')));
  CHECK_FALSE(parse_json(std::string(500'000, '[')));
  CHECK_FALSE(parse_json("{\"a\":"));
  CHECK_FALSE(parse_json("\"\xff\""));
  CHECK_FALSE(parse_json(""));
}

TEST_CASE("a report's source tells its provider") {
  for (const auto provider : all_providers) CHECK(provider_of(source_of(provider)) == provider);
  CHECK_FALSE(provider_of("mailbox"));
  CHECK_FALSE(provider_of("webhook:other"));
}
