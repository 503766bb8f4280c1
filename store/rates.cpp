#include "store/rates.h"

#include <algorithm>
#include <cstdio>
#include <map>

namespace postrider::store {

using subscribers::Complaints;
using subscribers::Share;

namespace {

constexpr std::size_t most_candidates = 50;  // domains that are looked at closely

/// 1 at the limit. Of fewer than three readers it says little.
double badness(const Returned& returned) {
  const auto of = [](const Share& share, double limit) {
    return share.readers < subscribers::least_complaints ? 0 : share.value() / limit;
  };
  return std::max(of(returned.share(&Returned::bounced), subscribers::most_usual),
                  of(returned.complaint_share(), subscribers::complaint_limit));
}

/// Worst first, and so many at most.
void keep_worst(std::vector<ReturnedOfDomain>& domains, std::size_t most) {
  const auto rank = [](const ReturnedOfDomain& one) {
    return std::pair(badness(one.returned), one.returned.bounced + one.returned.complaints);
  };
  std::ranges::sort(domains, [&](const auto& a, const auto& b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a.domain < b.domain;
  });
  if (domains.size() > most) domains.resize(most);
}

}  // namespace

bool Returned::are_many_gone() const {
  const auto gone = share(&Returned::hard);
  return gone.readers >= subscribers::least_hard && gone.value() >= subscribers::most_usual;
}

bool Returned::is_over_a_limit() const {
  return judge_complaints(complaint_share()) != Complaints::well || are_many_gone();
}

Returned& Returned::operator+=(const Returned& other) {
  mails += other.mails;
  bounced += other.bounced;
  hard += other.hard;
  faults += other.faults;
  complaints += other.complaints;
  return *this;
}

void Rates::add(IssueId issue, std::int64_t domain_id, const Returned& difference) {
  for (const auto domain : {std::int64_t{0}, domain_id})
    database_
        .prepare(
            "INSERT INTO issue_returns VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "bounced = bounced + excluded.bounced, hard = hard + excluded.hard, "
            "faults = faults + excluded.faults, complaints = complaints + excluded.complaints")
        .bind(issue.value)
        .bind(domain)
        .bind(difference.bounced)
        .bind(difference.hard)
        .bind(difference.faults)
        .bind(difference.complaints)
        .run();
}

Returned Rates::of(IssueId issue) {
  auto query = database_.prepare(
      "SELECT m.accepted + m.bounced, m.bounced, coalesce(r.hard, 0), coalesce(r.faults, 0), "
      "coalesce(r.complaints, 0) FROM issue_sums m LEFT JOIN issue_returns r ON "
      "r.issue_id = m.issue_id AND r.domain_id = 0 WHERE m.issue_id = ?");
  if (!query.bind(issue.value).step()) return {};
  return {query.integer(0), query.integer(1), query.integer(2), query.integer(3), query.integer(4)};
}

Returned Rates::before(IssueId issue) {
  std::vector<IssueId> issues;
  {
    auto query = database_.prepare(
        "SELECT i.id FROM issues o JOIN issues i ON i.started_at < o.started_at "
        "AND i.lists ->> 0 = o.lists ->> 0 WHERE o.id = ? AND i.state = 3 "
        "ORDER BY i.started_at DESC LIMIT 12");
    query.bind(issue.value);
    while (query.step()) issues.push_back({query.integer(0)});
  }
  Returned before;
  for (const auto one : issues) before += of(one);
  return before;
}

Returned Rates::elsewhere(IssueId issue, std::int64_t Returned::* count) {
  auto rest = of(issue);
  // Each has an index of its own.
  auto query = database_.prepare(
      count == &Returned::hard
          ? "SELECT domain_id, bounced, hard, faults, complaints FROM issue_returns "
            "WHERE issue_id = ? AND domain_id <> 0 ORDER BY hard DESC LIMIT 1"
          : "SELECT domain_id, bounced, hard, faults, complaints FROM issue_returns "
            "WHERE issue_id = ? AND domain_id <> 0 ORDER BY faults DESC LIMIT 1");
  if (!query.bind(issue.value).step()) return rest;
  rest.mails -= mails_to(issue, query.integer(0));
  rest.bounced -= query.integer(1);
  rest.hard -= query.integer(2);
  rest.faults -= query.integer(3);
  rest.complaints -= query.integer(4);
  return rest;
}

/// Of a domain without a pacing group the readers are few.
std::int64_t Rates::mails_to(IssueId issue, std::int64_t domain_id) {
  auto query = database_.prepare(
      "SELECT coalesce((SELECT judged FROM issue_groups WHERE issue_id = ?1 AND pacing_group = "
      "?2), "
      "(SELECT count(*) FROM (SELECT s.id FROM domains d CROSS JOIN subscribers s ON s.canonical > "
      "d.name || ' ' AND s.canonical < d.name || '!' WHERE d.id = ?2 LIMIT 1000) AS reader CROSS "
      "JOIN deliveries v ON v.issue_id = ?1 AND v.subscriber_id = reader.id AND v.state IN (3, "
      "4)))");
  query.bind(issue.value).bind(domain_id).step();
  return query.integer(0);
}

std::vector<IssueId> Rates::issues_since(Instant since) {
  std::vector<IssueId> issues;
  auto query =
      database_.prepare("SELECT id FROM issues WHERE started_at > ? ORDER BY started_at DESC");
  query.bind(since);
  while (query.step()) issues.push_back({query.integer(0)});
  return issues;
}

/// The domains of which most came back.
std::vector<ReturnedOfDomain> Rates::domains_of(const std::vector<IssueId>& issues) {
  std::map<std::int64_t, Returned> all;
  for (const auto issue : issues) {
    auto query = database_.prepare(
        "SELECT domain_id, bounced, hard, faults, complaints FROM issue_returns "
        "WHERE issue_id = ? AND domain_id <> 0 AND bounced + complaints > 0");
    query.bind(issue.value);
    while (query.step())
      all[query.integer(0)] +=
          {0, query.integer(1), query.integer(2), query.integer(3), query.integer(4)};
  }
  std::vector<std::pair<std::int64_t, Returned>> most(all.begin(), all.end());
  const auto weight = [](const auto& one) {
    return one.second.bounced + 10 * one.second.complaints;
  };
  std::ranges::sort(most, [&](const auto& a, const auto& b) { return weight(a) > weight(b); });
  if (most.size() > most_candidates) most.resize(most_candidates);
  std::vector<ReturnedOfDomain> domains;
  for (auto& [id, returned] : most) {
    auto query = database_.prepare("SELECT name FROM domains WHERE id = ?");
    // One that was erased is called so.
    if (!query.bind(id).step() || query.view(0).starts_with("erased ")) continue;
    for (const auto issue : issues) returned.mails += mails_to(issue, id);
    returned.mails = std::max(returned.mails, returned.bounced);  // some readers were erased since
    domains.push_back({query.text(0), returned});
  }
  return domains;
}

std::vector<ReturnedOfDomain> Rates::worst_domains(IssueId issue, std::size_t most) {
  auto domains = domains_of({issue});
  keep_worst(domains, most);
  return domains;
}

std::vector<ReturnedOfDomain> Rates::domains_over_a_limit(Instant since, std::size_t most) {
  auto domains = domains_of(issues_since(since));
  std::erase_if(domains, [](const auto& one) { return !one.returned.is_over_a_limit(); });
  keep_worst(domains, most);
  return domains;
}

std::vector<ReturnedOfIssue> Rates::issues_over_a_limit(Instant since) {
  std::vector<ReturnedOfIssue> issues;
  for (const auto id : issues_since(since)) {
    const auto returned = of(id);
    if (!returned.is_over_a_limit()) continue;
    auto query = database_.prepare("SELECT slug FROM issues WHERE id = ?");
    query.bind(id.value).step();
    issues.push_back({query.text(0), returned});
  }
  return issues;
}

std::string percent(const Share& share) {
  const auto value = 100 * share.value();
  char text[32];
  std::snprintf(text, sizeof text, value >= 1 || value == 0 ? "%.1f %%" : "%.2f %%", value);
  return text;
}

}  // namespace postrider::store
