// The conditions on readers that commands take.
#pragma once

#include <string>

#include "daemon/commands/command.h"
#include "subscribers/segment_terms.h"

namespace postrider::daemon::commands {

/// What conditions may name in this newsletter.
subscribers::segment::Terms terms_of(Newsletter& newsletter);

/// The condition, or the saved one of that name; a Refusal that shows the mistake.
subscribers::segment::Node read_condition(const std::string& text,
                                          const subscribers::segment::Terms& terms);

/// "country=KZ": the attribute is that text, number or truth value.
subscribers::segment::Node read_attribute(const std::string& pair,
                                          const subscribers::segment::Terms& terms);

/// When they joined: a day, a minute or a moment.
subscribers::segment::Node read_joined(subscribers::segment::Comparison comparison,
                                       const std::string& date,
                                       const subscribers::segment::Terms& terms);

}  // namespace postrider::daemon::commands
