#include "store/reports.h"

#include <algorithm>
#include <cctype>

#include "store/replies.h"

namespace postrider::store {

using mail::ReportKind;

namespace {

constexpr std::size_t shortest_id = 16;  // so that it cannot be met by chance

std::string_view bytes_of(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

/// Between these are all random ids that begin with the claims' octets.
std::pair<Uid, Uid> bounds(const ReturnClaims& claims) {
  Uid least{}, most{};
  most.fill(0xFF);
  std::copy(claims.subject.begin(), claims.subject.end(), least.begin());
  std::copy(claims.subject.begin(), claims.subject.end(), most.begin());
  return {least, most};
}

/// What a report with one mail behind it says of that: of several recipients, the reader; of
/// several that the reader's address was turned into, one who is gone does not speak for the
/// others; else all that they have in common. Nothing: they differ.
const mail::Finding* finding_of(const mail::Report& report, const std::string& email) {
  const auto& all = report.findings;
  const auto is_reader = [&](const std::string& written) {
    const auto address = mail::parse_address(written);
    return address && address->canonical() == email;
  };
  const auto find = [&](auto matches) {
    const auto found = std::ranges::find_if(all, matches);
    return found != all.end() ? &*found : nullptr;
  };
  const auto is_of_reader = [&](const mail::Finding& finding) {
    return is_reader(finding.recipient) || is_reader(finding.original);
  };
  const auto may_pass = [&](const mail::Finding& finding) {
    return finding.kind != ReportKind::hard && is_of_reader(finding);
  };
  if (const auto* passing = find(may_pass)) return passing;
  if (const auto* gone = find(is_of_reader)) return gone;
  const auto alike = [&](const mail::Finding& finding) { return finding.kind == all.front().kind; };
  return std::ranges::all_of(all, alike) ? &all.front() : nullptr;
}

bool keeps_message(Filed taken) {
  switch (taken) {
    case Filed::kept:
    case Filed::person:
    case Filed::forwarded:
    case Filed::asked:
      return true;
    case Filed::known:
    case Filed::matched:
    case Filed::left:
    case Filed::erased:
      break;
  }
  return false;
}

std::string canonical_of(Database& database, SubscriberId subscriber) {
  auto query = database.prepare("SELECT canonical FROM subscribers WHERE id = ?");
  return query.bind(subscriber.value).step() ? query.text(0) : std::string();
}

constexpr std::int64_t forgotten_at_once = 20;  // of 10 MB each

/// Kept, and nothing was made of it that is under way still.
constexpr std::string_view is_at_rest =
    "message IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notices n WHERE "
    "n.report_id = reports.id AND n.state NOT IN (4, 5, 6))";
std::string may_be_judged() { return std::string(is_at_rest) + " AND undone_at IS NULL"; }

bool is_to_judge(Database& database, std::int64_t report) {
  auto query = database.prepare("SELECT 1 FROM reports WHERE id = ? AND " + may_be_judged());
  return query.bind(report).step();
}

/// Whether the id stands there as a word of its own.
bool names_id(std::string_view reply, std::string_view id) {
  const auto is_inner = [&](std::size_t place) {
    return place < reply.size() && (std::isalnum(static_cast<unsigned char>(reply[place])) != 0 ||
                                    reply[place] == '-' || reply[place] == '_');
  };
  const auto begin = reply.find(id);
  return begin != std::string_view::npos && (begin == 0 || !is_inner(begin - 1)) &&
         !is_inner(begin + id.size());
}

}  // namespace

std::optional<MailOf> find_mail_called(Database& database, const mail::Address& recipient,
                                       std::string_view id) {
  if (id.size() < shortest_id) return {};
  const auto canonical = recipient.canonical();
  {
    auto query = database.prepare(
        "SELECT s.id, i.id, d.list_id, a.reply FROM subscribers s CROSS JOIN issues i "
        "CROSS JOIN deliveries d ON d.issue_id = i.id AND d.subscriber_id = s.id "
        "CROSS JOIN attempts a ON a.issue_id = i.id AND a.subscriber_id = s.id AND a.notice = 0 "
        "AND a.outcome = 0 WHERE s.canonical = ? ORDER BY i.id DESC");
    query.bind(canonical);
    while (query.step())
      if (names_id(query.view(3), id))
        return MailOf{{query.integer(0)}, {query.integer(1)}, 0, {query.integer(2)}};
  }
  auto query = database.prepare(
      "SELECT s.id, n.id, coalesce(n.list_id, 0), a.reply FROM subscribers s CROSS JOIN notices n "
      "ON n.subscriber_id = s.id CROSS JOIN attempts a ON a.issue_id = coalesce(n.issue_id, 0) "
      "AND a.subscriber_id = s.id AND a.notice = n.id AND a.outcome = 0 WHERE s.canonical = ? "
      "ORDER BY n.id DESC");
  query.bind(canonical);
  while (query.step())
    if (names_id(query.view(3), id))
      return MailOf{{query.integer(0)}, {}, query.integer(1), {query.integer(2)}};
  return {};
}

std::optional<MailOf> find_mail(Database& database, const ReturnClaims& claims) {
  const auto [least, most] = bounds(claims);
  {
    auto query = database.prepare(
        "SELECT s.id, i.id, d.list_id FROM issues i CROSS JOIN subscribers s ON s.uid >= ?2 "
        "AND s.uid <= ?3 CROSS JOIN deliveries d ON d.issue_id = i.id AND d.subscriber_id = s.id "
        "WHERE i.uid = ?1");
    query.bind(static_cast<std::int64_t>(claims.context)).bind(least).bind(most);
    if (query.step()) return MailOf{{query.integer(0)}, {query.integer(1)}, 0, {query.integer(2)}};
  }
  auto query = database.prepare(
      "SELECT s.id, n.id, coalesce(n.list_id, 0) FROM notices n JOIN subscribers s ON "
      "s.id = n.subscriber_id WHERE n.uid = ?1 AND s.uid >= ?2 AND s.uid <= ?3");
  query.bind(static_cast<std::int64_t>(claims.context)).bind(least).bind(most);
  if (!query.step()) return {};
  return MailOf{{query.integer(0)}, {}, query.integer(1), {query.integer(2)}};
}

Filed Reports::take(const Arrival& arrival, Instant now) {
  auto taken = Filed::known;
  database_.transact([&] {
    const bool is_new = database_
                            .prepare(
                                "INSERT INTO reports (at, source, fingerprint) VALUES (?, ?, ?) "
                                "ON CONFLICT DO NOTHING")
                            .bind(now)
                            .bind(arrival.source)
                            .bind_blob(bytes_of(arrival.fingerprint))
                            .run() > 0;
    if (!is_new) {
      // What has come round may be all that a mailbox has of a message that was sent on into it.
      auto query = database_.prepare(
          "SELECT 1 FROM reports r WHERE r.fingerprint = ? AND r.message IS NOT NULL "
          "AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.report_id = r.id)");
      const bool is_kept = query.bind_blob(bytes_of(arrival.fingerprint)).step();
      if (is_kept || arrival.report.forwarded) taken = Filed::kept;
      return;
    }
    const auto report = database_.last_insert_id();
    taken = judge(report, arrival, now);
    if (!keeps_message(taken)) return;
    auto whole = arrival.trace;
    whole += arrival.message;
    database_.prepare("UPDATE reports SET message = ? WHERE id = ?")
        .bind_blob(whole)
        .bind(report)
        .run();
  });
  return taken;
}

Filed Reports::judge(std::int64_t report, const Arrival& arrival, Instant now) {
  Bounces bounces(database_, policy_);
  if (arrival.erased) {
    for (auto one : arrival.report.findings) {
      one.recipient.clear();
      one.text.clear();
      bounces.take(one, {}, report, now);
    }
    return Filed::erased;
  }
  if (arrival.report.from_person || arrival.leaves)
    return Replies(database_, bounces).take(arrival, report, now);
  const auto* finding =
      arrival.mail ? finding_of(arrival.report, canonical_of(database_, arrival.mail->subscriber))
                   : nullptr;
  if (finding && finding->kind != ReportKind::unrecognised) {
    bounces.take(*finding, arrival.mail, report, now);
    return arrival.report.perhaps_person ? Filed::person : Filed::matched;
  }
  // What nobody understood is its reader's all the same: nothing follows from it.
  for (const auto& one : arrival.report.findings)
    bounces.take(one, one.kind == ReportKind::unrecognised ? arrival.mail : std::nullopt, report,
                 now);
  return Filed::kept;
}

std::optional<bool> Reports::mark(std::string_view mailbox, std::string_view message) {
  auto query =
      database_.prepare("SELECT settled FROM mailbox_marks WHERE mailbox = ? AND message = ?");
  if (!query.bind(mailbox).bind(message).step()) return {};
  return query.integer(0) != 0;
}

void Reports::set_mark(std::string_view mailbox, std::string_view message, bool settled) {
  database_
      .prepare(
          "INSERT INTO mailbox_marks VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
          "settled = excluded.settled")
      .bind(mailbox)
      .bind(message)
      .bind(static_cast<std::int64_t>(settled))
      .run();
}

void Reports::forget_marks(std::string_view mailbox, const std::vector<std::string>& messages) {
  database_.transact([&] {
    for (const auto& message : messages)
      database_.prepare("DELETE FROM mailbox_marks WHERE mailbox = ? AND message = ?")
          .bind(mailbox)
          .bind(message)
          .run();
  });
}

void Reports::forget_marks_but(std::string_view mailbox,
                               const std::unordered_set<std::string>& messages) {
  std::vector<std::string> gone;
  {
    auto query = database_.prepare("SELECT message FROM mailbox_marks WHERE mailbox = ?");
    query.bind(mailbox);
    while (query.step())
      if (auto message = query.text(0); !messages.contains(message))
        gone.push_back(std::move(message));
  }
  if (!gone.empty()) forget_marks(mailbox, gone);
}

std::optional<Reports::Filing> Reports::find(std::int64_t report) {
  auto query = database_.prepare(
      "SELECT source, at, undone_at IS NOT NULL, message FROM reports WHERE id = ?");
  if (!query.bind(report).step()) return {};
  return Filing{query.text(0), query.instant(1), query.integer(2) != 0,
                query.is_null(3) ? std::nullopt : std::optional(query.text(3))};
}

std::optional<Reports::Kept> Reports::next_kept(std::int64_t after) {
  auto query = database_.prepare(
      "SELECT id, source, message FROM reports INDEXED BY reports_kept WHERE id > ? AND " +
      may_be_judged() + " ORDER BY id LIMIT 1");
  if (!query.bind(after).step()) return {};
  return Kept{query.integer(0), query.text(1), query.text(2)};
}

bool Reports::replay(std::int64_t report, const Arrival& arrival, Instant now) {
  bool changed = false;
  database_.transact([&] {
    // Since it was looked up, another may have done it.
    if (!is_to_judge(database_, report)) return;
    database_.prepare("DELETE FROM bounces WHERE report_id = ?").bind(report).run();
    const auto taken = judge(report, arrival, now);
    changed = taken != Filed::kept && taken != Filed::person;
    if (!keeps_message(taken))
      database_.prepare("UPDATE reports SET message = NULL WHERE id = ?").bind(report).run();
  });
  return changed;
}

Result<void> Reports::forget(std::int64_t report) {
  const auto forgotten =
      database_
          .prepare("UPDATE reports SET message = NULL WHERE id = ? AND " + std::string(is_at_rest))
          .bind(report)
          .run();
  if (forgotten > 0) return {};
  auto query = database_.prepare("SELECT 1 FROM reports WHERE id = ? AND message IS NOT NULL");
  const auto number = std::to_string(report);
  if (query.bind(report).step()) return fail("report " + number + " is about to be answered");
  return fail("nothing is kept of a report " + number +
              "; `postrider bounce list --unrecognised` and `--unmatched` show what is");
}

std::int64_t Reports::forget_older(Instant then) {
  const auto sql =
      "UPDATE reports SET message = NULL WHERE id IN (SELECT id FROM reports INDEXED BY "
      "reports_kept WHERE at < ? AND " +
      std::string(is_at_rest) + " LIMIT ?)";
  std::int64_t all = 0;
  for (;;) {
    std::int64_t forgotten = 0;
    database_.transact(
        [&] { forgotten = database_.prepare(sql).bind(then).bind(forgotten_at_once).run(); });
    if (forgotten == 0) return all;
    all += forgotten;
    database_.let_others_write();
  }
}

Result<Bounces::Undone> Reports::undo(std::int64_t report, Instant now) {
  Result<Bounces::Undone> undone = fail("there is no report " + std::to_string(report) +
                                        "; `postrider bounce list` shows those there are");
  database_.transact([&] {
    {
      auto query = database_.prepare("SELECT undone_at FROM reports WHERE id = ?");
      if (!query.bind(report).step()) return;
      if (!query.is_null(0)) {
        undone = fail("report " + std::to_string(report) + " is taken back already");
        return;
      }
    }
    undone = Bounces(database_, policy_).undo(report, now);
  });
  return undone;
}

}  // namespace postrider::store
