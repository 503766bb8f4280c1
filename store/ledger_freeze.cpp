// The freeze: an issue's content and audience become live in one commit.
#include <nlohmann/json.hpp>

#include "store/ledger.h"
#include "store/sums.h"

namespace postrider::store {

using nlohmann::json;
using queue::IssueState;

namespace {

void store_content(Database& database, IssueId issue, const FrozenIssue& frozen) {
  const auto& [content, masthead] = frozen;
  const auto head = json{
      {"from", masthead.from},
      {"reply_to", masthead.reply_to},
      {"base_url", masthead.base_url},
      {"lists",
       masthead.lists}}.dump();
  database
      .prepare(
          "INSERT INTO issue_contents (issue_id, subject, html, text, masthead) "
          "VALUES (?, ?, ?, ?, ?)")
      .bind(issue.value)
      .bind(content.subject)
      .bind(content.html)
      .bind(content.text)
      .bind(head)
      .run();
  for (const auto& image : content.images)
    database.prepare("INSERT INTO issue_images (issue_id, name, type, bytes) VALUES (?, ?, ?, ?)")
        .bind(issue.value)
        .bind(image.name)
        .bind(image.type)
        .bind_blob(image.bytes)
        .run();
}

/// One delivery for each confirmed, unsuppressed reader of the list who has none of this issue yet:
/// called for the issue's lists in their order, so that the first one names the mail.
std::int64_t add_audience(Database& database, IssueId issue, std::string_view list, Instant now) {
  return database
      .prepare(
          "INSERT INTO deliveries (issue_id, subscriber_id, list_id, state, due) "
          "SELECT ?1, n.subscriber_id, n.list_id, 0, ?2 FROM subscriptions n "
          "JOIN subscribers s ON s.id = n.subscriber_id "
          "WHERE n.list_id = (SELECT id FROM lists WHERE key = ?3) AND n.state = 1 "
          "AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical) "
          "ON CONFLICT DO NOTHING")
      .bind(issue.value)
      .bind(now)
      .bind(list)
      .run();
}

/// Each reader of the lists who is not in the audience is counted once, under the reason that would
/// have to go first: suppressed, then unsubscribed, then unconfirmed.
void count_excluded(Database& database, IssueId issue, const std::string& lists) {
  database
      .prepare(
          "INSERT INTO issue_excluded (issue_id, reason, readers) "
          "SELECT ?1, reason, count(*) FROM (SELECT CASE "
          "WHEN EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical) "
          "THEN 'suppressed' WHEN min(n.state) = 0 THEN 'unconfirmed' "
          "ELSE 'unsubscribed' END AS reason FROM subscriptions n "
          "JOIN subscribers s ON s.id = n.subscriber_id "
          "WHERE n.list_id IN (SELECT l.id FROM lists l JOIN json_each(?2) j "
          "ON j.value = l.key) AND NOT EXISTS (SELECT 1 FROM deliveries d "
          "WHERE d.issue_id = ?1 AND d.subscriber_id = n.subscriber_id) "
          "GROUP BY n.subscriber_id) GROUP BY reason")
      .bind(issue.value)
      .bind(lists)
      .run();
}

}  // namespace

bool Ledger::freeze(IssueId id, const FrozenIssue& frozen, const Actor& actor, Instant now) {
  bool frozen_now = false;
  database_.transact([&] {
    const auto issue = find_issue(id);
    if (!issue || issue->state != IssueState::scheduled) return;
    store_content(database_, id, frozen);
    queue::IssueSums sums;
    for (const auto& list : issue->lists) sums.pending += add_audience(database_, id, list, now);
    count_excluded(database_, id, json(issue->lists).dump());
    database_.prepare("INSERT INTO issue_sums (issue_id) VALUES (?)").bind(id.value).run();
    add_to_sums(database_, id, sums);
    database_.prepare("UPDATE issues SET started_at = ?, title = ? WHERE id = ?")
        .bind(now)
        .bind(frozen.content.subject)
        .bind(id.value)
        .run();
    move(id, IssueState::sending, "", actor, now);
    settle(database_, id, now);
    frozen_now = true;
  });
  return frozen_now;
}

std::optional<FrozenIssue> Ledger::frozen(IssueId id) {
  FrozenIssue frozen;
  {
    auto query = database_.prepare(
        "SELECT subject, html, text, masthead FROM issue_contents WHERE issue_id = ?");
    query.bind(id.value);
    if (!query.step()) return {};
    frozen.content.subject = query.text(0);
    frozen.content.html = query.text(1);
    frozen.content.text = query.text(2);
    const auto head = json::parse(query.view(3));
    frozen.masthead = {head.at("from").get<std::string>(), head.at("reply_to").get<std::string>(),
                       head.at("base_url").get<std::string>(),
                       head.at("lists").get<std::map<std::string, std::string>>()};
  }
  auto query = database_.prepare(
      "SELECT name, type, bytes FROM issue_images WHERE issue_id = ? ORDER BY name");
  query.bind(id.value);
  while (query.step())
    frozen.content.images.push_back({query.text(0), query.text(1), query.text(2)});
  return frozen;
}

}  // namespace postrider::store
