// A queue's storage in memory: what the dispatcher asks for, and what it was told.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "queue/store.h"

namespace postrider::test {

class MemoryStore final : public queue::Store {
 public:
  struct Row {
    queue::Delivery delivery;
    std::optional<Instant> due = Instant{};
    std::vector<queue::Outcome> outcomes;
    std::int64_t claim = 0;
    bool called_off = false;
    GroupId group{};
    int version = 0;  // that began last
  };

  explicit MemoryStore(int deliveries = 0) {
    for (int i = 1; i <= deliveries; ++i) rows[{{1}, {i}, 0}] = {};
  }

  void transact(const std::function<void()>& work) override {
    const std::lock_guard lock(mutex);
    ++transactions;
    if (cannot_write > 0) {
      --cannot_write;
      throw queue::CannotWrite("the disk is full");
    }
    const auto before = rows;
    try {
      work();
    } catch (...) {
      rows = before;
      throw;
    }
  }

  queue::Taken claim(Instant now, std::size_t most, queue::Gate& gate) override {
    return take(now, most, gate, [](const auto&) { return true; });
  }
  queue::Taken claim_notices(Instant now, std::size_t most, queue::Gate& gate) override {
    return take(now, most, gate, [](const auto& key) { return key.notice != 0; });
  }

  queue::Taken take(Instant now, std::size_t most, queue::Gate& gate,
                    const std::function<bool(const queue::DeliveryKey&)>& wanted) {
    queue::Taken taken;
    if (paused) return taken;
    auto& claimed = taken.claimed;
    for (auto& [key, row] : rows) {
      if (!wanted(key)) continue;
      if (claimed.size() == most) break;
      if (row.delivery.state != queue::DeliveryState::queued || !row.due || *row.due > now)
        continue;
      const auto room = gate.room(row.group, domains[row.group]);
      if (room.most == 0) {
        if (room.again) add(taken.again, *room.again);
        continue;
      }
      gate.took(row.group, 1);
      row.delivery.state = queue::DeliveryState::claimed;
      queue::Claimed one;
      one.group = row.group;
      one.key = key;
      if (key.notice != 0)
        one.notice = std::make_shared<queue::Notice>(queue::NoticeKind::confirm, 1, "", "{}");
      one.number = row.claim = ++claims;
      one.delivery = row.delivery;
      one.version = key.notice == 0 ? version : 0;
      one.email = "reader" + std::to_string(key.subscriber.value) + "@readers.example";
      claimed.push_back(std::move(one));
    }
    if (claimed.size() == most) taken.again = now;
    for (const auto& [key, row] : rows)
      if (row.delivery.state == queue::DeliveryState::queued && row.due && *row.due > now)
        add(taken.again, *row.due);
    return taken;
  }

  bool begin_sending(const queue::Claim& claim, Instant) override {
    if (cannot_begin > 0) {
      --cannot_begin;
      throw std::logic_error("no such row");
    }
    auto& row = rows.at(claim.key);
    if (paused || row.called_off || row.delivery.state != queue::DeliveryState::claimed ||
        row.claim != claim.number)
      return false;
    if (claim.version != 0 && claim.version != version) {
      row.delivery.state = queue::DeliveryState::queued;
      return false;
    }
    row.version = claim.version;
    row.delivery.state = queue::DeliveryState::sending;
    return true;
  }

  bool is_sending(IssueId) override { return !paused; }
  int newest_version(IssueId) override { return version; }

  void record(const queue::Claim& claim, const queue::Attempt& attempt,
              const queue::Next& next) override {
    auto& row = rows.at(claim.key);
    row.outcomes.push_back(attempt.outcome);
    row.delivery = next.delivery;
    row.due = next.due;
  }

  void release(const queue::Claim& claim, Instant due) override {
    auto& row = rows.at(claim.key);
    if (row.claim != claim.number) return;
    if (row.delivery.state != queue::DeliveryState::claimed &&
        row.delivery.state != queue::DeliveryState::sending)
      return;
    row.delivery.state = queue::DeliveryState::queued;
    row.due = due;
    ++releases;
  }

  void keep(const queue::Allowance& allowance) override { kept[allowance.name] = allowance; }
  void keep(const queue::Pause& pause) override { pauses.push_back(pause); }

  std::size_t count(queue::DeliveryState state) {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(
        std::count_if(rows.begin(), rows.end(),
                      [state](const auto& entry) { return entry.second.delivery.state == state; }));
  }

  std::mutex mutex;
  std::map<queue::DeliveryKey, Row> rows;
  std::map<GroupId, std::string> domains;
  std::map<std::string, queue::Allowance> kept;
  std::vector<queue::Pause> pauses;
  bool paused = false;  // all issues
  int version = 1;      // of all issues
  int cannot_write = 0;
  int cannot_begin = 0;  // tries; the writer makes two of one order
  std::int64_t claims = 0;
  int transactions = 0;
  int releases = 0;

 private:
  static void add(std::optional<Instant>& next, Instant time) {
    if (!next || time < *next) next = time;
  }
};

}  // namespace postrider::test
