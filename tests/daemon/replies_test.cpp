// What people write to the bounce address, from the mailbox to the mail that follows:
// daemon/returns.h, daemon/mailroom.h.
#include <doctest/doctest.h>

#include "base/text.h"
#include "daemon/mailroom.h"
#include "daemon/returns.h"
#include "mail/return_address.h"
#include "store/erased.h"
#include "store/erasure.h"
#include "store/house.h"

using namespace postrider;
using queue::NoticeKind;
using store::Filed;

namespace {

struct LetterBox : test::House {
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{1, std::string(32, 'k')}});
  config::Settings settings;
  IssueId issue;
  store::Reports reports{*database, {}};

  LetterBox() {
    add("ann@a.example");
    add("bob@b.example");
    issue = sending();
    settings.publication.name = "The Report";
    settings.publication.from = "Joe <joe@report.example>";
    settings.publication.reply_to = "editor@report.example";
    settings.publication.base_url = "https://n.example";
    settings.publication.language = "en";
    settings.lists.push_back({});
    settings.lists.back().key = "report";
    settings.lists.back().name = "The Report";
    settings.storage.database = file();
    settings.bounces.address = "bounces@report.example";
    store::SqliteQueue queue(*database, test::policy(), clock.now());
    queue.transact([&] {
      for (const auto& claimed : test::claim(queue, clock.now(), 10)) {
        REQUIRE(queue.begin_sending(claimed.claim(), clock.now()));
        const queue::Outcome outcome{queue::OutcomeKind::delivered, {}, {250, "", ""}};
        queue.record(claimed.claim(), {clock.now(), clock.now(), "main", outcome},
                     queue::after(claimed.delivery, outcome, clock.now(), test::policy()));
      }
    });
  }

  /// The envelope's sender of ann's mail.
  std::string sender() {
    return daemon::ReturnPath(settings, keys)
        .sender(ledger.find_issue(issue)->uid, subscribers.find("ann@a.example")->uid,
                mail::parse_address("joe@report.example").value());
  }
  /// The address in its header by which she may leave.
  std::string way_out() {
    const auto base = daemon::ReturnPath(settings, keys).base().value();
    return mail::return_address(
        base, keys->sign_return(Purpose::leave_by_mail,
                                return_claims(ledger.find_issue(issue)->uid,
                                              subscribers.find("ann@a.example")->uid)));
  }
  /// The Message-ID of it.
  std::string id() {
    return keys->sign(Purpose::message_id,
                      {subscribers.find("ann@a.example")->uid, 0, ledger.find_issue(issue)->uid}) +
           "@report.example";
  }

  Filed take(const std::string& message) {
    const daemon::Returns returns(settings, keys, *database);
    return reports.take(returns.read(message, "mailbox"), clock.now());
  }

  std::string letter(const std::string& to, const std::string& fields = "Subject: Re: Weekly\n",
                     const std::string& body = "Well said!\n") {
    static int number = 0;
    return "Delivered-To: " + to + "\nFrom: Ann <ann@a.example>\nTo: " + to + "\nMessage-ID: <" +
           std::to_string(++number) + "@a.example>\n" + fields + "\n" + body;
  }

  /// The mails that wait, composed.
  std::vector<queue::Parcel> waiting() {
    auto room = daemon::Mailroom::open(settings, keys, clock);
    if (!room) FAIL(room.error().message);
    store::SqliteQueue queue(*database, test::policy(), clock.now());
    std::vector<queue::Parcel> parcels;
    queue.transact([&] {
      for (auto& claimed : test::claim(queue, clock.now(), 10))
        parcels.push_back({claimed, {}, {}});
    });
    for (auto& parcel : parcels)
      if (const auto made = (*room)->compose(parcel); !made) FAIL(made.error().message);
    return parcels;
  }

  std::string rule() {
    std::string newest;
    bool first = true;
    store::Bounces(*database, {}).each({}, [&](const store::Bounce& bounce) {
      if (std::exchange(first, false)) newest = bounce.finding.rule;
    });
    return newest;
  }

  bool is_on_list() {
    return subscribers.find("ann@a.example")->subscriptions[0].state ==
           subscribers::SubscriptionState::confirmed;
  }
};

std::string with_lines_for_smtp(std::string text) {
  return replace_all(std::move(text), "\n", "\r\n");
}

}  // namespace

TEST_CASE("a reader's reply goes to the publisher, the same octet by octet behind its trace") {
  LetterBox box;
  const auto letter = box.letter(box.sender(), "Subject: Re: Weekly\nDKIM-Signature: v=1; b=abc\n",
                                 "H\xC3\xA9llo  \n.dot\n\n> quoted\n");
  CHECK(box.take(letter) == Filed::forwarded);
  const auto waiting = box.waiting();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].envelope.recipient == "editor@report.example");
  CHECK_MESSAGE(waiting[0].envelope.sender == "bounces@report.example", "without a token");
  const auto text = waiting[0].data.str();
  const auto trace = text.find(";");
  const auto begin = text.find("\r\n", trace) + 2;
  CHECK(text.starts_with("Received: by report.example (Postrider)\r\n for "));
  CHECK(text.substr(begin) == with_lines_for_smtp(letter));
}

TEST_CASE("without reply_to it goes to whom the mails are from") {
  LetterBox box;
  box.settings.publication.reply_to.clear();
  CHECK(box.take(box.letter(box.sender())) == Filed::forwarded);
  REQUIRE(box.waiting().size() == 1);
  CHECK(box.waiting()[0].envelope.recipient == "joe@report.example");
}

TEST_CASE("the mail that a reply answers proves it as well as its address") {
  LetterBox box;
  const auto fields = "Subject: Re: Weekly\nIn-Reply-To: <" + box.id() + ">\n";
  CHECK(box.take(box.letter("bounces@report.example", fields)) == Filed::forwarded);
}

TEST_CASE("what came to the address before [bounces] address changed is proven as well") {
  LetterBox box;
  const auto sender = box.sender(), way_out = box.way_out();
  box.settings.bounces.address = "b2@other.example";
  CHECK(box.take(box.letter(sender)) == Filed::forwarded);
  CHECK(box.take(box.letter(way_out, "Subject: unsubscribe\n", "")) == Filed::left);
  CHECK_FALSE(box.is_on_list());
  CHECK(box.take(box.letter("bounces+guessed@report.example")) == Filed::kept);
}

TEST_CASE("what is not a reader's is kept, and never sent on") {
  LetterBox box;
  CHECK(box.take(box.letter("bounces@report.example")) == Filed::kept);
  auto forged = box.sender();
  forged[15] = forged[15] == 'a' ? 'b' : 'a';
  CHECK(box.take(box.letter(forged)) == Filed::kept);
  CHECK(box.waiting().empty());
}

TEST_CASE("what would go round stays") {
  LetterBox box;
  const auto sender = box.sender();
  const auto stays = [&](const std::string& message, const std::string& why) {
    CHECK(box.take(message) == Filed::person);
    CHECK(box.rule() == why);
    CHECK(box.waiting().empty());
  };
  stays(box.letter(sender, "Subject: hm\nList-Id: <talk.a.example>\n"), "list-id");
  stays(box.letter(sender, "Subject: hm\nPrecedence: bulk\n"), "precedence: bulk");
  stays(
      "Received: by other.example (Postrider)\n for <x@other.example>; Mon, 10 Jan 2022 08:00:00 "
      "+0000\n" +
          box.letter(sender),
      "sent on before");
  for (const std::string from :
       {"Joe@report.example", "Editor <editor@report.example>", "bounces@report.example"})
    stays(replace_all(box.letter(sender), "Ann <ann@a.example>", from), "from an address of ours");
  stays(box.letter("editor@report.example", "Subject: hm\nIn-Reply-To: <" + box.id() + ">\n"),
        "not to the bounce address");
  stays(box.letter(sender, "Subject: large\n", std::string(11 << 20, 'x')), "too large");
  CHECK(box.take(box.letter(sender, "Subject: hm\nAuto-Submitted: auto-replied\n")) ==
        Filed::matched);
  SUBCASE("where replies go to the mailbox itself") {
    box.settings.publication.reply_to = "bounces+editor@report.example";
    stays(box.letter(sender), "");
  }
  SUBCASE("where it is not wanted") {
    box.settings.bounces.forward_replies = false;
    stays(box.letter(sender), "");
  }
}

TEST_CASE("a loop stops at its second round") {
  LetterBox box;
  CHECK(box.take(box.letter(box.sender())) == Filed::forwarded);
  const auto once = box.waiting().at(0).data.str();
  CHECK_MESSAGE(box.take(once) == Filed::kept, "with the Message-ID that is known");
  const auto other_id = replace_all(once, "Message-ID: <", "Message-ID: <other");
  CHECK_MESSAGE(box.take(other_id) == Filed::person, "and with another");
  CHECK(box.waiting().size() == 1);
}

TEST_CASE("that a reply could not be sent on is no failure of the reader's mail") {
  LetterBox box;
  CHECK(box.take(box.letter(box.sender())) == Filed::forwarded);
  const auto parcel = box.waiting().at(0);
  CHECK(box.take("Return-Path: <>\nDelivered-To: " + parcel.envelope.sender +
                 "\nFrom: MAILER-DAEMON@report.example\nTo: " + parcel.envelope.sender +
                 "\nSubject: Undelivered Mail\nMessage-ID: <dsn@report.example>\nContent-Type: "
                 "multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: "
                 "message/delivery-status\n\nReporting-MTA: dns; report.example\n\n"
                 "Final-Recipient: rfc822; editor@report.example\nAction: failed\nStatus: 5.1.1\n\n"
                 "--b\nContent-Type: message/rfc822\n\n" +
                 parcel.data.str() + "\n--b--\n") == Filed::kept);
  CHECK_FALSE(box.subscribers.find("ann@a.example")->suppressed);
}

TEST_CASE("a reply that asks to leave does so, whoever sends it, and is not sent on") {
  LetterBox box;
  auto letter = box.letter(box.sender(), "Subject: Re: Weekly\n",
                           "Unsubscribe\n\nOn Mon, 10 Jan 2022, Joe wrote:\n> The week\n");
  SUBCASE("the reader") {}
  SUBCASE("somebody else") { letter = replace_all(letter, "ann@a.example", "carl@c.example"); }
  CHECK(box.take(letter) == Filed::left);
  CHECK_FALSE(box.is_on_list());
  CHECK(box.waiting().empty());
}

TEST_CASE("mail to the address for leaving takes the reader off, whatever sends it") {
  LetterBox box;
  std::string fields = "Subject: leave\n";
  SUBCASE("a person") {}
  SUBCASE("a provider's button") { fields += "Auto-Submitted: auto-generated\n"; }
  SUBCASE("nobody that can be answered") { fields = "Return-Path: <>\nSubject: Re: Weekly\n"; }
  SUBCASE("what looks like a note") { fields = "Subject: Automatic reply: unsubscribe\n"; }
  SUBCASE("a mailer") { fields = "X-Failed-Recipients: ann@a.example\nSubject: user unknown\n"; }
  CHECK(box.take(box.letter(box.way_out(), fields, "550 5.1.1 user unknown\n")) == Filed::left);
  CHECK_FALSE(box.is_on_list());
  CHECK_FALSE(box.subscribers.find("ann@a.example")->suppressed);
  CHECK(box.waiting().empty());
}

TEST_CASE(
    "a note that its subject alone tells may be a person's: it is kept, and nothing follows") {
  LetterBox box;
  const auto take = [&](const std::string& fields) {
    return box.take(
        box.letter(box.sender(), "Subject: On vacation next week, please pause\n" + fields));
  };
  CHECK(take("Return-Path: <ann@a.example>\n") == Filed::person);
  CHECK(take("Auto-Submitted: auto-replied\n") == Filed::matched);
  CHECK(take("Precedence: bulk\n") == Filed::matched);
  CHECK(take("Return-Path: <>\n") == Filed::matched);
  CHECK(box.waiting().empty());
  CHECK(box.is_on_list());
}

TEST_CASE("our own word in a reply's quotation takes nobody off") {
  LetterBox box;
  CHECK(box.take(box.letter(box.sender(), "Subject: Re: Weekly\n",
                            "> You get this because you subscribed.\n> Unsubscribe\n")) ==
        Filed::forwarded);
  CHECK(box.take(box.letter(box.sender(), "Subject: Re: Unsubscribe\n", "Never!\n")) ==
        Filed::forwarded);
  CHECK(box.is_on_list());
}

TEST_CASE("a request to leave without a proof asks the reader, who leaves by a page") {
  LetterBox box;
  const auto letter =
      box.letter("bounces@report.example", "Subject: unsubscribe\n", "Thank you.\n");
  CHECK(box.take(letter) == Filed::asked);
  CHECK(box.is_on_list());
  const auto waiting = box.waiting();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].envelope.recipient == "ann@a.example");
  CHECK(waiting[0].claimed.notice->kind == NoticeKind::ask_leave);
  const auto text = replace_all(waiting[0].data.str(), "=\r\n", "");
  const std::string door = "https://n.example/unsubscribe/";
  const auto at = text.find(door);
  REQUIRE(at != std::string::npos);
  const auto token = text.substr(at + door.size(), 68);
  const auto claims = box.keys->verify(Purpose::unsubscribe, token);
  REQUIRE(claims);
  CHECK(claims->subject == box.subscribers.find("ann@a.example")->uid);
}

TEST_CASE("what is about an erased address is taken without it") {
  LetterBox box;
  const auto sender = box.sender(), way_out = box.way_out();
  const Fingerprints prints(*box.keys, store::erased_use);
  store::erase(*box.database, prints, *mail::parse_address("ann@a.example"), "operator",
               box.clock.now());
  const auto count = [&box](const std::string& what) {
    auto query = box.database->prepare("SELECT count(*) FROM " + what);
    query.step();
    return query.integer(0);
  };
  const std::string report =
      "From: MAILER-DAEMON@a.example\nContent-Type: multipart/report; "
      "report-type=delivery-status; boundary=b\n\n--b\n\nNot delivered.\n--b\nContent-Type: "
      "message/delivery-status\n\nReporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; "
      "Ann@A.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 <ann@a.example> "
      "unknown\n\n--b--\n";
  CHECK(box.take("Delivered-To: " + sender + "\n" + report) == Filed::erased);
  CHECK(box.take(box.letter(way_out, "Subject: unsubscribe\n", "")) == Filed::erased);
  CHECK(box.take(box.letter("bounces@report.example", "Subject: unsubscribe\n", "")) ==
        Filed::erased);
  CHECK(count("reports WHERE message IS NOT NULL") == 0);
  CHECK(count("bounces WHERE recipient = '' AND text = ''") == 3);
  CHECK(box.take("Delivered-To: " + sender + "\n" + report) == Filed::known);
  CHECK_MESSAGE(box.take(box.letter(sender)) == Filed::kept, "what she writes anew");
}

TEST_CASE("strangers and machines get no answer") {
  LetterBox box;
  const auto request = [&](const std::string& fields, const std::string& from) {
    return replace_all(
        box.letter("bounces+unsubscribe@report.example", "Subject: unsubscribe\n" + fields),
        "Ann <ann@a.example>", from);
  };
  CHECK(box.take(request("", "carl@c.example")) == Filed::kept);
  CHECK(box.take(request("", "ann@a.example, bob@b.example")) == Filed::kept);
  CHECK(box.take(request("Precedence: bulk\n", "ann@a.example")) == Filed::kept);
  CHECK(box.take(request("Auto-Submitted: auto-generated\n", "ann@a.example")) == Filed::kept);
  CHECK(box.waiting().empty());
  CHECK(box.take(request("", "ann@a.example")) == Filed::asked);
}
