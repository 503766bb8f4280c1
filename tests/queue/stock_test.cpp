#include "queue/stock.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::queue;

namespace {

Claimed one(std::int64_t group, std::int64_t subscriber) {
  Claimed claimed;
  claimed.group = {group};
  claimed.key.subscriber = {subscriber};
  return claimed;
}

}  // namespace

TEST_CASE("groups take turns, and one that may not go holds up none") {
  Stock stock;
  for (std::int64_t i = 1; i <= 3; ++i) {
    stock.put(one(1, i));
    stock.put(one(2, 10 + i));
    stock.put(one(3, 20 + i));
  }
  const auto take = [&] {
    const auto taken = stock.take([](GroupId group) { return group.value != 2; });
    return taken ? taken->key.subscriber.value : 0;
  };
  CHECK(take() == 1);
  CHECK(take() == 21);
  CHECK(take() == 2);
  CHECK(take() == 22);
  CHECK(take() == 3);
  CHECK(take() == 23);
  CHECK(take() == 0);
  CHECK(stock.size() == 3);
  CHECK(stock.take_all([](const Claimed& claimed) { return claimed.key.subscriber.value != 12; })
            .size() == 2);
  CHECK(stock.size() == 1);
}

TEST_CASE("a notice goes before deliveries that came earlier, where its group may go") {
  Stock stock;
  stock.put(one(0, 1));
  for (const std::int64_t group : {7, 0}) {
    auto notice = one(group, 2 + group);
    notice.notice = std::make_shared<Notice>(NoticeKind::confirm, 1, "", "{}");
    stock.put(std::move(notice));
  }
  const auto take = [&] {
    const auto taken = stock.take([](GroupId group) { return group.value != 7; });
    return taken ? taken->key.subscriber.value : 0;
  };
  CHECK(take() == 2);
  CHECK(take() == 1);
  CHECK(take() == 0);
  CHECK(stock.sendable() == 0);
}
