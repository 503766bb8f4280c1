#include "store/sign_up_limits.h"

#include "queue/token_bucket.h"

namespace postrider::store {

using queue::TokenBucket;
using namespace std::chrono_literals;

namespace {

constexpr auto longest_period = 24h;  // of parse_rate

TokenBucket bucket_of(Database& database, const std::string& name, const Rate& rate, Instant now) {
  auto query = database.prepare("SELECT tokens, at FROM sign_up_rates WHERE name = ?");
  if (!query.bind(std::string_view(name)).step()) return {rate, now};
  return {rate, {query.real(0), query.instant(1)}, now};
}

}  // namespace

bool SignUpLimits::allows(const std::string& name, const Rate& rate) {
  return bucket_of(database_, name, rate, now_).available(now_) > 0;
}

void SignUpLimits::take(const std::string& name, const Rate& rate) {
  auto bucket = bucket_of(database_, name, rate, now_);
  bucket.take(now_);
  database_
      .prepare(
          "INSERT INTO sign_up_rates VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
          "tokens = excluded.tokens, at = excluded.at")
      .bind(std::string_view(name))
      .bind(bucket.level().tokens)
      .bind(bucket.level().at)
      .run();
}

void SignUpLimits::forget(const std::string& name) {
  database_.prepare("DELETE FROM sign_up_rates WHERE name = ?").bind(std::string_view(name)).run();
}

void SignUpLimits::tidy() {
  database_.prepare("DELETE FROM sign_up_rates WHERE at < ?").bind(now_ - longest_period).run();
}

bool SignUpLimits::is_stopped(ListId list) {
  auto query = database_.prepare("SELECT 1 FROM sign_up_stops WHERE list_id = ?");
  return query.bind(list.value).step();
}

void SignUpLimits::stop(ListId list) {
  database_.prepare("INSERT INTO sign_up_stops VALUES (?, ?) ON CONFLICT DO NOTHING")
      .bind(list.value)
      .bind(now_)
      .run();
}

bool SignUpLimits::go_on(ListId list) {
  return database_.prepare("DELETE FROM sign_up_stops WHERE list_id = ?").bind(list.value).run() >
         0;
}

std::vector<StoppedList> stopped_lists(Database& database) {
  std::vector<StoppedList> all;
  auto query = database.prepare(
      "SELECT l.key, s.at FROM sign_up_stops s JOIN lists l ON l.id = s.list_id ORDER BY s.at");
  while (query.step()) all.push_back({query.text(0), query.instant(1)});
  return all;
}

}  // namespace postrider::store
