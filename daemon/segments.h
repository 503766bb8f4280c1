// The segments of drafts and settings, read with all that they may name.
#pragma once

#include "base/error.h"
#include "config/settings.h"
#include "subscribers/segment_parser.h"
#include "templates/check.h"
#include "templates/draft.h"

namespace postrider::daemon {

/// What a segment may name: attributes, lists and issues of `known`, saved segments and the zone of
/// the settings.
subscribers::segment::Terms terms_of(const config::Settings& settings,
                                     const templates::Known& known);

/// What is wrong with the draft's segment; nothing where it has none.
Faults check_segment(const templates::Draft& draft, const subscribers::segment::Terms& terms);

/// What is wrong with the saved segments of the settings.
Faults check_saved_segments(const config::Settings& settings,
                            const subscribers::segment::Terms& terms);

}  // namespace postrider::daemon
