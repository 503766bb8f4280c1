// SES by SNS: signatures by certificates of the test's own authority, topics, subscriptions.
#include "daemon/webhooks/sns.h"

#include <doctest/doctest.h>
#include <map>

#include "desk.h"

using namespace postrider;
using namespace std::chrono_literals;
using test::CertificateWish;
using test::Desk;
using test::json;
using test::Signer;
using test::TestCertificate;

namespace {

const std::string topic = "arn:aws:sns:eu-west-1:123456789012:bounces";
const std::string certificate_url =
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem";
const std::string subscribe_url =
    "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn="
    "arn:aws:sns:eu-west-1:123456789012:bounces&Token=2336412f37f";

Signer amazons_key() {
  static const auto key = Signer::rsa();
  return key;
}

struct SnsDesk : Desk {
  TestCertificate root{wish("Root", true), Signer::p256(), nullptr};
  TestCertificate middle{wish("Middle", true), Signer::p256(), &root};
  std::map<std::string, std::string> pages;
  std::vector<std::string> visits;

  SnsDesk() {
    publish("sns.amazonaws.com");
    web.trusted = folder.write("trusted.pem", root.pem()).string();
    web.fetch = [this](const std::string& url, const std::stop_token&) -> Result<std::string> {
      visits.push_back(url);
      const auto page = pages.find(url);
      if (page == pages.end()) return fail("the answer is 404");
      return page->second;
    };
    auto made = settings();
    made.webhooks.ses_topics = {topic};
    open_desk(made);
  }

  CertificateWish wish(const std::string& name, bool is_ca) const {
    return {.name = name,
            .is_ca = is_ca,
            .from = clock.now() - std::chrono::hours(24 * 100),
            .until = clock.now() + std::chrono::hours(24 * 100)};
  }
  /// The signing certificate, alone, as SNS has it; the next one is where it says.
  void publish(const std::string& name, const TestCertificate* issuer = nullptr) {
    auto wanted = wish(name, false);
    wanted.issuer_url = "http://crt.r2m01.amazontrust.com/r2m01.cer";
    pages[wanted.issuer_url] = middle.der();
    pages[certificate_url] =
        TestCertificate(wanted, amazons_key(), issuer ? issuer : &middle).pem();
  }

  json message(const std::string& type, const std::string& text) const {
    json made{{"Type", type},
              {"MessageId", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"},
              {"TopicArn", topic},
              {"Message", text},
              {"Timestamp", rfc3339(clock.now())},
              {"SignatureVersion", "2"},
              {"SigningCertURL", certificate_url}};
    if (type != "Notification") {
      made["Token"] = "2336412f37f";
      made["SubscribeURL"] = subscribe_url;
    }
    return made;
  }
  json bounce() const {
    return {
        {"notificationType", "Bounce"},
        {"mail", {{"messageId", "0100018aaaaaaaaa-11111111-2222-3333-4444-555555555555-000000"}}},
        {"bounce",
         {{"bounceType", "Permanent"},
          {"bounceSubType", "General"},
          {"feedbackId", "feedback-1"},
          {"bouncedRecipients", {{{"emailAddress", "ann@a.example"}}}}}}};
  }

  /// By its fields in the order of SNS's documentation.
  static void sign(json& message, const Signer& signer = amazons_key()) {
    std::string text;
    for (const auto* const name : {"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp",
                                   "Token", "TopicArn", "Type"})
      if (message.contains(name))
        text += std::string(name) + "\n" + message[name].get<std::string>() + "\n";
    const auto digest = message["SignatureVersion"] == "1" ? Digest::sha1 : Digest::sha256;
    message["Signature"] = base64(signer.sign(text, digest));
  }
  int tell_sns(const json& message) {
    daemon::http::Request request;
    request.body = message.dump();
    return tell("ses", request);
  }
  int tell_signed(json message) {
    sign(message);
    return tell_sns(message);
  }
  int tell_bounce() { return tell_signed(message("Notification", bounce().dump())); }
};

}  // namespace

TEST_CASE("a bounce that SNS has signed suppresses, by either version") {
  for (const auto* const version : {"1", "2"}) {
    SnsDesk desk;
    auto message = desk.message("Notification", desk.bounce().dump());
    message["SignatureVersion"] = version;
    message["Subject"] = "Amazon SES Email Event Notification";
    CHECK(desk.tell_signed(message) == 200);
    CHECK(desk.suppressed() == "bounced");
    CHECK(desk.reports("source = 'webhook:ses'") == 1);
  }
}

TEST_CASE("a bounce counts once, by whichever message it comes") {
  SnsDesk desk;
  CHECK(desk.tell_bounce() == 200);
  CHECK(desk.tell_bounce() == 200);
  auto event = desk.bounce();
  event.erase("notificationType");
  event["eventType"] = "Bounce";
  auto again = desk.message("Notification", event.dump());
  again["MessageId"] = "another";
  CHECK(desk.tell_signed(again) == 200);
  CHECK(desk.reports() == 1);
}

TEST_CASE("a certificate is fetched once a day") {
  SnsDesk desk;
  CHECK(desk.tell_bounce() == 200);
  CHECK(desk.visits ==
        std::vector<std::string>{certificate_url, "http://crt.r2m01.amazontrust.com/r2m01.cer"});
  CHECK(desk.tell_bounce() == 200);
  CHECK(desk.visits.size() == 2);
  desk.clock.advance(25h);
  CHECK(desk.tell_bounce() == 200);
  CHECK(desk.visits.size() == 4);
}

TEST_CASE("what SNS has not signed, or of late, or of our topic, changes nothing") {
  SnsDesk desk;
  auto message = desk.message("Notification", desk.bounce().dump());
  SUBCASE("another key") {
    SnsDesk::sign(message, Signer::rsa());
    CHECK(desk.tell_sns(message) == 403);
  }
  SUBCASE("a field that was changed") {
    for (const auto* const name : {"Message", "MessageId", "Timestamp"}) {
      auto forged = message;
      SnsDesk::sign(forged);
      forged[name] = std::string(name) == "Timestamp" ? rfc3339(desk.clock.now() - 1min) : "other";
      CHECK(desk.tell_sns(forged) == 403);
    }
  }
  SUBCASE("a subject that was added") {
    SnsDesk::sign(message);
    message["Subject"] = "other";
    CHECK(desk.tell_sns(message) == 403);
  }
  SUBCASE("an old one") {
    SnsDesk::sign(message);
    desk.clock.advance(61min);
    CHECK(desk.tell_sns(message) == 403);
    CHECK(desk.visits.empty());
  }
  SUBCASE("another's topic") {
    for (const auto* const other : {"arn:aws:sns:eu-west-1:999999999999:bounces",
                                    "arn:aws:sns:us-east-1:123456789012:bounces", ""}) {
      message["TopicArn"] = other;
      CHECK(desk.tell_signed(message) == 403);
    }
    CHECK(desk.visits.empty());
  }
  SUBCASE("a certificate from elsewhere") {
    for (const auto* const url :
         {"http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
          "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
          "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-01.pem",
          "https://evil.example/SimpleNotificationService-0123abcd.pem",
          "https://user@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
          "https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-0123abcd.pem",
          "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-/../x.pem",
          "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem?x=.pem",
          "https://sns.eu-west-1.amazonaws.com/other/SimpleNotificationService-0123abcd.pem",
          "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-.pem", ""}) {
      message["SigningCertURL"] = url;
      CHECK_MESSAGE(desk.tell_signed(message) == 403, url);
    }
    CHECK(desk.visits.empty());
  }
  CHECK(desk.reports() == 0);
  CHECK(desk.suppressed() == "");
}

TEST_CASE("a certificate that is not proven is not believed: SNS comes again") {
  SnsDesk desk;
  SUBCASE("of another name") { desk.publish("sns.evil.example"); }
  SUBCASE("of another region") { desk.publish("sns.us-east-1.amazonaws.com"); }
  SUBCASE("of another authority") {
    const TestCertificate other(desk.wish("Middle", true), Signer::p256(), nullptr);
    desk.publish("sns.amazonaws.com", &other);
  }
  SUBCASE("out of date") { desk.clock.advance(std::chrono::hours(24 * 101)); }
  SUBCASE("not there") { desk.pages.clear(); }
  SUBCASE("none at all") { desk.pages[certificate_url] = "<html>"; }
  CHECK(desk.tell_bounce() == 503);
  CHECK(desk.reports() == 0);
}

TEST_CASE("a region may sign by a name of its own") {
  for (const auto* const name :
       {"sns.eu-west-1.amazonaws.com", "sns-signing.eu-west-1.amazonaws.com"}) {
    SnsDesk desk;
    desk.publish(name);
    CHECK(desk.tell_bounce() == 200);
  }
  using daemon::webhooks::signers_of;
  CHECK(signers_of("arn:aws-cn:sns:cn-north-1:1:a")[3] == "sns-cn-north-1.amazonaws.com.cn");
  CHECK(signers_of("arn:aws-us-gov:sns:us-gov-east-1:1:a")[4] == "sns-us-gov-west-1.amazonaws.com");
}

TEST_CASE("a subscription is confirmed where it says, for a topic of ours") {
  SnsDesk desk;
  auto message = desk.message("SubscriptionConfirmation", "You have chosen to subscribe …");
  SUBCASE("it is") {
    desk.pages[subscribe_url] = "<ConfirmSubscriptionResponse/>";
    CHECK(desk.tell_signed(message) == 200);
    CHECK(desk.visits.back() == subscribe_url);
  }
  SUBCASE("where that fails, SNS comes again") {
    CHECK(desk.tell_signed(message) == 503);
    CHECK(desk.visits.back() == subscribe_url);
  }
  SUBCASE("a forged one leads nowhere") {
    SnsDesk::sign(message, Signer::rsa());
    CHECK(desk.tell_sns(message) == 403);
    CHECK(std::ranges::find(desk.visits, subscribe_url) == desk.visits.end());
  }
  SUBCASE("nor does one to elsewhere") {
    for (const auto* const url :
         {"https://evil.example/?Action=ConfirmSubscription&Token=1",
          "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1",
          "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=1",
          "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&Token=1",
          "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1\r\nX: y", ""}) {
      message["SubscribeURL"] = url;
      CHECK_MESSAGE(desk.tell_signed(message) == 403, url);
    }
    CHECK(desk.visits.empty());
  }
  CHECK(desk.reports() == 0);
}

TEST_CASE("the end of a subscription, and words that are no event, are heard and left alone") {
  SnsDesk desk;
  CHECK(desk.tell_signed(desk.message("UnsubscribeConfirmation", "You have deactivated …")) == 200);
  CHECK(desk.tell_signed(desk.message(
            "Notification", "Successfully validated SNS topic for Amazon SES event publishing.")) ==
        200);
  CHECK(desk.tell_signed(desk.message("Notification", R"({"eventType":"Delivery"})")) == 200);
  CHECK(std::ranges::find(desk.visits, subscribe_url) == desk.visits.end());
  CHECK(desk.reports() == 0);
}

TEST_CASE("what is no message of SNS gets 400") {
  SnsDesk desk;
  daemon::http::Request request;
  for (const auto* const body : {"", "{", "[]", "{}", R"({"notificationType":"Bounce"})"}) {
    request.body = body;
    CHECK(desk.tell("ses", request) == 400);
  }
  auto message = desk.message("Notification", "x");
  SnsDesk::sign(message);
  for (const auto& [name, value] : std::map<std::string, json>{{"SignatureVersion", "3"},
                                                               {"Type", "Other"},
                                                               {"Timestamp", "yesterday"},
                                                               {"Signature", "no base64"},
                                                               {"MessageId", ""}}) {
    auto broken = message;
    broken[name] = value;
    CHECK(desk.tell_sns(broken) == 400);
  }
}
