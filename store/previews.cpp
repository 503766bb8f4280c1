#include "store/previews.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "store/ledger.h"
#include "store/notices.h"

namespace postrider::store {

std::vector<queue::Issue> waiting_issues(Database& database) {
  std::vector<IssueId> ids;
  {
    auto query = database.prepare(
        "SELECT id FROM issues WHERE ready = 1 AND started_at IS NULL AND missing = 0 "
        "AND state IN (0, 1, 4, 5) ORDER BY id");
    while (query.step()) ids.push_back({query.integer(0)});
  }
  std::vector<queue::Issue> issues;
  for (const auto id : ids)
    if (auto issue = Ledger(database).find_issue(id)) issues.push_back(std::move(*issue));
  return issues;
}

std::string Previews::seen(IssueId issue) {
  auto query = database_.prepare("SELECT digest FROM previews WHERE issue_id = ?");
  return query.bind(issue.value).step() ? query.text(0) : std::string();
}

void Previews::see(IssueId issue, std::string_view digest, bool quiet) {
  database_
      .prepare(
          "INSERT INTO previews (issue_id, digest, mailed) VALUES (?1, ?2, iif(?3, ?2, '')) "
          "ON CONFLICT DO UPDATE SET digest = ?2")
      .bind(issue.value)
      .bind(digest)
      .bind(static_cast<std::int64_t>(quiet))
      .run();
}

std::vector<IssueId> Previews::others(const std::vector<IssueId>& waiting) {
  std::vector<IssueId> ids;
  auto query = database_.prepare("SELECT issue_id FROM previews WHERE digest <> ''");
  while (query.step())
    if (const IssueId id{query.integer(0)}; std::ranges::find(waiting, id) == waiting.end())
      ids.push_back(id);
  return ids;
}

bool Previews::knows_others(const std::vector<IssueId>& waiting) {
  return !others(waiting).empty();
}

void Previews::forget_but(const std::vector<IssueId>& waiting) {
  for (const auto id : others(waiting))
    database_.prepare("UPDATE previews SET digest = '', mailed = '' WHERE issue_id = ?")
        .bind(id.value)
        .run();
}

/// A time to come is that of a clock that was put back: nobody waits for it.
std::vector<IssueId> Previews::due(Duration pause, Instant now) {
  std::vector<IssueId> ids;
  auto query = database_.prepare(
      "SELECT issue_id FROM previews WHERE mailed <> digest AND (mailed_at IS NULL "
      "OR mailed_at <= ? OR mailed_at > ?) ORDER BY issue_id");
  query.bind(now - pause).bind(now);
  while (query.step()) ids.push_back({query.integer(0)});
  return ids;
}

void Previews::show(IssueId issue, const std::vector<mail::Address>& reviewers, Instant now) {
  for (const auto& reviewer : reviewers)
    Notices(database_).make({.kind = queue::NoticeKind::preview,
                             .address = reviewer,
                             .detail = nlohmann::json{{"issue", issue.value}}.dump()},
                            now);
  database_.prepare("UPDATE previews SET mailed = digest, mailed_at = ? WHERE issue_id = ?")
      .bind(now)
      .bind(issue.value)
      .run();
}

IssueId previewed_issue(std::string_view detail) {
  const auto json = nlohmann::json::parse(detail, nullptr, false);
  return {json.is_object() ? json.value("issue", std::int64_t{0}) : 0};
}

}  // namespace postrider::store
