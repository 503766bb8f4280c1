// A ledger in a folder of its own, with readers and an issue to send.
#pragma once

#include <doctest/doctest.h>

#include "queue/delivery.h"
#include "store/ledger.h"
#include "store/sqlite.h"
#include "store/sqlite_queue.h"
#include "store/sqlite_subscribers.h"
#include "support/fake_clock.h"
#include "support/temporary_folder.h"

namespace postrider::test {

/// The sums as the rows themselves have them.
inline queue::IssueSums counted(store::Database& database, IssueId issue) {
  queue::IssueSums counted;
  auto query = database.prepare(
      "SELECT state, attempts > 0, count(*) FROM deliveries WHERE issue_id = ? GROUP BY 1, 2");
  query.bind(issue.value);
  while (query.step()) {
    const auto state = static_cast<queue::DeliveryState>(query.integer(0));
    const bool waits =
        state == queue::DeliveryState::queued || state == queue::DeliveryState::claimed;
    auto& sum = state == queue::DeliveryState::accepted    ? counted.accepted
                : state == queue::DeliveryState::bounced   ? counted.bounced
                : state == queue::DeliveryState::failed    ? counted.failed
                : state == queue::DeliveryState::cancelled ? counted.cancelled
                : state == queue::DeliveryState::in_doubt  ? counted.in_doubt
                : waits && query.integer(1) != 0           ? counted.deferred
                                                           : counted.pending;
    sum += query.integer(2);
  }
  return counted;
}

struct House {
  TemporaryFolder folder;
  FakeClock clock;
  std::unique_ptr<store::Database> database = open();
  store::Ledger ledger{*database};
  store::SqliteSubscribers subscribers{*database};

  House() { ledger.know_lists({"report", "digest"}); }

  std::filesystem::path file() const { return folder.path() / "postrider.db"; }

  std::unique_ptr<store::Database> open() const {
    auto opened = store::Database::open(file(), store::OpenMode::read_write);
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  }

  SubscriberId add(const std::string& email, const std::string& list = "report") {
    const auto added = subscribers.add({email, std::nullopt, {}}, list, {"operator"}, clock.now());
    if (!added) FAIL(added.error().message);
    return subscribers.find(email)->id;
  }

  void add_readers(int count) {
    database->transact([&] {
      for (int i = 0; i < count; ++i) add("reader" + std::to_string(i) + "@readers.example");
    });
  }

  IssueId scheduled(const std::string& slug = "weekly",
                    const std::vector<std::string>& lists = {"report"},
                    const std::string& segment = "") {
    store::DraftRecord record;
    record.slug = slug;
    record.title = "Weekly";
    record.path = slug + ".md";
    record.source_hash = "hash";
    record.lists = lists;
    record.segment = segment;
    record.ready = true;
    record.state = queue::IssueState::scheduled;
    record.scheduled_at = clock.now();
    return ledger.put_draft(record, "daemon", clock.now());
  }

  static store::FrozenIssue content() {
    return {{"Weekly", "<p>Hello</p>", "Hello", {{"a.png", "image/png", "png"}}},
            {"Joe <joe@report.example>", "", "https://n.example", {{"report", "The Report"}}}};
  }

  store::Freeze freeze(IssueId issue, const store::AudienceOrder& order = {}) {
    for (;;) {
      const auto result = ledger.freeze(issue, content(), order, "daemon", clock.now());
      if (result != store::Freeze::gathering) return result;
    }
  }

  IssueId sending(const std::string& slug = "weekly",
                  const std::vector<std::string>& lists = {"report"}) {
    const auto issue = scheduled(slug, lists);
    REQUIRE(freeze(issue) == store::Freeze::done);
    return issue;
  }

  queue::IssueSums sums(IssueId issue) { return ledger.find_issue(issue)->sums; }
  queue::IssueState state(IssueId issue) { return ledger.find_issue(issue)->state; }

  queue::IssueSums counted(IssueId issue) { return test::counted(*database, issue); }
};

/// Lets everything through.
struct OpenGate final : queue::Gate {
  queue::Room room(GroupId, const std::string&) override {
    return {.most = 1'000'000, .again = {}};
  }
  void took(GroupId, std::size_t) override {}
};

/// What a queue gives to a relay without limits.
inline std::vector<queue::Claimed> claim(queue::Store& queue, Instant now, std::size_t most) {
  OpenGate gate;
  return queue.claim(now, most, gate).claimed;
}

/// When the next delivery or notice that waits is due.
inline std::optional<Instant> next_due(store::Database& database) {
  auto query = database.prepare(
      "SELECT min(due) FROM (SELECT due FROM deliveries WHERE state IN (0, 7) UNION ALL "
      "SELECT due FROM notices WHERE state IN (0, 7))");
  query.step();
  return query.optional_instant(0);
}

inline queue::RetryPolicy policy() {
  return {.delays = {std::chrono::minutes(1)},
          .give_up_after = std::chrono::hours(48),
          .resend_in_doubt = true};
}

}  // namespace postrider::test
