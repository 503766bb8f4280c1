// What came back, for people.
#include <algorithm>
#include <limits>

#include "store/bounces.h"

namespace postrider::store {

namespace {

constexpr std::int64_t bounces_a_page = 5000;

constexpr std::string_view bounce_columns =
    "b.id, b.report_id, coalesce(r.source, 'delivery'), b.at, coalesce(s.email, ''), "
    "coalesce(i.slug, ''), coalesce(n.kind, ''), b.recipient, b.kind, b.status, b.code, b.reason, "
    "b.text, b.rule, b.effect, r.undone_at IS NOT NULL, coalesce(a.kind, ''), a.state "
    "FROM bounces b LEFT JOIN reports r ON r.id = b.report_id LEFT JOIN subscribers s ON "
    "s.id = b.subscriber_id LEFT JOIN issues i ON i.id = b.issue_id LEFT JOIN notices n ON "
    "n.id = b.notice LEFT JOIN notices a ON a.id = (SELECT max(m.id) FROM notices m WHERE "
    "m.report_id = b.report_id)";

/// Each condition has an index of its own.
std::string bounce_conditions(const BounceFilter& filter) {
  std::string sql = " WHERE b.id < ?1";
  if (!filter.email.empty())
    sql += " AND b.subscriber_id = (SELECT id FROM subscribers WHERE canonical = ?2)";
  if (!filter.issue.empty()) sql += " AND b.issue_id = (SELECT id FROM issues WHERE slug = ?3)";
  if (!filter.domain.empty()) sql += " AND b.domain_id = (SELECT id FROM domains WHERE name = ?4)";
  if (filter.report) sql += " AND b.report_id = ?6";
  if (filter.kind) sql += " AND b.kind = ?5";
  if (filter.unmatched) sql += " AND b.subscriber_id IS NULL";
  if (filter.kept) sql += " AND r.message IS NOT NULL";
  return sql;
}

Bounce read_bounce(const Statement& query) {
  Bounce bounce;
  bounce.id = query.integer(0);
  if (!query.is_null(1)) bounce.report = query.integer(1);
  bounce.source = query.text(2);
  bounce.at = query.instant(3);
  bounce.email = query.text(4);
  bounce.issue = query.text(5);
  bounce.notice = query.text(6);
  auto& finding = bounce.finding;
  finding.recipient = query.text(7);
  finding.kind = static_cast<mail::ReportKind>(query.integer(8));
  finding.status = query.text(9);
  finding.code = static_cast<int>(query.integer(10));
  finding.reason = query.text(11);
  finding.text = query.text(12);
  finding.rule = query.text(13);
  bounce.effects = static_cast<unsigned>(query.integer(14));
  bounce.undone = query.integer(15) != 0;
  bounce.answer = query.text(16);
  if (!query.is_null(17))
    bounce.answer_state = static_cast<queue::DeliveryState>(query.integer(17));
  return bounce;
}

}  // namespace

void Bounces::each(const BounceFilter& filter, const std::function<void(const Bounce&)>& visit) {
  const auto sql = "SELECT " + std::string(bounce_columns) + bounce_conditions(filter) +
                   " ORDER BY b.id DESC LIMIT ?7";
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  for (auto left = filter.most; left > 0; left -= bounces_a_page) {
    std::vector<Bounce> page;
    {
      auto query = database_.prepare(sql);
      query.bind(before)
          .bind(filter.email)
          .bind(filter.issue)
          .bind(filter.domain)
          .bind(filter.kind ? static_cast<std::int64_t>(*filter.kind) : 0)
          .bind(filter.report)
          .bind(std::min(left, bounces_a_page));
      while (query.step()) page.push_back(read_bounce(query));
    }
    if (page.empty()) return;
    before = page.back().id;
    for (const auto& bounce : page) visit(bounce);
  }
}

bool is_domain_of_readers(Database& database, std::string_view domain) {
  return database.prepare("SELECT 1 FROM domains WHERE name = ?").bind(domain).step();
}

}  // namespace postrider::store
