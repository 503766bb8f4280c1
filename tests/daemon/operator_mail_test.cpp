#include "daemon/operator_mail.h"

#include <doctest/doctest.h>

#include "daemon/mailroom.h"
#include "daemon/operator_desk.h"
#include "daemon/returns.h"
#include "mail/message.h"
#include "queue/writer.h"
#include "store/house.h"
#include "support/text.h"

using namespace postrider;
using daemon::render_operator_mail;
using store::OperatorEvent;
using test::has;

namespace {

struct Bureau : test::House {
  config::Settings settings;
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{1, std::string(32, 'k')}});
  store::OperatorMails mails{*database};

  Bureau() {
    settings.publication.name = "Lamp & News";
    settings.publication.from = "Joe Writer <joe@report.example>";
    settings.publication.base_url = "https://n.example";
    settings.publication.language = "en";
    settings.publication.timezone = "America/New_York";
    settings.storage.database = file();
    settings.storage.theme = folder.path() / "theme";
    settings.bounces.address = "bounces@report.example";
    settings.the_operator.email = "chief@report.example";
  }

  void tell(OperatorEvent kind, const std::string& about, const std::string& line) {
    database->transact([&] { mails.tell(kind, about, line, clock.now()); });
  }

  /// The one mail that the daemon makes of what was told.
  queue::Parcel sent() {
    mails.make_notices(mail::parse_address(settings.the_operator.email).value(), clock.now());
    store::SqliteQueue queue(*database, test::policy(), clock.now());
    std::vector<queue::Claimed> claimed;
    queue.transact([&] { claimed = test::claim(queue, clock.now(), 100); });
    REQUIRE(claimed.size() == 1);
    auto mailroom = daemon::Mailroom::open(settings, keys, clock);
    if (!mailroom) FAIL(mailroom.error().message);
    queue::Parcel parcel{claimed[0], {}, {}};
    const auto composed = (*mailroom)->compose(parcel);
    if (!composed) FAIL(composed.error().message);
    return parcel;
  }
};

store::OperatorMail mail_of(OperatorEvent kind, const std::vector<std::string>& abouts) {
  store::OperatorMail mail{kind, {}, 0};
  for (const auto& about : abouts) mail.news.push_back({about, "why", Instant{}});
  return mail;
}

std::string subject_of(OperatorEvent kind, const std::vector<std::string>& abouts) {
  config::Publication publication;
  publication.name = "News";
  publication.timezone = "UTC";
  return render_operator_mail(mail_of(kind, abouts), publication).subject;
}

}  // namespace

TEST_CASE("a mail to the operator is plain text that says what happened and what to do") {
  Bureau bureau;
  bureau.tell(OperatorEvent::issue_held, "weekly",
              "it is late; let it go by `postrider issue send weekly`");
  const auto parcel = bureau.sent();
  CHECK(parcel.envelope.recipient == "chief@report.example");
  const auto root = mail::read_message(parcel.data.str()).root;
  CHECK(root.field("from") == "Joe Writer <joe@report.example>");
  CHECK(root.field("to") == "chief@report.example");
  CHECK(root.field("subject") == "[Postrider] Lamp & News: issue weekly is held");
  CHECK(root.field("auto-submitted") == "auto-generated");
  CHECK(root.field("date") == "Mon, 10 Jan 2022 13:00:00 +0000");
  CHECK_FALSE(root.field("message-id").empty());
  for (const auto* name : {"list-unsubscribe", "list-unsubscribe-post", "list-id", "reply-to"})
    CHECK(root.field(name) == "");
  CHECK(root.type == "text/plain");
  CHECK(has(root.content,
            "2022-01-10 08:00 EST, weekly:\nit is late; let it go by "
            "`postrider issue send weekly`\n"));
}

TEST_CASE("nothing that was told begins a header field or a line of its own") {
  Bureau bureau;
  bureau.settings.publication.name = "News\r\nBcc: a@b.example";
  bureau.tell(OperatorEvent::issue_held, "weekly\r\nBcc: a@b.example",
              "bad\r\n\r\n.\r\nMAIL FROM:<x>");
  const auto text = bureau.sent().data.str();
  CHECK_FALSE(has(text.substr(0, text.find("\r\n\r\n")), "\nBcc:"));
  const auto root = mail::read_message(text).root;
  CHECK(root.field("bcc") == "");
  CHECK_FALSE(has(root.content, "\nMAIL"));
  CHECK_FALSE(has(text, "\r\n.\r\n"));
}

TEST_CASE("what comes back of a mail to the operator is no reader's, though one has the address") {
  Bureau bureau;
  bureau.add("chief@report.example");
  bureau.tell(OperatorEvent::breaker, "a.example", "why");
  const auto parcel = bureau.sent();
  CHECK(parcel.envelope.sender == "bounces@report.example");
  const auto root = mail::read_message(parcel.data.str()).root;
  const daemon::Returns returns(bureau.settings, bureau.keys, *bureau.database);
  const auto report =
      "Delivered-To: " + parcel.envelope.sender +
      "\r\nFrom: MAILER-DAEMON@a.example\r\nContent-Type: multipart/report; "
      "report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n"
      "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n\r\n"
      "Final-Recipient: rfc822; chief@report.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
      "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: " +
      std::string(root.field("message-id")) + "\r\n\r\n--b--\r\n";
  const auto arrival = returns.read(report, "mailbox");
  REQUIRE(arrival.report.findings.size() == 1);
  CHECK(arrival.report.findings[0].kind == mail::ReportKind::hard);
  CHECK_FALSE(arrival.mail);
  store::Reports reports(*bureau.database, daemon::bounce_policy(bureau.settings));
  CHECK(reports.take(arrival, bureau.clock.now()) == store::Filed::kept);
  CHECK_FALSE(bureau.subscribers.find("chief@report.example")->suppressed);
  CHECK_FALSE(bureau.mails.is_due(true, bureau.clock.now()));
}

TEST_CASE("the subject names what a mail is about, or says how many there are") {
  CHECK(subject_of(OperatorEvent::issue_finished, {"weekly"}) ==
        "[Postrider] News: issue weekly is sent");
  CHECK(subject_of(OperatorEvent::issue_finished, {"weekly", "weekly"}) ==
        "[Postrider] News: issue weekly is sent");
  CHECK(subject_of(OperatorEvent::issue_held, {"weekly", "digest"}) ==
        "[Postrider] News: 2 issues are held");
  CHECK(subject_of(OperatorEvent::sign_ups, {"report"}) ==
        "[Postrider] News: sign-ups to report are stopped");
  auto many = mail_of(OperatorEvent::issue_held, {"weekly"});
  many.more = 3;
  config::Publication publication;
  publication.timezone = "UTC";
  const auto rendered = render_operator_mail(many, publication);
  CHECK(has(rendered.subject, "4 issues are held"));
  CHECK(has(rendered.text, "And 3 more."));
}

TEST_CASE("the daemon makes the operator's mails by itself, and drops them where there is nobody") {
  Bureau bureau;
  bureau.tell(OperatorEvent::issue_held, "weekly", "why");
  SUBCASE("an operator") {}
  SUBCASE("nobody") { bureau.settings.the_operator.email = ""; }
  const bool anybody = !bureau.settings.the_operator.email.empty();
  const auto writing = bureau.open();
  store::SqliteQueue queue(*writing, test::policy(), bureau.clock.now());
  {
    queue::Writer writer(queue);
    daemon::OperatorDesk desk(bureau.settings, *bureau.database,
                              {*writing, writer, [](std::function<void()>) {}}, bureau.clock);
    desk.tick();
    desk.tick();
  }
  CHECK_FALSE(bureau.mails.is_due(anybody, bureau.clock.now()));
  auto notices = bureau.database->prepare("SELECT count(*) FROM notices");
  notices.step();
  CHECK(notices.integer(0) == (anybody ? 1 : 0));
}
