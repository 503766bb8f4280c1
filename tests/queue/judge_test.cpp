#include "queue/judge.h"

#include <array>
#include <doctest/doctest.h>

using namespace postrider::queue;
using postrider::mail::Reply;

namespace {

struct Case {
  Stage stage;
  int code;
  const char* enhanced;
  OutcomeKind kind;
  Scope scope;
};

constexpr std::array cases{
    Case{Stage::dot, 250, "2.0.0", OutcomeKind::delivered, Scope::recipient},
    // MAIL names no recipient, whatever the server says of one.
    Case{Stage::mail, 550, "5.7.1", OutcomeKind::refused, Scope::sender},
    Case{Stage::mail, 450, "4.1.1", OutcomeKind::deferred, Scope::sender},
    Case{Stage::rcpt, 550, "5.1.1", OutcomeKind::refused, Scope::recipient},
    Case{Stage::rcpt, 550, "", OutcomeKind::refused, Scope::recipient},
    Case{Stage::rcpt, 451, "4.7.1", OutcomeKind::deferred, Scope::recipient},
    Case{Stage::rcpt, 552, "5.2.2", OutcomeKind::refused, Scope::recipient},
    Case{Stage::data, 554, "5.5.1", OutcomeKind::refused, Scope::message},
    Case{Stage::dot, 554, "5.7.1", OutcomeKind::refused, Scope::message},
    Case{Stage::dot, 554, "", OutcomeKind::refused, Scope::message},
    Case{Stage::dot, 452, "4.3.1", OutcomeKind::deferred, Scope::message},
    // A server that looks at the mailbox only when it has the message.
    Case{Stage::dot, 550, "5.1.1", OutcomeKind::refused, Scope::recipient},
    Case{Stage::dot, 452, "4.2.2", OutcomeKind::deferred, Scope::recipient},
    // Of the sender's own address and system.
    Case{Stage::dot, 550, "5.1.7", OutcomeKind::refused, Scope::message},
    Case{Stage::dot, 550, "5.1.8", OutcomeKind::refused, Scope::message},
    // Size and content are the issue's, whoever is told first.
    Case{Stage::dot, 552, "5.2.3", OutcomeKind::refused, Scope::message},
    Case{Stage::rcpt, 552, "5.2.3", OutcomeKind::refused, Scope::message},
    Case{Stage::mail, 552, "5.3.4", OutcomeKind::refused, Scope::message},
    Case{Stage::rcpt, 554, "5.6.0", OutcomeKind::refused, Scope::message},
    // Where code and enhanced code disagree, the code wins.
    Case{Stage::rcpt, 450, "5.1.1", OutcomeKind::deferred, Scope::recipient},
    Case{Stage::rcpt, 550, "4.2.2", OutcomeKind::refused, Scope::recipient},
    Case{Stage::dot, 421, "5.7.32", OutcomeKind::deferred, Scope::session},
    Case{Stage::rcpt, 421, "4.7.28", OutcomeKind::deferred, Scope::session},
};

}  // namespace

TEST_CASE("whose fault a reply is") {
  for (const auto& [stage, code, enhanced, kind, scope] : cases) {
    CAPTURE(static_cast<int>(stage));
    CAPTURE(code);
    CAPTURE(std::string(enhanced));
    const Reply reply{code, enhanced, "text"};
    const auto outcome = judge(stage, reply);
    CHECK(outcome.kind == kind);
    CHECK(to_string(outcome.scope) == to_string(scope));
    CHECK(outcome.reply == reply);
  }
}
