// The columns by which any list tells who wants no mail or cannot be reached, and what stands in
// them. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

struct StandingRule {
  Rule rule;
  bool dated = false;  // by "at" or "date" behind the name
};

/// What a column of that name says of how readers stand; nothing: it says nothing of it. Spelling
/// counts for nothing (`bare`), nor does "is" or "email" before a name, or "at" or "date" behind
/// it. `plain`: the list is of no platform that has told already; only there names count that may
/// be about something else, such as "active".
std::optional<StandingRule> standing_rule(std::string_view column, bool plain);

enum class Flag : std::uint8_t { no, yes, other };

/// "TRUE", "0,00", "never"; of bounces also "hard", "550 5.1.1 …", and "soft", "451 …", which are
/// none.
Flag parse_flag(std::string_view value, Meaning meaning);

/// "No, thanks", "never - asked by phone".
bool begins_with_no(std::string_view text);

/// "unsubscribed", "abgemeldet"; not "cancelled", which may be a paid plan.
bool is_of_mails(std::string_view word);

/// How a reader stands of whom such a column says yes, or no; nothing: that says nothing.
std::optional<Standing> standing_by(Meaning meaning, bool yes);

}  // namespace postrider::subscribers
