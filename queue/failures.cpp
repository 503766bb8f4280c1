#include "queue/failures.h"

#include <algorithm>

namespace postrider::queue {

namespace {

/// Texts name the reader or a queue's number: they do not tell kinds apart, unless there is no
/// code. Of sessions that broke the last one will do.
bool alike(const FailureStatus& known, const Outcome& outcome) {
  return known.kind == outcome.kind && known.scope == outcome.scope &&
         known.reply.code == outcome.reply.code && known.reply.enhanced == outcome.reply.enhanced &&
         (outcome.reply.code != 0 || outcome.scope == Scope::session ||
          known.reply.text == outcome.reply.text);
}

}  // namespace

void Failures::note(const Outcome& outcome, Instant now) {
  if (outcome.kind == OutcomeKind::delivered) return;
  const std::lock_guard lock(mutex_);
  auto known = std::find_if(kinds_.begin(), kinds_.end(),
                            [&](const FailureStatus& kind) { return alike(kind, outcome); });
  FailureStatus status{outcome.kind, outcome.scope, outcome.reply, 1, now};
  if (known != kinds_.end()) {
    status.count += known->count;
    kinds_.erase(known);
  }
  kinds_.insert(kinds_.begin(), std::move(status));
  if (kinds_.size() > most_kinds) kinds_.pop_back();
}

void Failures::forget_words() {
  const std::lock_guard lock(mutex_);
  for (auto& kind : kinds_) kind.reply.text.clear();
}

std::vector<FailureStatus> Failures::latest() const {
  const std::lock_guard lock(mutex_);
  return kinds_;
}

}  // namespace postrider::queue
