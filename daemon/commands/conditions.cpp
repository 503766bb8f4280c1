#include "daemon/commands/conditions.h"

#include "base/text.h"
#include "daemon/segments.h"
#include "store/segment_readers.h"

namespace postrider::daemon::commands {

namespace segment = subscribers::segment;

segment::Terms terms_of(Newsletter& newsletter) {
  templates::Known known{
      newsletter.subscribers.attribute_names(), {}, {}, store::known_issues(*newsletter.database)};
  for (const auto& list : newsletter.settings.lists) known.lists.insert(list.key);
  return daemon::terms_of(newsletter.settings, known);
}

segment::Node read_condition(const std::string& text, const segment::Terms& terms) {
  auto tree_or_mistake = segment::read_segment(text, terms);
  if (tree_or_mistake) return std::move(*tree_or_mistake);
  const auto& mistake = tree_or_mistake.error();
  std::string excerpt;
  for (const auto line : split(mistake.excerpt, '\n')) excerpt += "\n  " + std::string(line);
  throw Refusal("the segment, " + to_string(mistake) + excerpt);
}

segment::Node read_attribute(const std::string& pair, const segment::Terms& terms) {
  const auto equals = pair.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Refusal("--attribute " + printable(pair) + ": write KEY=VALUE");
  std::vector<segment::NamePart> name{{"attributes", false}};
  for (const auto part : split(std::string_view(pair).substr(0, equals), '.'))
    name.push_back({std::string(part), true});
  const auto field = value_of(segment::find_field(name, terms));
  const auto text = pair.substr(equals + 1);
  segment::Node node{segment::Any{}, {}};
  const auto is = [&](segment::Value value) {
    node.children.push_back(
        {segment::Compare{field, segment::Comparison::equal, std::move(value)}, {}});
  };
  is(text);
  if (const auto figure = segment::read_figure(text, terms.zone);
      figure && std::holds_alternative<double>(*figure))
    is(*figure);
  if (text == "true" || text == "false") is(text == "true");
  return node;
}

segment::Node read_joined(segment::Comparison comparison, const std::string& date,
                          const segment::Terms& terms) {
  const auto value = segment::read_figure(date, terms.zone);
  if (!value || !std::holds_alternative<segment::DateSpan>(*value))
    throw Refusal("'" + printable(date) + "' is no date; write 2022-01-31 or 2022-01-31T08:00");
  return {segment::Compare{{segment::FieldKind::joined, {}}, comparison, *value}, {}};
}

}  // namespace postrider::daemon::commands
