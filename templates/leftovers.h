// What a writer or another tool has left in a draft that is no mistake by itself, but hardly meant
// for readers. Few and plain things: a false alarm would stop an issue.
#pragma once

#include "base/error.h"
#include "templates/draft.h"

namespace postrider::templates {

/// Warnings, in the file's order, for what stands in title, subtitle, text and links: "Lorem
/// ipsum"; [INSERT …], [ADD …], [YOUR …] and [PLACEHOLDER]; XXX as a word, unless it may be a
/// number beside a name ("Super Bowl XXX"); merge tags of Mailchimp (*|FNAME|*); links to
/// example.com, example.org, example.net (RFC 2606) and to one's own machine. Not in code. TK,
/// TODO, links without an address and tags that name nothing are errors of the lint
/// (templates/check.h).
Faults find_leftovers(const Draft& draft);

}  // namespace postrider::templates
