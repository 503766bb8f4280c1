#include "store/precedents.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace postrider::store {

namespace {

/// Eight octets a hash, the highest first.
std::string bytes_of(const templates::Sketch& sketch) {
  std::string bytes;
  for (const auto hash : sketch)
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(hash >> shift & 0xFF);
  return bytes;
}

templates::Sketch sketch_of_bytes(std::string_view bytes) {
  templates::Sketch sketch(bytes.size() / 8);
  for (std::size_t at = 0; at < sketch.size() * 8; ++at)
    sketch[at / 8] = sketch[at / 8] << 8 | static_cast<unsigned char>(bytes[at]);
  return sketch;
}

}  // namespace

std::optional<SameReaders> Precedents::of_same_readers(std::vector<std::string> lists,
                                                       std::string_view segment) {
  std::sort(lists.begin(), lists.end());
  auto query = database_.prepare(
      "SELECT i.slug, i.lists, m.accepted + m.deferred + m.bounced + m.failed + m.cancelled + "
      "m.in_doubt + m.pending AS audience FROM issues i JOIN issue_sums m ON m.issue_id = i.id "
      "WHERE i.started_at IS NOT NULL AND i.state <> 6 AND i.segment = ? AND audience > 0 "
      "AND NOT EXISTS (SELECT 1 FROM errata e WHERE e.issue_id = i.id) "
      "ORDER BY i.started_at DESC, i.id DESC");
  query.bind(segment);
  while (query.step()) {
    auto others = nlohmann::json::parse(query.view(1)).get<std::vector<std::string>>();
    std::sort(others.begin(), others.end());
    if (others == lists) return SameReaders{query.text(0), query.integer(2)};
  }
  return {};
}

std::vector<SameTitle> Precedents::of_title(std::string_view title) {
  auto query = database_.prepare(
      "SELECT i.slug, i.started_at, l.sketch FROM issue_likenesses l JOIN issues i "
      "ON i.id = l.issue_id JOIN issue_sums m ON m.issue_id = i.id WHERE l.title = ? "
      "AND (i.state <> 6 OR m.accepted + m.deferred + m.bounced + m.failed + m.in_doubt + "
      "m.pending > 0) ORDER BY i.started_at");
  query.bind(title);
  std::vector<SameTitle> all;
  while (query.step())
    all.push_back({query.text(0), query.instant(1), sketch_of_bytes(query.text(2))});
  return all;
}

void Precedents::keep(IssueId issue, const templates::Likeness& likeness) {
  const auto bytes = bytes_of(likeness.sketch);
  database_
      .prepare(
          "INSERT INTO issue_likenesses (issue_id, title, sketch) "
          "VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET title = excluded.title, "
          "sketch = excluded.sketch")
      .bind(issue.value)
      .bind(likeness.title)
      .bind_blob(bytes)
      .run();
}

}  // namespace postrider::store
