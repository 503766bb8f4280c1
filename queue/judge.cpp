#include "queue/judge.h"

namespace postrider::queue {

namespace {

/// Size and content (RFC 3463 §3.3, §3.4, §3.7), which all readers' mails have in common.
bool speaks_of_message(const std::string& enhanced) {
  if (enhanced.size() < 5) return false;
  const auto rest = enhanced.substr(1);
  return rest == ".2.3" || rest == ".3.4" || rest.starts_with(".6.");
}

/// RFC 3463 §3.2, §3.3: an address (x.1.z) or a mailbox (x.2.z) is the recipient's own, but for the
/// sender's address and system (x.1.7, x.1.8).
bool speaks_of_recipient(const std::string& enhanced) {
  if (enhanced.size() < 5) return false;
  const auto rest = enhanced.substr(1);
  return (rest.starts_with(".1.") && rest != ".1.7" && rest != ".1.8") || rest.starts_with(".2.");
}

Scope scope_of(Stage stage, const mail::Reply& reply) {
  if (reply.code == 421) return Scope::session;
  if (speaks_of_message(reply.enhanced)) return Scope::message;
  switch (stage) {
    case Stage::mail:
      return Scope::sender;
    case Stage::rcpt:
      return Scope::recipient;
    case Stage::data:
    case Stage::dot:
      break;
  }
  return speaks_of_recipient(reply.enhanced) ? Scope::recipient : Scope::message;
}

}  // namespace

Outcome judge(Stage stage, const mail::Reply& reply) {
  const auto kind = reply.positive()    ? OutcomeKind::delivered
                    : reply.permanent() ? OutcomeKind::refused
                                        : OutcomeKind::deferred;
  return {kind, kind == OutcomeKind::delivered ? Scope::recipient : scope_of(stage, reply), reply};
}

}  // namespace postrider::queue
