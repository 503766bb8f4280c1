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

bool remove_suppression(Database& database, const mail::Address& address, const std::string& actor,
                        Instant now) {
  const auto canonical = address.canonical();
  bool removed = false;
  database.transact([&] {
    std::string reason;
    {
      auto query =
          database.prepare("DELETE FROM suppressions WHERE canonical = ? RETURNING reason");
      query.bind(canonical);
      removed = query.step();
      if (!removed) return;
      reason = query.text(0);
    }
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
