// How long a daemon's commits wait beside maintenance.
//
//   bench_maintain ATTEMPTS [FOLDER]
//
// Fills a database with so many attempts of an old issue, two a reader, and a tenth of that of
// events of what came back; then maintains it while a writer commits every few milliseconds, as the
// daemon's does. Prints one line: commits, their longest and their 99.9th percentile in ms, the
// same of a writer alone, seconds that maintenance took, attempts and events that went, and MB
// given back.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/clock.h"
#include "store/log_copier.h"
#include "store/maintenance.h"
#include "store/sqlite.h"

using namespace postrider;
using namespace std::chrono_literals;

namespace {

using Steady = std::chrono::steady_clock;

struct FixedClock final : Clock {
  Instant now() const override { return Instant(std::chrono::hours(400'000)); }
};

std::unique_ptr<store::Database> open(const std::filesystem::path& file) {
  auto opened = store::Database::open(file, store::OpenMode::read_write);
  if (!opened) {
    std::fprintf(stderr, "bench_maintain: %s\n", opened.error().message.c_str());
    std::exit(1);
  }
  return std::move(*opened);
}

void fill(store::Database& database, std::int64_t attempts) {
  database.execute("PRAGMA synchronous = OFF");
  database.transact([&] {
    database.execute(
        "INSERT INTO issues (id, uid, slug, title, state, path, source_hash, lists, ready, "
        "started_at, finished_at) VALUES (1, 1, 'old', 'Old', 3, '', '', '[]', 1, 1, 2)");
    const std::string numbers =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) ";
    const auto run = [&](const std::string& sql, std::int64_t most) {
      database.prepare_once(numbers + sql).bind(most).run();
    };
    run("INSERT INTO deliveries SELECT 1, i, 1, 0, 3, NULL, 2, 0, 1, 0, 1 FROM n", attempts / 2);
    run("INSERT INTO attempts SELECT 1, (i + 1) / 2, 0, 2 - i % 2, i, i + 9, i % 2, 3, "
        "iif(i % 2, 451, 250), '4.7.1', 'try again later, or it was queued as 4WzB' || i, "
        "'primary', "
        "'mx.readers.example:25', 'TLSv1.3', 1 FROM n",
        attempts);
    run("INSERT INTO events (at, kind, actor, detail, issue_id) SELECT i, 'mail.returned', "
        "'report ' || i, 'soft 4.2.2 mailbox_full: the mailbox of this reader is full', 1 FROM n",
        attempts / 10);
  });
  database.execute("PRAGMA synchronous = FULL");
  database.empty_log();
  ::sync();  // what was made in a hurry is on the disk before anybody is measured
}

/// Commits until it is told to end; how long each took, in ms.
std::vector<double> commits(store::Database& writing, const std::atomic<bool>& ends) {
  std::vector<double> took;
  while (!ends) {
    const auto begun = Steady::now();
    writing.transact([&] {
      writing
          .prepare(
              "INSERT INTO meta VALUES ('bench', 1) ON CONFLICT DO UPDATE SET value = value + 1")
          .run();
    });
    took.push_back(std::chrono::duration<double, std::milli>(Steady::now() - begun).count());
    std::this_thread::sleep_for(3ms);
  }
  std::sort(took.begin(), took.end());
  return took;
}

double percentile(const std::vector<double>& sorted, double part) {
  return sorted.empty()
             ? 0
             : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t attempts = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  auto folder = std::filesystem::path(argc > 2 ? argv[2] : "/tmp") / "bench_maintain.XXXXXX";
  auto name = folder.string();
  if (::mkdtemp(name.data()) == nullptr) return 1;
  const auto file = std::filesystem::path(name) / "postrider.db";
  {
    const auto writing = open(file), own = open(file);
    fill(*writing, attempts);
    store::LogCopier copier(*writing);
    std::atomic<bool> ends{false};
    std::vector<double> alone, beside;
    {
      const std::jthread writer([&] { alone = commits(*writing, ends); });
      std::this_thread::sleep_for(3s);
      ends = true;
    }
    ends = false;
    store::Maintenance done;
    double seconds = 0;
    std::string phase;
    auto phase_begun = Steady::now();
    {
      const std::jthread writer([&] { beside = commits(*writing, ends); });
      const auto begun = Steady::now();
      done = store::maintain(*own, {.fold_after = 24h}, FixedClock(),
                             [&](std::string_view doing, std::int64_t, std::int64_t) {
                               if (doing == phase) return true;
                               const auto now = Steady::now();
                               if (!phase.empty())
                                 std::fprintf(
                                     stderr, "%s %.1f s\n", phase.c_str(),
                                     std::chrono::duration<double>(now - phase_begun).count());
                               phase = doing;
                               phase_begun = now;
                               return true;
                             });
      seconds = std::chrono::duration<double>(Steady::now() - begun).count();
      ends = true;
    }
    std::printf("%zu %.1f %.1f %.1f %.1f %.1f %lld %lld %lld\n", beside.size(),
                percentile(beside, 1), percentile(beside, 0.999), percentile(alone, 1),
                percentile(alone, 0.999), seconds, static_cast<long long>(done.folded.attempts),
                static_cast<long long>(done.folded.events),
                static_cast<long long>(done.freed / (1024 * 1024)));
  }
  std::filesystem::remove_all(name);
  return 0;
}
