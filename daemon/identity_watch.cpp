#include "daemon/identity_watch.h"

#include <spdlog/spdlog.h>

#include "daemon/guards/counter.h"
#include "daemon/guards/identity.h"

namespace postrider::daemon {

namespace {

/// For the writer's thread. Sending goes on where the count cannot be kept: that alone is no copy.
std::function<void(std::int64_t)> keeper(const std::filesystem::path& database) {
  return [counter = guards::Counter(database), told = false](std::int64_t count) mutable {
    const auto written = counter.write(count);
    if (!written && !told)
      spdlog::warn("{}; a database put back from a backup would not be noticed by its count",
                   written.error().message);
    told = !written;
  };
}

}  // namespace

Result<std::unique_ptr<IdentityWatch>> IdentityWatch::open(store::Database& writing,
                                                           store::SqliteQueue& queue,
                                                           const Clock& clock) {
  const auto now = clock.now();
  if (auto made = guards::claim_if_new(writing, now); !made)
    return tl::make_unexpected(made.error());
  std::unique_ptr<IdentityWatch> watch(new IdentityWatch(queue));
  const auto keep = keeper(writing.file());
  queue.on_growth(keep);
  const auto facts = guards::look_at_identity(writing);
  if (const auto why = guards::unclaimed(facts)) {
    if (guards::is_behind(facts)) store::forget_drafts(writing);
    watch->unclaimed_ = true;
    queue.hold_back(true);
    store::Ledger(writing).note_event("database.unclaimed", *why, "daemon", now);
    spdlog::warn(
        "nothing is sent: this database {}; if it is the one to send, `postrider claim` lets it",
        *why);
    return watch;
  }
  std::optional<std::int64_t> count;
  writing.transact([&] { count = store::grow(writing, now); });
  if (count) keep(*count);
  return watch;
}

bool IdentityWatch::look_again(store::Database& reading, queue::Writer& writer) {
  if (!unclaimed_ || guards::unclaimed(guards::look_at_identity(reading))) return false;
  unclaimed_ = false;
  writer.submit({[&queue = queue_] { queue.hold_back(false); }, {}, {}});
  spdlog::info("the database was claimed: what waits is sent");
  return true;
}

}  // namespace postrider::daemon
