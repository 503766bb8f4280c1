#include "store/read_reports.h"

#include "store/bounces.h"

namespace postrider::store {

ReadReports read_reports_after(Database& database, std::int64_t report) {
  ReadReports read;
  {
    auto query = database.prepare(
        "SELECT coalesce(max(id), ?1), count(*), (SELECT count(*) FROM reports WHERE id > ?1 "
        "AND message IS NOT NULL) FROM reports WHERE id > ?1");
    query.bind(report).step();
    read = {.last = query.integer(0), .reports = query.integer(1), .kept = query.integer(2)};
  }
  auto query = database.prepare(
      "SELECT count(nullif(effect & ?3, 0)), count(nullif(effect & ?4, 0)), "
      "count(nullif(effect & ?5, 0)), count(nullif(effect & ?6, 0)) "
      "FROM bounces WHERE report_id > ?1 AND report_id <= ?2");
  query.bind(report)
      .bind(read.last)
      .bind(std::int64_t{effect::delivery})
      .bind(std::int64_t{effect::suppressed})
      .bind(std::int64_t{effect::left})
      .bind(std::int64_t{effect::withheld})
      .step();
  read.bounced = query.integer(0);
  read.suppressed = query.integer(1);
  read.left = query.integer(2);
  read.withheld = query.integer(3);
  return read;
}

std::int64_t newest_report(Database& database) {
  auto query = database.prepare("SELECT coalesce(max(id), 0) FROM reports");
  query.step();
  return query.integer(0);
}

std::int64_t count_kept(Database& database) {
  auto query = database.prepare("SELECT count(*) FROM reports WHERE message IS NOT NULL");
  query.step();
  return query.integer(0);
}

}  // namespace postrider::store
