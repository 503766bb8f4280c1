// A house whose issues are sent, refused and reported on, by many readers at many domains.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "store/house.h"
#include "store/operator_mail.h"
#include "store/rates.h"
#include "store/reports.h"

namespace postrider::test {

struct Post : House {
  store::Reports reports{*database, {}};
  store::Rates rates{*database};
  store::Breakers breakers{*database};
  std::vector<std::string> readers;
  int messages = 0;

  /// So many, by turns at so many domains.
  void add_many(int count, int domains, const std::string& name = "d") {
    database->transact([&] {
      for (int i = 0; i < count; ++i) {
        readers.push_back("r" + std::to_string(readers.size()) + "@" + name +
                          std::to_string(i % domains) + ".example");
        add(readers.back());
      }
    });
  }

  using Answer = std::function<mail::Reply(const std::string& email)>;
  static mail::Reply taken(const std::string&) { return {250, "2.0.0", "taken"}; }

  /// Offers what waits of the issues under way, so many at most, until they are paused; ten in one
  /// transaction.
  void offer(const Answer& answer = taken, std::size_t most = 100'000) {
    store::SqliteQueue queue(*database, test::policy(), clock.now());
    const auto all = test::claim(queue, clock.now(), most);
    for (auto at = all.begin(); at != all.end();) {
      const auto end = at + std::min<std::ptrdiff_t>(10, all.end() - at);
      queue.transact([&] {
        for (; at != end; ++at) offer_one(queue, *at, answer);
      });
    }
  }

  void offer_one(store::SqliteQueue& queue, const queue::Claimed& claimed, const Answer& answer) {
    if (!queue.begin_sending(claimed.claim(), clock.now())) return;
    const auto reply = answer(claimed.email);
    const queue::Outcome outcome{
        reply.positive() ? queue::OutcomeKind::delivered : queue::OutcomeKind::refused,
        queue::Scope::recipient, reply};
    queue.record(claimed.claim(), {clock.now(), clock.now(), "main", outcome},
                 queue::after(claimed.delivery, outcome, clock.now(), test::policy()));
  }

  /// An issue that is sent, a week after the last.
  IssueId sent(const std::string& slug, const Answer& answer = taken) {
    clock.advance(std::chrono::hours(24 * 7));
    const auto issue = sending(slug);
    offer(answer);
    return issue;
  }

  void report(IssueId issue, const std::string& email, mail::ReportKind kind,
              const std::string& reason = "unknown_mailbox") {
    clock.advance(std::chrono::seconds(1));
    store::Arrival arrival;
    arrival.source = "mailbox";
    arrival.fingerprint = sha256(std::to_string(++messages));
    arrival.message = "the message";
    arrival.mail = store::MailOf{subscribers.find(email)->id, issue, 0, ListId{1}};
    arrival.report.findings.resize(1);
    arrival.report.findings[0].kind = kind;
    arrival.report.findings[0].reason = reason;
    CHECK(reports.take(arrival, clock.now()) == store::Filed::matched);
  }

  /// Of the readers from that one on, so many.
  void report(IssueId issue, int from, int count, mail::ReportKind kind) {
    for (int i = from; i < from + count; ++i)
      report(issue, readers[static_cast<std::size_t>(i)], kind);
  }

  std::int64_t count_suppressed() {
    auto query = database->prepare("SELECT count(*) FROM suppressions");
    query.step();
    return query.integer(0);
  }

  std::optional<store::Breakers::Released> release(const std::string& name, bool suppress) {
    std::optional<store::Breakers::Released> released;
    database->transact([&] { released = breakers.release(name, suppress, clock.now()); });
    return released;
  }

  /// "weekly: …" of each that the operator was told of that kind.
  std::vector<std::string> told(store::OperatorEvent kind) {
    std::vector<std::string> all;
    auto query = database->prepare(
        "SELECT about || ': ' || line FROM operator_mails WHERE kind = ? ORDER BY id");
    query.bind(static_cast<std::int64_t>(kind));
    while (query.step()) all.push_back(query.text(0));
    return all;
  }
};

}  // namespace postrider::test
