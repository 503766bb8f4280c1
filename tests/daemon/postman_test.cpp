// What a look into the mailbox does: daemon/postman.h.
#include "daemon/postman.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "store/house.h"

using namespace postrider;
using daemon::Postman;
using daemon::mailbox::Arrived;

namespace {

/// A mailbox in memory that may refuse to let go.
struct Box final : daemon::mailbox::Mailbox {
  std::vector<Arrived> messages;
  bool holds_on = false;
  int reads = 0;

  Result<std::vector<Arrived>> fetch(
      std::size_t most, const std::function<bool(const std::string& id)>& known) override {
    std::vector<Arrived> fetched;
    for (const auto& message : messages)
      if (fetched.size() < most && !known(message.id)) fetched.push_back(message);
    reads += static_cast<int>(fetched.size());
    return fetched;
  }
  Result<void> remove(const std::vector<std::string>& ids) override {
    if (holds_on) return fail("the mailbox is locked");
    std::erase_if(messages, [&](const Arrived& message) {
      return std::ranges::find(ids, message.id) != ids.end();
    });
    return {};
  }
  std::int64_t waiting() const override { return static_cast<std::int64_t>(messages.size()); }
};

struct PostOffice : test::House {
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{1, std::string(32, 'k')}});
  Box box;
  std::unique_ptr<Postman> postman;
  std::string sender;  // of ann's mail

  PostOffice() {
    add("ann@a.example");
    const auto issue = sending();
    config::Settings settings;
    settings.publication.base_url = "https://n.example";
    settings.storage.database = file();
    settings.bounces.address = "bounces@report.example";
    settings.bounces.mailbox = config::Mailbox{};
    auto opened = Postman::open(settings, keys, clock);
    REQUIRE(opened);
    postman = std::move(*opened);
    sender = daemon::ReturnPath(settings, keys)
                 .sender(ledger.find_issue(issue)->uid, subscribers.find("ann@a.example")->uid,
                         mail::parse_address("joe@report.example").value());
  }

  void report(const std::string& id, const std::string& to) {
    box.messages.push_back(
        {id, "Delivered-To: " + to + "\r\nFrom: MAILER-DAEMON@a.example\r\nMessage-ID: <" + id +
                 "@a.example>\r\nContent-Type: multipart/report; "
                 "report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n"
                 "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "
                 "a.example\r\n\r\nFinal-Recipient: rfc822; ann@a.example\r\nAction: failed\r\n"
                 "Status: 5.1.1\r\n\r\n--b--\r\n"});
  }

  std::int64_t marks() {
    auto query = database->prepare("SELECT count(*) FROM mailbox_marks");
    query.step();
    return query.integer(0);
  }

  bool suppressed() { return subscribers.find("ann@a.example")->suppressed.has_value(); }
};

}  // namespace

TEST_CASE("what was done is taken out of the mailbox, what nobody understands stays") {
  PostOffice office;
  office.report("ours", office.sender);
  office.report("forged", "bounces+aaaa@report.example");
  CHECK(office.postman->round(office.box) == false);
  CHECK(office.suppressed());
  REQUIRE(office.box.messages.size() == 1);
  CHECK(office.box.messages[0].id == "forged");
  CHECK(office.postman->status().waiting == 0);
  CHECK(office.postman->round(office.box) == false);
  CHECK_MESSAGE(office.box.reads == 2, "what stays is not read again");
}

TEST_CASE("what could not be taken out is taken out the next time, and not read again") {
  PostOffice office;
  office.report("ours", office.sender);
  office.box.holds_on = true;
  CHECK_MESSAGE(office.postman->round(office.box) == false, "the next round is due as always");
  CHECK(office.postman->status().trouble ==
        "what was read cannot be taken out of it: the mailbox is locked");
  CHECK(office.suppressed());
  office.report("more", office.sender);
  CHECK(office.postman->round(office.box) == false);
  CHECK_MESSAGE(office.box.reads == 2, "what comes meanwhile is read");
  office.box.holds_on = false;
  CHECK(office.postman->round(office.box) == false);
  CHECK(office.box.messages.empty());
  CHECK(office.box.reads == 2);
  CHECK(office.postman->status().trouble.empty());
}

TEST_CASE("what is gone from the mailbox is forgotten, once all of it was listed") {
  PostOffice office;
  office.report("forged", "bounces+aaaa@report.example");
  office.report("stays", "bounces+bbbb@report.example");
  REQUIRE(office.postman->round(office.box));
  CHECK(office.marks() == 2);
  office.box.messages.erase(office.box.messages.begin());
  SUBCASE("a round that did not look at all") {
    for (int i = 0; i < 501; ++i)
      office.box.messages.insert(office.box.messages.begin(),
                                 {std::to_string(i), "Subject: " + std::to_string(i) + "\r\n"});
    CHECK(office.postman->round(office.box) == true);
    CHECK(office.marks() == 502);
    CHECK(office.postman->round(office.box) == false);
    CHECK(office.marks() == 502);
  }
  SUBCASE("a round that did") {
    CHECK(office.postman->round(office.box) == false);
    CHECK(office.marks() == 1);
    CHECK_MESSAGE(office.box.reads == 2, "what is there still is known");
  }
}

TEST_CASE("what was cut at a limit stays in the mailbox, whatever it says") {
  PostOffice office;
  office.report("large", office.sender);
  auto& bytes = office.box.messages[0].bytes;
  bytes.resize(daemon::mailbox::largest_message, 'x');
  REQUIRE(office.postman->round(office.box));
  CHECK(office.suppressed());
  REQUIRE(office.postman->round(office.box));
  CHECK(office.box.messages.size() == 1);
}

TEST_CASE("a mailbox that names its messages anew gives nothing twice") {
  PostOffice office;
  office.report("ours", office.sender);
  office.report("forged", "bounces@report.example");
  REQUIRE(office.postman->round(office.box));
  office.report("ours", office.sender);
  for (auto& message : office.box.messages) message.id = "new " + message.id;
  REQUIRE(office.postman->round(office.box));
  REQUIRE(office.box.messages.size() == 1);
  CHECK(office.box.messages[0].id == "new forged");
  auto query = office.database->prepare("SELECT count(*) FROM reports");
  query.step();
  CHECK(query.integer(0) == 2);
}

TEST_CASE("a round that is full of few large messages says that there is more, too") {
  PostOffice office;
  for (const auto* id : {"1", "2"})
    office.box.messages.push_back({id, "Subject: " + std::string(id) + "\r\n\r\n" +
                                           std::string(daemon::mailbox::largest_round / 2, 'x')});
  CHECK(office.postman->round(office.box) == true);
  CHECK(office.postman->round(office.box) == false);
}

TEST_CASE("a full round says that there is more") {
  PostOffice office;
  for (int i = 0; i < 501; ++i)
    office.box.messages.push_back({std::to_string(i), "Subject: " + std::to_string(i) + "\r\n"});
  CHECK(office.postman->round(office.box) == true);
  CHECK(office.postman->status().waiting == 1);
  CHECK(office.postman->round(office.box) == false);
  CHECK(office.box.messages.size() == 501);
}
