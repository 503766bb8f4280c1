#include "queue/refusals.h"

namespace postrider::queue {

std::string Refusals::note(IssueId issue, const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::delivered) {
    rows_.erase(issue);
    return {};
  }
  // Without a code it is a relay's refusal where that told beforehand what it does not take.
  const bool by_relay = outcome.reply.code > 0 || !outcome.peer.host.empty();
  if (outcome.kind != OutcomeKind::refused || !by_relay ||
      (outcome.scope != Scope::sender && outcome.scope != Scope::message))
    return {};
  auto& row = rows_[issue];
  if (row.count == 0 || row.scope != outcome.scope || row.code != outcome.reply.code)
    row = {0, outcome.scope, outcome.reply.code};
  if (++row.count < most_in_a_row) return {};
  return "the relay refused the " + std::string(to_string(outcome.scope)) + " " +
         std::to_string(row.count) + " times in a row: " + outcome.reply.str();
}

}  // namespace postrider::queue
