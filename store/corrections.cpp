#include "store/corrections.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "store/contents.h"
#include "store/precedents.h"
#include "store/sums.h"

namespace postrider::store {

using queue::DeliveryState;
using queue::Issue;
using queue::IssueState;

namespace {

std::string issue_named(const Issue& issue) { return "issue '" + issue.slug + "'"; }

bool is_among(int version, const std::vector<int>& versions) {
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

std::string listed(const std::vector<int>& versions) {
  std::vector<std::string> numbers;
  for (const auto version : versions) numbers.push_back(std::to_string(version));
  return join(numbers, ", ");
}

/// Still waits for its mail.
constexpr std::string_view still_waits_sql =
    "SELECT 1 FROM deliveries INDEXED BY deliveries_due WHERE issue_id = ? AND state IN (0, 7) "
    "AND due IS NOT NULL LIMIT 1";

}  // namespace

// Versions --------------------------------------------------------------------------------------

std::vector<IssueVersion> Corrections::versions(const Issue& issue) {
  std::map<int, IssueVersion> found;
  {
    auto query = database_.prepare(
        "SELECT version, frozen_at, subject FROM issue_contents WHERE issue_id = ?");
    query.bind(issue.id.value);
    while (query.step()) {
      const auto number = static_cast<int>(query.integer(0));
      found[number] = {number, query.instant(1), query.text(2), {}};
    }
  }
  if (found.size() == 1) {  // all have it, or will: nobody is counted
    found.begin()->second.readers = issue.sums;
    return {found.begin()->second};
  }
  auto query = database_.prepare(
      "SELECT version, state, attempts > 0, count(*) FROM deliveries WHERE issue_id = ? "
      "GROUP BY 1, 2, 3");
  query.bind(issue.id.value);
  while (query.step()) {
    auto& version = found[static_cast<int>(query.integer(0))];
    version.readers.*sum_of(static_cast<DeliveryState>(query.integer(1)),
                            static_cast<int>(query.integer(2))) += query.integer(3);
  }
  std::vector<IssueVersion> all;
  for (auto& [number, version] : found) all.push_back(std::move(version));
  return all;
}

// Amending --------------------------------------------------------------------------------------

Result<void> Corrections::can_be_amended(const Issue& issue) const {
  const auto refuse = [&](const std::string& why) { return fail(issue_named(issue) + " " + why); };
  if (!issue.corrects.empty())
    return refuse("is an erratum; `postrider issue cancel " + issue.slug +
                  "` stops it, and another one can be sent");
  if (issue.state == IssueState::cancelled)
    return refuse("is cancelled: nothing more of it goes out");
  if (!issue.started_at)
    return refuse("has not started: what its draft says when it does is what goes out");
  const auto& sums = issue.sums;
  // Those who failed or are in doubt may be tried again.
  if (sums.pending + sums.deferred + sums.in_doubt + sums.failed == 0)
    return refuse("has nothing left to send; `postrider issue erratum " + issue.slug +
                  " FILE` writes to those who got it");
  return {};
}

Result<int> Corrections::amend(std::string_view slug, const Amendment& amendment,
                               const Actor& actor, Instant now) {
  Result<int> result = 0;
  database_.transact([&] {
    Ledger ledger(database_);
    const auto issue = ledger.find_issue(slug);
    if (!issue) {
      result = fail("there is no issue '" + std::string(slug) + "'");
      return;
    }
    if (const auto can = can_be_amended(*issue); !can) {
      result = tl::make_unexpected(can.error());
      return;
    }
    if (issue->version != amendment.based_on) {
      result = fail(issue_named(*issue) + " was amended meanwhile; look at it once more");
      return;
    }
    const auto version = issue->version + 1;
    auto content = amendment.content;
    // What its mails' Message-IDs are made of stays.
    content.masthead = ledger.frozen(issue->id)->masthead;
    store_content(database_, issue->id, content, version, now);
    Precedents(database_).keep(issue->id, content.likeness);
    database_.prepare("UPDATE issues SET version = ?, title = ?, source_hash = ? WHERE id = ?")
        .bind(static_cast<std::int64_t>(version))
        .bind(content.content.subject)
        .bind(amendment.source_hash)
        .bind(issue->id.value)
        .run();
    ledger.note_event("issue.amended",
                      "version " + std::to_string(version) + "; " +
                          counted(issue->sums.accepted, "reader") + " had it as it was before",
                      actor, now, issue->id);
    result = version;
  });
  return result;
}

// Errata ----------------------------------------------------------------------------------------

std::vector<int> Corrections::faulty_versions(const Issue& issue) {
  std::vector<int> versions;
  for (int version = 1; version < std::max(issue.version, 2); ++version)
    versions.push_back(version);
  return versions;
}

std::int64_t Corrections::count(std::string_view sql, IssueId issue, const std::string& versions) {
  auto query = database_.prepare(sql);
  query.bind(issue.value).bind(versions).step();
  return query.integer(0);
}

Result<void> Corrections::can_be_corrected(const Issue& issue, const std::vector<int>& versions,
                                           std::string_view source_hash) {
  if (!issue.started_at)
    return fail(issue_named(issue) + " has not started: nobody has got it; mend its draft");
  for (const auto version : versions)
    if (version < 1 || version > issue.version)
      return fail(issue_named(issue) + " has no version " + std::to_string(version) + "; it has " +
                  (issue.version == 1 ? "one" : std::to_string(issue.version)));
  if (issue.state == IssueState::cancelled &&
      database_.prepare(still_waits_sql).bind(issue.id.value).step())
    return fail(issue_named(issue) + " is just being cancelled; try again in a moment");
  const bool is_open = issue.state == IssueState::sending || issue.state == IssueState::paused;
  if (is_open && is_among(issue.version, versions)) {
    auto query = database_.prepare(still_waits_sql);
    if (query.bind(issue.id.value).step())
      return fail(issue_named(issue) + " still goes out with version " +
                  std::to_string(issue.version) +
                  ": first mend its draft and `postrider issue amend " + issue.slug +
                  "`, or `postrider issue cancel " + issue.slug + "`");
  }
  const auto on_wire = count(
      "SELECT count(*) FROM deliveries INDEXED BY deliveries_sending WHERE issue_id = ? "
      "AND state = 2 AND version IN (SELECT value FROM json_each(?))",
      issue.id, nlohmann::json(versions).dump());
  if (on_wire > 0)
    return fail(counted(on_wire, "mail") + " of version " + listed(versions) + " of " +
                issue_named(issue) +
                " is on the wire just now, and nobody knows yet whether it arrives; try again in a "
                "moment");
  const auto copies = count(
      "SELECT count(*) FROM notices WHERE issue_id = ?1 AND kind = 'resend' AND (state = 2 OR "
      "(state IN (0, 7) AND due IS NOT NULL AND (SELECT version FROM issues WHERE id = ?1) IN "
      "(SELECT value FROM json_each(?2))))",
      issue.id, nlohmann::json(versions).dump());
  if (copies > 0)
    return fail(
        issue_named(issue) + ": " + counted(copies, "mail") +
        " that somebody asked for by `issue resend` may still go out with that version; try "
        "again when that is over");
  auto query = database_.prepare(
      "SELECT i.slug FROM errata e JOIN issues i ON i.id = e.issue_id WHERE e.corrects = ? "
      "AND i.source_hash = ? AND i.state <> 6");
  query.bind(issue.id.value).bind(source_hash);
  if (query.step())
    return fail("this file goes out already, as '" + query.text(0) +
                "'; write another one if there is more to say");
  return {};
}

std::string Corrections::free_slug(const Issue& issue) {
  Ledger ledger(database_);
  for (int number = 1;; ++number) {
    auto slug = issue.slug + "-erratum-" + std::to_string(number);
    if (!ledger.find_issue(slug)) return slug;
  }
}

namespace {

/// Of a delivery: one of those versions may have arrived. It was accepted; or cut off with its
/// answer unknown, and no newer one is to come.
constexpr std::string_view may_have_arrived =
    "((d.state = 3 AND d.version IN versions) OR (d.state IN (5, 6, 7) AND d.due IS NULL "
    "AND d.version > 0 AND EXISTS (SELECT 1 FROM attempts a WHERE a.issue_id = d.issue_id "
    "AND a.subscriber_id = d.subscriber_id AND a.notice = 0 AND a.outcome = 3 "
    "AND a.version IN versions))) ";

/// Of subscribers after ?2 up to ?3, and first of all who got a copy on request, whatever their
/// number; ?4: versions; ?6: whose pacing groups there are. The last column: why they get no
/// erratum; empty: they do.
const std::string readers_affected =
    "WITH versions (version) AS (SELECT value FROM json_each(?4)), got (subscriber_id, list_id) AS "
    "("
    "SELECT d.subscriber_id, d.list_id FROM deliveries d WHERE d.issue_id = ?1 "
    "AND d.subscriber_id > ?2 AND d.subscriber_id <= ?3 AND " +
    std::string(may_have_arrived) +
    "UNION ALL SELECT c.subscriber_id, min(c.list_id) FROM notices c WHERE ?2 = 0 "
    "AND c.issue_id = ?1 AND c.kind = 'resend' AND c.state = 3 AND c.version IN versions "
    "AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.issue_id = ?1 "
    "AND d.subscriber_id = c.subscriber_id AND " +
    std::string(may_have_arrived) +
    ") GROUP BY 1) "
    "SELECT g.subscriber_id, g.list_id, CASE WHEN EXISTS (SELECT 1 FROM issue_groups o "
    "WHERE o.issue_id = ?6 AND o.pacing_group = s.domain_id) THEN s.domain_id ELSE 0 END, "
    "CASE WHEN s.id IS NULL THEN 'erased' WHEN EXISTS (SELECT 1 FROM suppressions x "
    "WHERE x.canonical = s.canonical) THEN 'suppressed' WHEN NOT EXISTS (SELECT 1 FROM "
    "subscriptions n WHERE n.list_id = g.list_id AND n.subscriber_id = s.id AND n.state = 1) "
    "THEN 'unsubscribed' WHEN s.paused_until > ?5 THEN 'paused' ELSE '' END "
    "FROM got g LEFT JOIN subscribers s ON s.id = g.subscriber_id";

}  // namespace

/// The readers of one step.
struct Corrections::Step {
  struct Reader {
    std::int64_t id, list, group;
  };
  std::vector<Reader> readers;
  std::map<std::string, std::int64_t> excluded;
};

std::optional<std::int64_t> Corrections::end_of_step(IssueId issue, std::int64_t from) {
  auto query = database_.prepare(
      "SELECT max(subscriber_id) FROM (SELECT subscriber_id FROM deliveries WHERE issue_id = ? "
      "AND subscriber_id > ? ORDER BY subscriber_id LIMIT ?)");
  query.bind(issue.value).bind(from).bind(corrected_at_once).step();
  if (query.is_null(0)) return {};
  return query.integer(0);
}

Corrections::Step Corrections::look(IssueId issue, IssueId erratum, const std::string& versions,
                                    std::int64_t from, std::int64_t to, Instant now) {
  Step step;
  auto query = database_.prepare(readers_affected);
  query.bind(issue.value).bind(from).bind(to).bind(versions).bind(now).bind(erratum.value);
  while (query.step())
    if (query.view(3).empty())
      step.readers.push_back({query.integer(0), query.integer(1), query.integer(2)});
    else
      ++step.excluded[query.text(3)];
  return step;
}

Affected Corrections::affected(const Issue& issue, const std::vector<int>& versions, Instant now) {
  Affected all;
  const auto numbers = nlohmann::json(versions).dump();
  std::int64_t from = 0;
  while (const auto to = end_of_step(issue.id, from)) {
    const auto step = look(issue.id, issue.id, numbers, from, *to, now);
    all.audience += std::ssize(step.readers);
    for (const auto& [reason, readers] : step.excluded) all.excluded[reason] += readers;
    from = *to;
  }
  return all;
}

Result<IssueId> Corrections::begin_erratum(const ErratumOrder& order, const Actor& actor,
                                           Instant now) {
  Result<IssueId> result = IssueId{};
  database_.transact([&] {
    Ledger ledger(database_);
    const auto issue = ledger.find_issue(order.corrects);
    if (!issue) {
      result = fail("there is no issue '" + order.corrects + "'");
      return;
    }
    if (const auto can = can_be_corrected(*issue, order.versions, order.source_hash); !can) {
      result = tl::make_unexpected(can.error());
      return;
    }
    if (ledger.find_issue(order.slug)) {
      result = fail("'" + order.slug + "' is the slug of another issue; a slug is sent once");
      return;
    }
    DraftRecord row;
    row.slug = order.slug;
    row.title = order.content.content.subject;
    row.path = order.path;
    row.source_hash = order.source_hash;
    row.lists = issue->lists;
    row.ready = true;
    row.state = IssueState::sending;
    row.scheduled_at = now;
    row.note = "corrects '" + issue->slug + "'";
    const auto id = ledger.put_draft(row, actor, now);
    const auto undo_until = order.undo_window > Duration::zero()
                                ? std::optional(now + order.undo_window)
                                : std::nullopt;
    database_.prepare("UPDATE issues SET started_at = ?, undo_until = ?, note = '' WHERE id = ?")
        .bind(now)
        .bind(undo_until)
        .bind(id.value)
        .run();
    const auto versions = nlohmann::json(order.versions).dump();
    database_.prepare("INSERT INTO errata VALUES (?, ?, ?, 0)")
        .bind(id.value)
        .bind(issue->id.value)
        .bind(versions)
        .run();
    database_.prepare("INSERT INTO issue_sums (issue_id) VALUES (?)").bind(id.value).run();
    database_
        .prepare(
            "INSERT INTO issue_groups (issue_id, pacing_group) SELECT ?, pacing_group "
            "FROM issue_groups WHERE issue_id = ?")
        .bind(id.value)
        .bind(issue->id.value)
        .run();
    store_content(database_, id, order.content, 1, now);
    ledger.note_event("issue.erratum",
                      order.slug + ", to those who got version " + listed(order.versions), actor,
                      now, issue->id);
    result = id;
  });
  return result;
}

bool Corrections::gather_erratum(IssueId erratum, Instant now) {
  bool more = false;
  database_.transact([&] {
    std::int64_t corrects = 0, from = 0;
    std::string versions;
    {
      auto query = database_.prepare(
          "SELECT e.corrects, e.versions, e.gathered_to, i.state FROM errata e JOIN issues i "
          "ON i.id = e.issue_id WHERE e.issue_id = ? AND e.gathered_to IS NOT NULL");
      if (!query.bind(erratum.value).step()) return;
      corrects = query.integer(0);
      versions = query.text(1);
      from = query.integer(2);
      more = static_cast<IssueState>(query.integer(3)) != IssueState::cancelled;
    }
    const auto to = more ? end_of_step({corrects}, from) : std::nullopt;
    more = to.has_value();
    database_.prepare("UPDATE errata SET gathered_to = ? WHERE issue_id = ?")
        .bind(to)
        .bind(erratum.value)
        .run();
    if (!to) {
      settle(database_, erratum, now);
      return;
    }
    const auto step = look({corrects}, erratum, versions, from, *to, now);
    std::int64_t placed = 0;
    for (const auto& [id, list, group] : step.readers)
      placed +=
          database_
              .prepare(
                  "INSERT INTO deliveries (issue_id, subscriber_id, list_id, pacing_group, due) "
                  "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")  // by a copy, and by the
                                                                    // delivery
              .bind(erratum.value)
              .bind(id)
              .bind(list)
              .bind(group)
              .bind(now)
              .run();
    for (const auto& [reason, readers] : step.excluded)
      database_
          .prepare(
              "INSERT INTO issue_excluded VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
              "readers = readers + excluded.readers")
          .bind(erratum.value)
          .bind(reason)
          .bind(readers)
          .run();
    if (placed == 0) return;
    add_to_sums(database_, erratum, {.pending = placed});
    database_.prepare("UPDATE issues SET revision = revision + 1 WHERE id = ?")
        .bind(erratum.value)
        .run();
  });
  return more;
}

std::optional<IssueId> Corrections::erratum_in_part() {
  auto query =
      database_.prepare("SELECT issue_id FROM errata WHERE gathered_to IS NOT NULL LIMIT 1");
  if (!query.step()) return {};
  return IssueId{query.integer(0)};
}

}  // namespace postrider::store
