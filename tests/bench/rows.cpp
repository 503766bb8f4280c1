// What the store takes for each recipient, whatever the number of rows.
//
//   bench_rows READERS [RECIPIENTS]
//
// Fills a database with so many readers, freezes an issue for them step by step, and then takes
// RECIPIENTS (100,000) of them through claim, begin and record in batches of 500. Prints one line:
// µs of CPU a recipient, seconds of CPU for the freeze, and its longest step in ms.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "queue/delivery.h"
#include "store/gatherer.h"
#include "store/ledger.h"
#include "store/sqlite.h"
#include "store/sqlite_queue.h"

using namespace postrider;

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t batch = 500;
const Instant now{std::chrono::hours(400'000)};

/// The kernel's part too, but no waiting for the disk: how long that takes is the machine's matter.
double cpu_seconds_since(std::clock_t begun) {
  return static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
}

std::unique_ptr<store::Database> open(const std::filesystem::path& file) {
  auto opened = store::Database::open(file, store::OpenMode::read_write);
  if (!opened) {
    std::fprintf(stderr, "bench_rows: %s\n", opened.error().message.c_str());
    std::exit(1);
  }
  return std::move(*opened);
}

/// A fifth of them at three large domains, the others spread over many. Their ids are in order, so
/// that filling takes no longer than it must.
void fill(store::Database& database, std::int64_t readers) {
  database.execute("PRAGMA synchronous = OFF");
  database.transact([&] {
    const auto domains = std::max<std::int64_t>(readers / 10, 1);
    const std::string numbers =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) ";
    database.prepare(numbers + "INSERT INTO domains SELECT i, 'domain' || i || '.example' FROM n")
        .bind(domains + 3)
        .run();
    database
        .prepare(numbers +
                 "INSERT INTO subscribers (id, uid, email, canonical, domain_id, created_at) "
                 "SELECT i, CAST(format('%016d', i) AS BLOB), format('reader%08d@readers.example', "
                 "i), format('reader%08d@readers.example', i), "
                 "CASE WHEN i % 5 = 0 THEN 1 + i / 5 % 3 ELSE 4 + i % ?2 END, 0 FROM n")
        .bind(readers)
        .bind(domains)
        .run();
    database.execute(
        "INSERT INTO subscriptions (list_id, subscriber_id, state, since, joined_at) SELECT "
        "(SELECT min(id) FROM lists), id, 1, 0, 0 "
        "FROM subscribers");
  });
  database.execute("PRAGMA synchronous = FULL");
  database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// As store::Gatherer does it. The longest step in ms: so long others wait for the database.
double freeze(store::Database& database) {
  store::Ledger ledger(database);
  store::DraftRecord record;
  record.slug = "issue";
  record.lists = {"report"};
  record.ready = true;
  record.state = queue::IssueState::scheduled;
  record.scheduled_at = now;
  const auto issue = ledger.put_draft(record, "bench", now);
  double longest = 0;
  const auto measured = [&longest](const auto& step) {
    const auto begun = Steady::now();
    const auto result = step();
    const auto took = Steady::now() - begun;
    longest = std::max(longest, std::chrono::duration<double, std::milli>(took).count());
    return std::pair(result, took);
  };
  const auto gathering = open(database.file());
  gathering->gather_commits();
  store::Ledger gatherer(*gathering);
  for (store::StepSize size;;) {
    const auto [complete, took] =
        measured([&] { return gatherer.gather(issue, {}, now, size.readers()); });
    if (complete) break;
    size.took(took);
    gathering->copy_back();
  }
  measured([&] { return ledger.freeze(issue, {}, {}, "bench", now); });
  return longest;
}

/// Lets everything through.
struct OpenGate final : queue::Gate {
  queue::Room room(GroupId, const std::string&) override {
    return {.most = 1'000'000, .again = {}};
  }
  void took(GroupId, std::size_t) override {}
};

/// µs of CPU a recipient.
double send(store::SqliteQueue& queue, std::size_t recipients) {
  const auto begun = std::clock();
  std::size_t done = 0;
  OpenGate gate;
  while (done < recipients) {
    std::vector<queue::Claimed> claimed;
    queue.transact([&] { claimed = queue.claim(now, batch, gate).claimed; });
    if (claimed.empty()) break;
    queue.transact([&] {
      for (const auto& one : claimed) queue.begin_sending(one.claim(), now);
    });
    queue.transact([&] {
      for (const auto& one : claimed) {
        const queue::Outcome outcome{queue::OutcomeKind::delivered, {}, {250, "2.0.0", "taken"}};
        queue.record(one.claim(), {now, now, "primary", outcome},
                     queue::after(one.delivery, outcome, now, {}));
      }
    });
    done += claimed.size();
  }
  return cpu_seconds_since(begun) * 1e6 / static_cast<double>(std::max<std::size_t>(done, 1));
}

}  // namespace

int main(int count, char** arguments) {
  const auto readers = count > 1 ? std::atoll(arguments[1]) : 0;
  const auto recipients = count > 2 ? std::atoll(arguments[2]) : 100'000;
  if (readers <= 0 || recipients <= 0) {
    std::fputs("usage: bench_rows READERS [RECIPIENTS]\n", stderr);
    return 2;
  }
  auto name = (std::filesystem::temp_directory_path() / "postrider-rows-XXXXXX").string();
  if (!::mkdtemp(name.data())) return 1;
  const std::filesystem::path folder = name;
  {
    const auto database = open(folder / "postrider.db");
    store::Ledger ledger(*database);
    ledger.know_lists({"report"});
    fill(*database, readers);
    const auto begun = std::clock();
    const auto longest = freeze(*database);
    const auto frozen = cpu_seconds_since(begun);
    store::SqliteQueue queue(*database, {}, now);
    const auto cost = send(queue, static_cast<std::size_t>(recipients));
    std::printf("%.2f %.2f %.1f\n", cost, frozen, longest);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
