#include "store/notices.h"

#include <map>

#include "base/random.h"
#include "store/ledger.h"
#include "store/subscriber_writer.h"

namespace postrider::store {

using namespace std::chrono_literals;

std::uint64_t Notices::make(const NoticeOrder& order, Instant now, std::optional<Instant> due) {
  const auto row = [](const auto& id) -> std::optional<std::int64_t> {
    return id ? std::optional(id->value) : std::nullopt;
  };
  const auto uid = random_u64();
  std::optional<std::int64_t> domain;
  std::string address;
  if (order.address) {
    domain = domain_id(database_, order.address->domain);
    address = order.address->str();
  }
  database_
      .prepare(
          "INSERT INTO notices (uid, kind, issue_id, subscriber_id, list_id, address, domain_id, "
          "language, detail, rank, at, due, report_id) VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?, "
          "?, ?, ?, ?, ?)")
      .bind(static_cast<std::int64_t>(uid))
      .bind(to_string(order.kind))
      .bind(row(order.issue))
      .bind(row(order.subscriber))
      .bind(row(order.list))
      .bind(address)
      .bind(domain)
      .bind(order.language)
      .bind(order.detail)
      .bind(static_cast<std::int64_t>(order.may_wait))
      .bind(now)
      .bind(due.value_or(now))
      .bind(order.report)
      .run();
  return uid;
}

std::optional<NoticeRow> Notices::find(std::uint64_t uid) {
  auto query = database_.prepare(
      "SELECT id, kind, subscriber_id, coalesce(address, ''), detail, at FROM notices "
      "WHERE uid = ?");
  if (!query.bind(static_cast<std::int64_t>(uid)).step()) return {};
  NoticeRow row{
      query.integer(0), queue::notice_kind(query.view(1)).value(), {}, query.text(3), query.text(4),
      query.instant(5)};
  if (!query.is_null(2)) row.subscriber = {query.integer(2)};
  return row;
}

std::vector<NoticeStory> Notices::of(SubscriberId subscriber) {
  std::vector<NoticeStory> all;
  std::map<std::int64_t, std::size_t> places;
  auto query = database_.prepare(
      "SELECT n.id, n.kind, coalesce(n.address, s.email), n.at, n.state, n.due FROM notices n "
      "JOIN subscribers s ON s.id = n.subscriber_id "
      "WHERE n.subscriber_id = ? AND n.issue_id IS NULL ORDER BY n.at, n.id");
  query.bind(subscriber.value);
  while (query.step()) {
    places[query.integer(0)] = all.size();
    all.push_back({queue::notice_kind(query.view(1)).value(),
                   query.text(2),
                   query.instant(3),
                   static_cast<queue::DeliveryState>(query.integer(4)),
                   query.optional_instant(5),
                   {}});
  }
  for (auto& record : Ledger(database_).attempts({0}, subscriber))
    if (const auto place = places.find(record.notice); place != places.end())
      all[place->second].attempts.push_back(std::move(record.attempt));
  return all;
}

NoticeSums Notices::sums(Instant now) {
  NoticeSums sums;
  auto waiting = database_.prepare(
      "SELECT count(*) FILTER (WHERE due <= ?1 OR attempts > 0), count(*) FROM notices "
      "WHERE state IN (0, 7) AND due IS NOT NULL "
      "AND kind NOT IN ('operator_mail', 'preview')");
  waiting.bind(now).step();
  sums.waiting = waiting.integer(0);
  sums.later = waiting.integer(1) - sums.waiting;
  auto failed = database_.prepare(
      "SELECT count(*) FROM notices WHERE at > ? AND state IN (4, 5) "
      "AND kind NOT IN ('operator_mail', 'preview')");
  failed.bind(now - 24h).step();
  sums.failed = failed.integer(0);
  return sums;
}

}  // namespace postrider::store
