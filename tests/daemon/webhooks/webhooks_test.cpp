// What providers tell, from the request to what follows.
#include "daemon/webhooks/webhooks.h"

#include <doctest/doctest.h>

#include "daemon/webhooks/arrival.h"
#include "desk.h"

using namespace postrider;
using namespace std::chrono_literals;
using daemon::webhooks::Provider;
using test::Desk;
using test::json;

namespace {

const std::string mailgun_token(50, 'a');

struct MailDesk : Desk {
  json sendgrid_bounce(const std::string& id) const {
    return {{"event", "bounce"},
            {"email", "ann@a.example"},
            {"type", "bounce"},
            {"status", "5.1.1"},
            {"sg_event_id", id},
            {"reason", "550 5.1.1 user unknown"},
            {"smtp-id", "<" + message_id + ">"}};
  }
  static json postmark_bounce() {
    return {{"RecordType", "Bounce"},
            {"ID", 42},
            {"Type", "HardBounce"},
            {"Email", "ann@a.example"},
            {"MessageID", "883953f4-6105-42a2-a16a-77a8eac79483"},
            {"Details", "smtp;550 5.1.1 user unknown"}};
  }
  json mailgun_complaint() const {
    return {{"event", "complained"},
            {"recipient", "ann@a.example"},
            {"message", {{"headers", {{"message-id", message_id}}}}}};
  }
};

}  // namespace

TEST_CASE("a bounce that SendGrid has signed suppresses, and the issue's sums close") {
  MailDesk desk;
  REQUIRE(desk.tell("sendgrid",
                    desk.signed_by_sendgrid(json::array({desk.sendgrid_bounce("1")}))) == 200);
  CHECK(desk.suppressed() == "bounced");
  CHECK(desk.sums(desk.issue).bounced == 1);
  CHECK(desk.sums(desk.issue).accepted == 0);
  CHECK(desk.reports("source = 'webhook:sendgrid' AND message IS NULL") == 1);
}

TEST_CASE("an event counts once, however often it comes") {
  MailDesk desk;
  const auto events = json::array({desk.sendgrid_bounce("1"), desk.sendgrid_bounce("1")});
  CHECK(desk.tell("sendgrid", desk.signed_by_sendgrid(events)) == 200);
  CHECK(desk.tell("sendgrid", desk.signed_by_sendgrid(events)) == 200);
  CHECK(desk.reports() == 1);
}

TEST_CASE("what SendGrid has not signed, or long ago, changes nothing") {
  MailDesk desk;
  const auto good = desk.signed_by_sendgrid(json::array({desk.sendgrid_bounce("1")}));
  SUBCASE("another body") {
    auto forged = good;
    forged.body += " ";
    CHECK(desk.tell("sendgrid", forged) == 403);
  }
  SUBCASE("another time") {
    auto forged = good;
    forged.signed_at.back() = forged.signed_at.back() == '1' ? '2' : '1';
    CHECK(desk.tell("sendgrid", forged) == 403);
  }
  SUBCASE("another key") {
    desk.sendgrid = test::Signer::p256();
    CHECK(desk.tell("sendgrid",
                    desk.signed_by_sendgrid(json::array({desk.sendgrid_bounce("1")}))) == 403);
  }
  SUBCASE("no signature, or none that can be") {
    for (const auto* const signature : {"", "AAAA", "no base64"}) {
      auto forged = good;
      forged.signature = signature;
      CHECK(desk.tell("sendgrid", forged) == 403);
    }
    daemon::http::Request bare;
    bare.body = good.body;
    CHECK(desk.tell("sendgrid", bare) == 403);
  }
  SUBCASE("an old one") {
    desk.clock.advance(26h);
    CHECK(desk.tell("sendgrid", good) == 403);
  }
  SUBCASE("one to come") {
    desk.clock.advance(-1h);
    CHECK(desk.tell("sendgrid", good) == 403);
  }
  CHECK(desk.reports() == 0);
  CHECK(desk.suppressed() == "");
}

TEST_CASE("an event that is sent again within a day is good") {
  MailDesk desk;
  const auto request = desk.signed_by_sendgrid(json::array({desk.sendgrid_bounce("1")}));
  desk.clock.advance(24h);
  CHECK(desk.tell("sendgrid", request) == 200);
  CHECK(desk.suppressed() == "bounced");
}

TEST_CASE("what is signed and still no list of events gets 400, too many 413") {
  MailDesk desk;
  CHECK(desk.tell("sendgrid", desk.signed_by_sendgrid(json::object())) == 400);
  CHECK(desk.tell("sendgrid", desk.signed_by_sendgrid({1, 2})) == 400);
  auto many = json::array();
  for (int i = 0; i < 5001; ++i) many.push_back(json::object());
  CHECK(desk.tell("sendgrid", desk.signed_by_sendgrid(many)) == 413);
  CHECK(desk.tell("sendgrid", desk.signed_by_sendgrid(json::array())) == 200);
  CHECK(desk.reports() == 0);
}

TEST_CASE("a large batch is done in pieces, all of it before the answer") {
  MailDesk desk;
  auto events = json::array();
  for (int i = 0; i < 350; ++i) {
    auto event = desk.sendgrid_bounce(std::to_string(i));
    event["smtp-id"] = "<other@elsewhere.example>";
    events.push_back(event);
  }
  events.push_back(desk.sendgrid_bounce("the last"));
  CHECK(desk.tell("sendgrid", desk.signed_by_sendgrid(events)) == 200);
  CHECK(desk.reports("message IS NOT NULL") == 350);
  CHECK(desk.suppressed() == "bounced");
}

TEST_CASE("an event of no mail of ours is kept in full, and its recipient mailed on") {
  MailDesk desk;
  auto event = desk.sendgrid_bounce("1");
  for (const auto* const id : {"<forged@report.example>", ""}) {
    event["smtp-id"] = id;
    event["sg_event_id"] = std::string("of ") + id;
    CHECK(desk.tell("sendgrid", desk.signed_by_sendgrid(json::array({event}))) == 200);
  }
  CHECK(desk.suppressed() == "");
  CHECK(desk.reports("message IS NOT NULL") == 2);
}

TEST_CASE("Postmark's name for a mail is a proof where its server answered by it") {
  MailDesk desk;
  auto event = MailDesk::postmark_bounce();
  SUBCASE("it did") {
    desk.database->execute(
        "UPDATE attempts SET reply = '250 2.0.0 Ok: queued as "
        "883953f4-6105-42a2-a16a-77a8eac79483'");
    CHECK(desk.tell("postmark", Desk::by_postmark(event)) == 200);
    CHECK(desk.suppressed() == "bounced");
  }
  SUBCASE("it did not") {
    CHECK(desk.tell("postmark", Desk::by_postmark(event)) == 200);
    CHECK(desk.suppressed() == "");
    CHECK(desk.reports("message IS NOT NULL") == 1);
  }
  SUBCASE("a part of one is none") {
    desk.database->execute(
        "UPDATE attempts SET reply = '250 883953f4-6105-42a2-a16a-77a8eac794831'");
    CHECK(desk.tell("postmark", Desk::by_postmark(event)) == 200);
    CHECK(desk.suppressed() == "");
  }
  SUBCASE("nor is a short one") {
    event["MessageID"] = "250";
    CHECK(desk.tell("postmark", Desk::by_postmark(event)) == 200);
    CHECK(desk.suppressed() == "");
  }
  SUBCASE("of another recipient's mail it proves nothing") {
    desk.add("bob@a.example");
    event["Email"] = "bob@a.example";
    desk.database->execute(
        "UPDATE attempts SET reply = '250 883953f4-6105-42a2-a16a-77a8eac79483'");
    CHECK(desk.tell("postmark", Desk::by_postmark(event)) == 200);
    CHECK(desk.suppressed() == "");
    CHECK(desk.suppressed("bob@a.example") == "");
  }
}

TEST_CASE("the mail that Postmark returns along is a proof") {
  MailDesk desk;
  auto event = MailDesk::postmark_bounce();
  event["Content"] =
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <" +
      desk.message_id + ">\r\n\r\n--b--\r\n";
  CHECK(desk.tell("postmark", Desk::by_postmark(event)) == 200);
  CHECK(desk.suppressed() == "bounced");
}

TEST_CASE("Postmark has to log in") {
  MailDesk desk;
  const auto event = MailDesk::postmark_bounce();
  for (const auto* const login : {"postmark:Secret", "other:secret", "postmark", ":", ""})
    CHECK(desk.tell("postmark", Desk::by_postmark(event, login)) == 403);
  auto request = Desk::by_postmark(event);
  for (const auto* const field : {"", "Basic", "Basic =", "Bearer cG9zdG1hcms6c2VjcmV0"}) {
    request.authorization = field;
    CHECK(desk.tell("postmark", request) == 403);
  }
  request.authorization = "basic cG9zdG1hcms6c2VjcmV0";
  CHECK(desk.tell("postmark", request) == 200);
  request.body = "{";
  CHECK(desk.tell("postmark", request) == 400);
}

TEST_CASE("a complaint by Mailgun takes the reader off") {
  MailDesk desk;
  CHECK(desk.tell("mailgun", desk.by_mailgun(desk.mailgun_complaint(), mailgun_token)) == 200);
  CHECK(desk.suppressed() == "complained");
}

TEST_CASE("Mailgun's token counts once, whatever is told by it") {
  MailDesk desk;
  const json passing{{"event", "failed"}, {"severity", "temporary"}, {"recipient", "x@a.example"}};
  CHECK(desk.tell("mailgun", desk.by_mailgun(passing, mailgun_token)) == 200);
  CHECK(desk.tell("mailgun", desk.by_mailgun(desk.mailgun_complaint(), mailgun_token)) == 200);
  CHECK(desk.suppressed() == "");
  CHECK(desk.reports() == 1);
}

TEST_CASE("what Mailgun has not signed, or long ago, changes nothing") {
  MailDesk desk;
  const auto good = desk.by_mailgun(desk.mailgun_complaint(), mailgun_token);
  CHECK(desk.tell("mailgun",
                  desk.by_mailgun(desk.mailgun_complaint(), mailgun_token, "another key")) == 403);
  for (const auto* const part : {"timestamp", "token", "signature"}) {
    auto body = json::parse(good.body);
    for (const auto& value : {json(""), json("0"), json(), json::array()}) {
      body["signature"][part] = value;
      auto forged = good;
      forged.body = body.dump();
      CHECK(desk.tell("mailgun", forged) == 403);
    }
  }
  daemon::http::Request request;
  request.body = "[]";
  CHECK(desk.tell("mailgun", request) == 403);
  request.body = "{";
  CHECK(desk.tell("mailgun", request) == 400);
  desk.clock.advance(10h);
  CHECK(desk.tell("mailgun", good) == 403);
  CHECK(desk.reports() == 0);
  CHECK(desk.suppressed() == "");
}

TEST_CASE("who has told no key is not there") {
  Desk desk;
  config::Settings bare;
  desk.open_desk(bare);
  for (const auto* const name : {"ses", "sendgrid", "postmark", "mailgun", "other", ""})
    CHECK_FALSE(desk.webhooks->has(name));
  desk.open_desk(desk.settings());
  for (const auto* const name : {"sendgrid", "postmark", "mailgun"})
    CHECK(desk.webhooks->has(name));
  CHECK_FALSE(desk.webhooks->has("ses"));
}

TEST_CASE("a kept event is judged again as an event, not as a mail") {
  MailDesk desk;
  CHECK(desk.tell("postmark", Desk::by_postmark(MailDesk::postmark_bounce())) == 200);
  CHECK(desk.suppressed() == "");
  desk.database->execute("UPDATE attempts SET reply = '250 883953f4-6105-42a2-a16a-77a8eac79483'");
  store::Reports reports(*desk.database, {});
  const auto kept = reports.next_kept(0);
  REQUIRE(kept);
  CHECK(kept->source == "webhook:postmark");
  const daemon::Returns returns(desk.settings(), desk.keys, *desk.database);
  const auto arrival =
      daemon::webhooks::read_kept(Provider::postmark, kept->message, returns, *desk.database);
  REQUIRE(arrival);
  CHECK(arrival->report.findings.front().text == "smtp;550 5.1.1 user unknown");
  CHECK(reports.replay(kept->id, *arrival, desk.clock.now()));
  CHECK(desk.suppressed() == "bounced");
  CHECK_FALSE(reports.next_kept(0));
}

TEST_CASE("a mail's own answer finds a notice, too") {
  Desk desk;
  desk.database->execute(
      "INSERT INTO notices (uid, kind, subscriber_id, at, state) SELECT 7, 'welcome', id, 0, 3 "
      "FROM subscribers");
  desk.database->execute(
      "INSERT INTO attempts SELECT 0, subscriber_id, id, 1, 0, 0, 0, 0, 250, '', "
      "'250 Ok abcdefghijklmnopqrst', 'primary', '', '', 0 FROM notices");
  const auto found = store::find_mail_called(
      *desk.database, mail::parse_address("Ann@A.example").value(), "abcdefghijklmnopqrst");
  REQUIRE(found);
  CHECK(found->subscriber == desk.ann);
  CHECK(found->issue.value == 0);
  CHECK(found->notice != 0);
}

TEST_CASE("status tells what came of each provider, and why the last was refused") {
  MailDesk desk;
  const auto status = [&](std::size_t index) { return desk.webhooks->status().at(index); };
  REQUIRE(desk.webhooks->status().size() == 3);
  CHECK(status(0).provider == "sendgrid");
  CHECK(status(0).events == 0);
  CHECK_FALSE(status(0).event_at);
  const auto bounce = desk.signed_by_sendgrid(json::array({desk.sendgrid_bounce("1")}));
  REQUIRE(desk.tell("sendgrid", bounce) == 200);
  CHECK(status(0).events == 1);
  CHECK(status(0).event_at == desk.clock.now());
  CHECK(status(0).refusal == "");
  CHECK_FALSE(status(0).refused_at);
  const auto refused = [&](std::size_t index, const std::string& provider,
                           const daemon::http::Request& request, int answer = 403) {
    CHECK(desk.tell(provider, request) == answer);
    CHECK(status(index).refused_at == desk.clock.now());
    return status(index).refusal;
  };
  auto other = bounce;
  other.signature.clear();
  CHECK(refused(0, "sendgrid", other).starts_with("has no signature"));
  other = bounce;
  other.body += " ";
  CHECK(refused(0, "sendgrid", other).find("webhooks.sendgrid_key") != std::string::npos);
  other = desk.by_postmark(MailDesk::postmark_bounce(), "postmark:guessed");
  CHECK(refused(1, "postmark", other).find("webhooks.postmark_password_file") != std::string::npos);
  other.authorization.clear();
  CHECK(refused(1, "postmark", other).starts_with("has no name and password"));
  other = desk.by_mailgun(desk.mailgun_complaint(), mailgun_token, "another key");
  CHECK(refused(2, "mailgun", other).find("webhooks.mailgun_key_file") != std::string::npos);
  other = desk.by_mailgun(desk.mailgun_complaint(), mailgun_token);
  desk.clock.advance(26h);
  CHECK(refused(2, "mailgun", other).find("clock") != std::string::npos);
  CHECK(refused(0, "sendgrid", bounce).find("clock") != std::string::npos);
  other.body = "{";
  CHECK(refused(2, "mailgun", other, 400) == "is no JSON");
  CHECK(status(0).events == 1);
}
