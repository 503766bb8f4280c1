#include "store/suppressions.h"

#include <string>
#include <vector>

#include "store/ledger.h"

namespace postrider::store {

using subscribers::Suppression;
using subscribers::SuppressionReason;

SuppressionReason reason_of(std::string_view word) {
  return subscribers::parse_suppression_reason(word).value_or(SuppressionReason::asked);
}

void each_suppression(Database& database, const std::function<void(const Suppression&)>& visit) {
  constexpr std::int64_t page_size = 1000;
  std::string last;
  for (;;) {
    std::vector<Suppression> page;
    {
      auto query = database.prepare(
          "SELECT canonical, reason, at FROM suppressions WHERE canonical > ? ORDER BY canonical "
          "LIMIT ?");
      query.bind(last).bind(page_size);
      std::string end;
      while (query.step()) {
        end = query.text(0);
        page.push_back({mail::address_of(end), reason_of(query.view(1)), query.instant(2)});
      }
      last = std::move(end);
    }
    if (page.empty()) return;
    for (const auto& suppression : page) visit(suppression);
  }
}

std::optional<Suppression> find_suppression(Database& database, const mail::Address& address) {
  const auto canonical = address.canonical();
  auto query = database.prepare("SELECT reason, at FROM suppressions WHERE canonical = ?");
  query.bind(canonical);
  if (!query.step()) return {};
  return Suppression{mail::address_of(canonical), reason_of(query.view(0)), query.instant(1)};
}

void claim_suppression(Database& database, std::string_view canonical, std::int64_t import) {
  database
      .prepare(
          "INSERT INTO suppression_claims SELECT canonical, ?1 FROM suppressions "
          "WHERE canonical = ?2 AND import_id <> ?1 ON CONFLICT DO NOTHING")
      .bind(import)
      .bind(canonical)
      .run();
}

bool take_back_suppressions(Database& database, std::int64_t import, std::int64_t most) {
  const auto claims =
      database
          .prepare(
              "DELETE FROM suppression_claims WHERE (canonical, import_id) IN (SELECT "
              "canonical, import_id FROM suppression_claims WHERE import_id = ? LIMIT ?)")
          .bind(import)
          .bind(most)
          .run();
  if (claims > 0) return true;
  std::vector<std::string> brought;
  {
    auto query = database.prepare("SELECT canonical FROM suppressions WHERE import_id = ? LIMIT ?");
    query.bind(import).bind(most);
    while (query.step()) brought.push_back(query.text(0));
  }
  for (const auto& canonical : brought) {
    const auto next = [&]() -> std::optional<std::int64_t> {
      auto query = database.prepare(
          "DELETE FROM suppression_claims WHERE canonical = ?1 AND import_id = (SELECT "
          "min(import_id) FROM suppression_claims WHERE canonical = ?1) RETURNING import_id");
      return query.bind(canonical).step() ? std::optional(query.integer(0)) : std::nullopt;
    }();
    if (next)
      database.prepare("UPDATE suppressions SET import_id = ? WHERE canonical = ?")
          .bind(*next)
          .bind(canonical)
          .run();
    else
      database.prepare("DELETE FROM suppressions WHERE canonical = ?").bind(canonical).run();
  }
  return !brought.empty();
}

std::optional<SuppressionReason> forget_suppression(Database& database,
                                                    std::string_view canonical) {
  database.prepare("DELETE FROM suppression_claims WHERE canonical = ?").bind(canonical).run();
  auto query = database.prepare("DELETE FROM suppressions WHERE canonical = ? RETURNING reason");
  query.bind(canonical);
  if (!query.step()) return {};
  return reason_of(query.view(0));
}

bool remove_suppression(Database& database, const mail::Address& address, const std::string& actor,
                        Instant now) {
  const auto canonical = address.canonical();
  bool removed = false;
  database.transact([&] {
    const auto forgotten = forget_suppression(database, canonical);
    removed = forgotten.has_value();
    if (!removed) return;
    const std::string reason(to_string(*forgotten));
    auto query = database.prepare("SELECT id FROM subscribers WHERE canonical = ?");
    query.bind(canonical);
    if (query.step())
      Ledger(database).note_event("suppression.removed", reason, actor, now, {},
                                  SubscriberId{query.integer(0)});
    else
      Ledger(database).note_event("suppression.removed", address.str() + ": " + reason, actor, now);
  });
  return removed;
}

}  // namespace postrider::store
