#include "daemon/segments.h"

#include <algorithm>

#include "base/text.h"
#include "subscribers/segment_spelling.h"

namespace postrider::daemon {

namespace segment = subscribers::segment;

segment::Terms terms_of(const config::Settings& settings, const templates::Known& known) {
  segment::Terms terms{
      known.attributes, known.lists, known.issues, {}, settings.publication.timezone};
  for (const auto& saved : settings.segments) terms.saved.emplace(saved.name, saved.expression);
  return terms;
}

tl::expected<store::Segment, segment::Mistake> read_issue_segment(const std::string& written,
                                                                  const segment::Terms& terms) {
  auto tree = segment::read_segment(written, terms);
  if (!tree) return tl::make_unexpected(std::move(tree.error()));
  return store::Segment{written, segment::spelled_out(written, terms), std::move(*tree)};
}

std::string in_words(const store::Segment& segment) {
  auto text = segment.written;
  if (segment.meaning != trim(text)) text += " (" + segment.meaning + ")";
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Faults check_saved_segments(const config::Settings& settings, const segment::Terms& terms) {
  Faults faults;
  for (const auto& saved : settings.segments) {
    const auto read = segment::read_segment(saved.expression, terms);
    if (!read)
      faults.push_back(
          {settings.file.string(), saved.line, "segments." + saved.name, to_string(read.error())});
  }
  return faults;
}

}  // namespace postrider::daemon
