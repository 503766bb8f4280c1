// A newsletter with one issue out, whose readers' mails come back by LMTP.
#pragma once

#include "daemon/lmtp/clerk.h"
#include "store/house.h"

namespace postrider::test {

struct LmtpHouse : House {
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{1, std::string(32, 'k')}});
  config::Settings settings;
  std::string ann, bob;  // to whom their mails come back
  std::shared_ptr<daemon::lmtp::Clerk> clerk;

  LmtpHouse() {
    add("ann@a.example");
    add("bob@b.example");
    const auto issue = ledger.find_issue(sending())->uid;
    settings.publication.base_url = "https://n.example";
    settings.storage.database = file();
    settings.bounces.address = "bounces@report.example";
    const daemon::ReturnPath path(settings, keys);
    const auto from = mail::parse_address("joe@report.example").value();
    ann = path.sender(issue, subscribers.find("ann@a.example")->uid, from);
    bob = path.sender(issue, subscribers.find("bob@b.example")->uid, from);
    reopen();
  }

  /// With the settings as they are now.
  void reopen() {
    auto opened = daemon::lmtp::Clerk::open(settings, keys, clock);
    REQUIRE(opened);
    clerk = std::move(*opened);
  }

  /// It names nobody of ours: only the envelope may.
  static std::string report(const std::string& id = "1") {
    return "From: MAILER-DAEMON@a.example\r\nMessage-ID: <" + id +
           "@a.example>\r\nContent-Type: multipart/report; report-type=delivery-status; "
           "boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n--b\r\nContent-Type: "
           "message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n\r\nFinal-Recipient: "
           "rfc822; somebody@elsewhere.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
  }

  bool suppressed(const std::string& email) {
    return subscribers.find(email)->suppressed.has_value();
  }
  std::int64_t count(const std::string& what) {
    auto query = database->prepare("SELECT count(*) FROM " + what);
    query.step();
    return query.integer(0);
  }

  // A disk that takes no report.
  void break_down() {
    database->execute(
        "CREATE TRIGGER broken BEFORE INSERT ON reports BEGIN SELECT RAISE(ABORT, 'broken disk'); "
        "END");
  }
  void mend() { database->execute("DROP TRIGGER broken"); }
};

}  // namespace postrider::test
