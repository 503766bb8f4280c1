// What the log tells: daemon/chronicle.h.
#include "daemon/chronicle.h"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>

#include "store/house.h"
#include "store/reports.h"

using namespace postrider;
using namespace std::chrono_literals;

namespace {

/// The log, in memory.
class ReadLog {
 public:
  ReadLog() {
    auto logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_st>(lines_));
    logger->set_pattern("%v");
    spdlog::set_default_logger(logger);
  }
  ~ReadLog() { spdlog::set_default_logger(before_); }

  /// What was told since the last time.
  std::string told() {
    auto text = lines_.str();
    lines_.str("");
    return text;
  }

 private:
  std::ostringstream lines_;
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

struct ReportingHouse : test::House {
  ReadLog log;
  std::unique_ptr<store::Database> reading = open();
  store::Reports reports{*database, {}};
  int messages = 0;

  void report(const std::string& email, IssueId issue, const std::string& reason) {
    store::Arrival arrival{"mailbox", sha256(std::to_string(++messages)), "message", {}, {}};
    if (!email.empty())
      arrival.mail = store::MailOf{subscribers.find(email)->id, issue, 0, ListId{1}};
    mail::Finding finding;
    finding.kind = mail::ReportKind::hard;
    finding.reason = reason;
    arrival.report.findings = {finding};
    reports.take(arrival, clock.now());
  }
};

}  // namespace

TEST_CASE("the log tells how many reports were read and what they did, once a minute") {
  ReportingHouse reporter;
  reporter.add("ann@a.example");
  reporter.add("ben@b.example");
  const auto issue = reporter.sending();
  reporter.report("ann@a.example", issue, "unknown_mailbox");
  daemon::Chronicle chronicle(*reporter.reading);
  reporter.log.told();
  chronicle.tell_reports(reporter.clock.now());
  CHECK_MESSAGE(reporter.log.told() == "", "nothing of before the start");
  reporter.report("ben@b.example", issue, "unknown_mailbox");
  chronicle.tell_reports(reporter.clock.now());
  CHECK(reporter.log.told() == "1 report read: 1 suppressed\n");
  reporter.report("", issue, "unknown_mailbox");
  reporter.report("ann@a.example", issue, "unknown_mailbox");
  chronicle.tell_reports(reporter.clock.now());
  CHECK(reporter.log.told() == "");
  reporter.clock.advance(1min);
  chronicle.tell_reports(reporter.clock.now());
  CHECK(reporter.log.told() == "2 reports read: 1 kept\n");
  reporter.clock.advance(1min);
  chronicle.tell_reports(reporter.clock.now());
  CHECK(reporter.log.told() == "");
}

TEST_CASE("the log tells that a report is taken back, and of whom not") {
  ReportingHouse reporter;
  reporter.add("ann@a.example");
  const auto issue = reporter.sending();
  reporter.report("ann@a.example", issue, "unknown_mailbox");
  daemon::Chronicle chronicle(*reporter.reading);
  reporter.log.told();
  REQUIRE(reporter.reports.undo(1, reporter.clock.now()));
  chronicle.tell_events();
  CHECK(reporter.log.told().starts_with(
      "issue weekly: a report is taken back by operator, of a reader"));
}

TEST_CASE("the log tells that a mailbox works again, also after a reload") {
  ReportingHouse reporter;
  daemon::Chronicle chronicle(*reporter.reading);
  reporter.log.told();
  daemon::PostmanStatus status;
  status.mailbox = "imaps://imap.example:993/INBOX";
  chronicle.tell_mailbox(status);
  status.read_at = reporter.clock.now();
  chronicle.tell_mailbox(status);
  CHECK(reporter.log.told() == "");
  status.trouble = "refuses the log-in";
  chronicle.tell_mailbox(status);
  status.trouble.clear();
  status.read_at.reset();
  chronicle.tell_mailbox(status);
  CHECK_MESSAGE(reporter.log.told() == "", "not read yet");
  status.read_at = reporter.clock.now();
  chronicle.tell_mailbox(status);
  CHECK(reporter.log.told() == "the mailbox imaps://imap.example:993/INBOX: works again\n");
  chronicle.tell_mailbox(status);
  CHECK(reporter.log.told() == "");
}

TEST_CASE("a relay that fails again and again in other words is told ever more seldom") {
  ReportingHouse reporter;
  daemon::Chronicle chronicle(*reporter.reading);
  reporter.log.told();
  int lines = 0;
  for (int seconds = 0; seconds < 24 * 3600; ++seconds) {
    queue::RelayStatus status;
    status.name = "primary";
    status.last_error = seconds % 7 == 6 ? "" : "421 try " + std::to_string(seconds);
    chronicle.tell_relays({status}, reporter.clock.now());
    if (!reporter.log.told().empty()) ++lines;
    reporter.clock.advance(1s);
  }
  CHECK(lines > 5);
  CHECK(lines <= 30);
}

TEST_CASE("a relay's trouble is told at once, and again at once after an hour of quiet") {
  ReportingHouse reporter;
  daemon::Chronicle chronicle(*reporter.reading);
  reporter.log.told();
  queue::RelayStatus status;
  status.name = "primary";
  const auto told = [&](const std::string& error) {
    status.last_error = error;
    chronicle.tell_relays({status}, reporter.clock.now());
    return reporter.log.told();
  };
  CHECK(told("421 closing") == "relay primary: 421 closing\n");
  CHECK(told("") == "");
  reporter.clock.advance(1min);
  CHECK(told("") == "relay primary: works again\n");
  reporter.clock.advance(3h);
  CHECK(told("421 again") == "relay primary: 421 again\n");
}

TEST_CASE("readers' addresses that a server repeats are not in the log") {
  ReportingHouse reporter;
  daemon::Chronicle chronicle(*reporter.reading);
  reporter.log.told();
  queue::RelayStatus status;
  status.name = "primary";
  status.last_error = "421 closing on <ann.o'neil+x@a.example>, not mx@";
  chronicle.tell_relays({status}, reporter.clock.now());
  CHECK(reporter.log.told() == "relay primary: 421 closing on <…@a.example>, not …@\n");
}

TEST_CASE("the log tells an approval and its end, and names nobody") {
  ReportingHouse house;
  const auto issue = house.scheduled();
  daemon::Chronicle chronicle(*house.reading);
  house.log.told();
  const auto now = house.clock.now();
  house.ledger.note_event("issue.approved", "by ann@a.example, version 1", "reviewer", now, issue);
  house.ledger.note_event("issue.approval_void",
                          "the approval by ann@a.example is void: it changed", "daemon", now,
                          issue);
  chronicle.tell_events();
  CHECK(house.log.told() ==
        "issue weekly: approved by reviewer\nissue weekly: its approval is void\n");
}
