#include "daemon/segments.h"

namespace postrider::daemon {

namespace segment = subscribers::segment;

segment::Terms terms_of(const config::Settings& settings, const templates::Known& known) {
  segment::Terms terms{
      known.attributes, known.lists, known.issues, {}, settings.publication.timezone};
  for (const auto& saved : settings.segments) terms.saved.emplace(saved.name, saved.expression);
  return terms;
}

Faults check_segment(const templates::Draft& draft, const segment::Terms& terms) {
  if (!draft.key_lines.contains("segment")) return {};
  const auto line = templates::line_of_key(draft, "segment");
  const auto read = segment::read_segment(draft.segment, terms);
  if (read) return {};
  return {{draft.file, line, "segment", to_string(read.error())}};
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
