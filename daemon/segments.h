// The segments of drafts and settings, read with all that they may name.
#pragma once

#include "base/error.h"
#include "config/settings.h"
#include "store/audience.h"
#include "subscribers/segment_parser.h"
#include "templates/check.h"
#include "templates/draft.h"

namespace postrider::daemon {

/// What a segment may name: attributes, lists and issues of `known`, saved segments and the zone of
/// the settings.
subscribers::segment::Terms terms_of(const config::Settings& settings,
                                     const templates::Known& known);

/// The segment of a draft or an issue, with what it means as the settings are now.
tl::expected<store::Segment, subscribers::segment::Mistake> read_issue_segment(
    const std::string& written, const subscribers::segment::Terms& terms);

/// For people: "kazakhstan (country = 'KZ')"; on one line.
std::string in_words(const store::Segment& segment);

/// What is wrong with the saved segments of the settings.
Faults check_saved_segments(const config::Settings& settings,
                            const subscribers::segment::Terms& terms);

}  // namespace postrider::daemon
