// The freeze: an issue's content and audience become live in one commit. The audience itself is
// gathered in gathering.cpp.
#include <nlohmann/json.hpp>

#include "base/local_hour.h"
#include "base/text.h"
#include "base/time_text.h"
#include "store/contents.h"
#include "store/gathering.h"
#include "store/issue_zones.h"
#include "store/ledger.h"
#include "store/operator_mail.h"
#include "store/precedents.h"
#include "store/sums.h"

namespace postrider::store {

using nlohmann::json;
using queue::IssueState;

void store_content(Database& database, IssueId issue, const FrozenIssue& frozen, int version,
                   Instant now) {
  const auto& [content, masthead, likeness] = frozen;
  const auto head = json{{"from", masthead.from},
                         {"reply_to", masthead.reply_to},
                         {"base_url", masthead.base_url},
                         {"lists", masthead.lists},
                         {"token_key", masthead.token_key}}
                        .dump();
  database
      .prepare(
          "INSERT INTO issue_contents (issue_id, version, frozen_at, subject, html, text, "
          "masthead) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .bind(issue.value)
      .bind(static_cast<std::int64_t>(version))
      .bind(now)
      .bind(content.subject)
      .bind(content.html)
      .bind(content.text)
      .bind(head)
      .run();
  for (const auto& image : content.images)
    database
        .prepare(
            "INSERT INTO issue_images (issue_id, version, name, type, bytes) VALUES (?, ?, ?, ?, "
            "?)")
        .bind(issue.value)
        .bind(static_cast<std::int64_t>(version))
        .bind(image.name)
        .bind(image.type)
        .bind_blob(image.bytes)
        .run();
}

namespace {

bool is_due(const std::optional<queue::Issue>& issue, Instant now) {
  return issue && issue->state == IssueState::scheduled && !issue->missing &&
         issue->scheduled_at <= now;
}

/// The order was made for what the issue's row says now.
bool fits(const AudienceOrder& order, const queue::Issue& issue) {
  return (order.segment ? order.segment->written : "") == issue.segment;
}

void tell_started(Database& database, const queue::Issue& issue, Instant now) {
  auto line = "to " + counted(issue.sums.audience(), "reader") + excluded_in_words(issue);
  if (const auto last = Ledger(database).last_due(issue.id); last && issue.local_at())
    line += ", at " + time_of_day_text(*issue.local_time) +
            " of each reader's clock, the last at " + time_text(*last, "UTC");
  if (issue.undo_until)
    line += "; nothing leaves before " + time_text(*issue.undo_until, "UTC") +
            ", and `postrider issue cancel " + issue.slug + "` undoes it until then";
  else
    line += "; `postrider issue pause " + issue.slug + "` stops it";
  OperatorMails(database).tell(OperatorEvent::issue_started, issue.slug, line, now);
}

}  // namespace

std::vector<queue::Issue> Ledger::issues_to_gather(Instant now) {
  return due_issues(now + gather_ahead);
}

bool Ledger::gather(IssueId id, const AudienceOrder& order, Instant now, std::int64_t most) {
  bool complete = true;
  database_.transact([&] {
    const auto issue = find_issue(id);
    if (is_due(issue, now + gather_ahead) && fits(order, *issue))
      complete = Gathering(database_, *issue, order).step(most, now);
  });
  return complete;
}

std::optional<IssueId> Ledger::useless_gathering(Instant now) {
  auto query = database_.prepare(
      "SELECT f.issue_id FROM freezes f JOIN issues i ON i.id = f.issue_id "
      "WHERE i.state <> 1 OR i.missing = 1 OR i.scheduled_at > ? LIMIT 1");
  query.bind(now + 2 * gather_ahead);
  if (!query.step()) return {};
  return IssueId{query.integer(0)};
}

bool Ledger::discard_gathering(IssueId id, Instant now) {
  bool more = false;
  database_.transact([&] {
    if (useless_gathering(now) == id) more = !Gathering(database_, *find_issue(id), {}).discard();
  });
  return more;
}

Freeze Ledger::freeze(IssueId id, const FrozenIssue& frozen, const AudienceOrder& order,
                      const Actor& actor, Instant now, const Start& start) {
  auto result = Freeze::refused;
  database_.transact([&] {
    auto issue = find_issue(id);
    if (!is_due(issue, now) || !fits(order, *issue)) return;
    Gathering gathering(database_, *issue, order);
    result = Freeze::gathering;
    if (!gathering.step(gathered_at_once, now)) return;
    gathering.tell(*issue);
    if (const auto hold = start.objection ? start.objection(*issue) : std::nullopt) {
      this->hold(id, hold->note, actor, now, hold->guards);
      result = Freeze::held;
      return;
    }
    gathering.finish();
    give_groups(id, order.paced_domains);  // the settings may have changed since it was begun
    store_content(database_, id, frozen, issue->version, now);
    Precedents(database_).keep(id, frozen.likeness);
    const auto undo_until = start.undo_window > Duration::zero()
                                ? std::optional(now + start.undo_window)
                                : std::nullopt;
    database_
        .prepare(
            "UPDATE issues SET started_at = ?, undo_until = ?, title = ?, segment = ? WHERE id = ?")
        .bind(now)
        .bind(undo_until)
        .bind(frozen.content.subject)
        .bind(order.segment ? std::string_view(order.segment->meaning) : "")
        .bind(id.value)
        .run();
    move(id, IssueState::sending, "", actor, now);
    tell_started(database_, *find_issue(id), now);
    settle(database_, id, now);
    result = Freeze::done;
  });
  return result;
}

void Ledger::give_groups(IssueId issue, const std::set<std::string>& domains) {
  for (const auto& domain : domains) {
    // They are few: where there are many, the domain has had a group from the start.
    const auto given =
        database_
            .prepare(
                "UPDATE deliveries SET pacing_group = d.id FROM domains d, subscribers s "
                "WHERE d.name = ?1 AND NOT EXISTS (SELECT 1 FROM issue_groups g "
                "WHERE g.issue_id = ?2 AND g.pacing_group = d.id) "
                "AND s.canonical > d.name || ' ' AND s.canonical < d.name || '!' "
                "AND deliveries.issue_id = ?2 AND deliveries.subscriber_id = s.id")
            .bind(domain)
            .bind(issue.value)
            .run();
    if (given == 0) continue;
    database_
        .prepare(
            "INSERT INTO issue_groups SELECT ?1, d.id, (SELECT count(*) FROM subscribers s CROSS "
            "JOIN deliveries v ON v.issue_id = ?1 AND v.subscriber_id = s.id AND v.state IN (3, 4) "
            "WHERE s.canonical > d.name || ' ' AND s.canonical < d.name || '!') FROM domains d "
            "WHERE d.name = ?2")
        .bind(issue.value)
        .bind(domain)
        .run();
  }
}

std::optional<FrozenIssue> Ledger::frozen(IssueId id, std::optional<int> version) {
  FrozenIssue frozen;
  std::int64_t number = 0;
  {
    auto query = database_.prepare(
        "SELECT subject, html, text, masthead, version FROM issue_contents WHERE issue_id = ?1 "
        "AND version = coalesce(?2, (SELECT version FROM issues WHERE id = ?1))");
    query.bind(id.value).bind(version ? std::optional<std::int64_t>(*version) : std::nullopt);
    if (!query.step()) return {};
    number = query.integer(4);
    frozen.content.subject = query.text(0);
    frozen.content.html = query.text(1);
    frozen.content.text = query.text(2);
    const auto head = json::parse(query.view(3));
    frozen.masthead = {head.at("from").get<std::string>(), head.at("reply_to").get<std::string>(),
                       head.at("base_url").get<std::string>(),
                       head.at("lists").get<std::map<std::string, std::string>>(),
                       head.at("token_key").get<int>()};
  }
  auto query = database_.prepare(
      "SELECT name, type, bytes FROM issue_images WHERE issue_id = ? AND version = ? "
      "ORDER BY name");
  query.bind(id.value).bind(number);
  while (query.step())
    frozen.content.images.push_back({query.text(0), query.text(1), query.text(2)});
  return frozen;
}

}  // namespace postrider::store
