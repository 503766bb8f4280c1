#include "queue/token_bucket.h"

#include <deque>
#include <doctest/doctest.h>

#include "support/fake_clock.h"

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;

namespace {

/// When messages go that are sent as soon as the bucket lets them.
std::deque<Instant> sent(TokenBucket bucket, Instant from, Duration span) {
  std::deque<Instant> times;
  for (auto now = from; now < from + span; now = bucket.next(now)) {
    while (bucket.available(now) > 0) {
      bucket.take(now);
      times.push_back(now);
    }
  }
  return times;
}

std::size_t most_in(const std::deque<Instant>& times, Duration span) {
  std::size_t most = 0;
  std::deque<Instant> window;
  for (const auto time : times) {
    window.push_back(time);
    while (window.front() <= time - span) window.pop_front();
    most = std::max(most, window.size());
  }
  return most;
}

}  // namespace

TEST_CASE("a rate by the second is kept, and spread over the second") {
  const test::FakeClock clock;
  const auto times = sent(TokenBucket({20, 1s}, clock.now()), clock.now(), 60s);
  CHECK(times.size() == 1200);
  CHECK(most_in(times, 1s) <= 21);
  CHECK(most_in(times, 100ms) <= 3);
}

TEST_CASE("no hour and no day sees more than its quota, and half of that goes at once") {
  const test::FakeClock clock;
  for (const auto& rate : {Rate{500, 1h}, Rate{2000, 24h}, Rate{1, 1h}, Rate{3, 24h}}) {
    CAPTURE(to_string(rate));
    const auto times = sent(TokenBucket(rate, clock.now()), clock.now(), 5 * rate.period);
    CHECK(static_cast<std::int64_t>(most_in(times, rate.period)) <= rate.count);
    CHECK(times.size() >= static_cast<std::size_t>(rate.count));
    CHECK(times[static_cast<std::size_t>(rate.count / 2)] <= clock.now() + rate.period);
  }
}

TEST_CASE("a bucket goes on where it was left, whatever the clock does meanwhile") {
  const test::FakeClock clock;
  TokenBucket bucket({500, 1h}, clock.now());
  while (bucket.available(clock.now()) > 0) bucket.take(clock.now());
  const TokenBucket again({500, 1h}, bucket.level(), clock.now());
  CHECK(again.available(clock.now()) == 0);
  CHECK(again.available(clock.now() + 1h) == 250);
  // A level from the future gives nothing away.
  const TokenBucket earlier({500, 1h}, bucket.level(), clock.now() - 24h);
  CHECK(earlier.available(clock.now() - 24h) == 0);
}

TEST_CASE("what was not used comes back") {
  const test::FakeClock clock;
  TokenBucket bucket({1, 1min}, clock.now());
  bucket.take(clock.now());
  CHECK(bucket.available(clock.now()) == 0);
  CHECK(bucket.next(clock.now()) == clock.now() + 1min);
  bucket.give_back(clock.now());
  CHECK(bucket.available(clock.now()) == 1);
}
