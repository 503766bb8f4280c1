#include "config/document.h"

#include <algorithm>
#include <sstream>
#include <toml++/toml.h>

#include "base/text.h"

namespace postrider::config {

namespace {

// Tables nest as deep as a line is long, and toml++ recurses into them.
constexpr std::size_t longest_line = 4096;
// Settings have no use for more: [domains."gmail.com"] holds values on the third level.
constexpr int deepest_level = 8;

struct Place {
  int line;
  unsigned column;
  auto operator<=>(const Place&) const = default;
};

Place place_of(const toml::source_region& source) {
  return {static_cast<int>(source.begin.line), source.begin.column};
}

Value convert(const toml::node& node, int level);

Place place_of(const toml::key& key, const toml::node& node) {
  const auto own = place_of(key.source());
  return own.line > 0 ? own : place_of(node.source());
}

Table convert_table(const toml::table& table, int level) {
  // toml++ keeps keys in the order of the alphabet.
  std::vector<std::pair<Place, Member>> found;
  for (const auto& [key, node] : table) {
    const auto place = place_of(key, node);
    found.push_back({place, {std::string(key.str()), place.line, convert(node, level + 1)}});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Table converted;
  for (auto& [place, member] : found) converted.members.push_back(std::move(member));
  return converted;
}

Array convert_array(const toml::array& array, int level) {
  Array converted;
  for (const auto& node : array) converted.push_back(convert(node, level + 1));
  return converted;
}

std::string text_of(const toml::date& day) {
  std::ostringstream text;
  text << day;
  return text.str();
}

Value convert(const toml::node& node, int level) {
  Value value{.line = place_of(node.source()).line, .content = Unusable{"a date or a time"}};
  if (level > deepest_level)
    value.content = Unusable{"nested too deeply"};
  else if (const auto* text = node.as_string())
    value.content = text->get();
  else if (const auto* number = node.as_integer())
    value.content = number->get();
  else if (const auto* flag = node.as_boolean())
    value.content = flag->get();
  else if (const auto* array = node.as_array())
    value.content = convert_array(*array, level);
  else if (const auto* table = node.as_table())
    value.content = convert_table(*table, level);
  else if (const auto* day = node.as_date())
    value.content = Unusable{"a date or a time", text_of(day->get())};
  else if (node.is_floating_point())
    value.content = Unusable{"a number with a fraction"};
  return value;
}

struct Trouble {
  int line = 0;  // 0: none
  std::string message;
};

/// What toml++ would read too deeply, or tell on the wrong line.
Trouble find_trouble(std::string_view text) {
  int line = 0;
  for (const auto content : split(text, '\n')) {
    ++line;
    if (content.size() > longest_line)
      return {line, "the line is longer than 4,096 octets; break it up"};
    if (!is_utf8(content)) return {line, "the line is no UTF-8; save the file as UTF-8"};
  }
  return {};
}

}  // namespace

const Member* Table::find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [key](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

std::string_view kind_of(const Value& value) {
  struct Namer {
    std::string_view operator()(const std::string&) { return "a text"; }
    std::string_view operator()(std::int64_t) { return "a number"; }
    std::string_view operator()(bool) { return "true or false"; }
    std::string_view operator()(const Array&) { return "a list"; }
    std::string_view operator()(const Table&) { return "a table"; }
    std::string_view operator()(const Unusable& unusable) { return unusable.kind; }
  };
  return std::visit(Namer{}, value.content);
}

tl::expected<Table, Fault> parse_document(std::string_view text, std::string_view file) {
  const auto fault = [&](int line, std::string message) {
    return tl::make_unexpected(
        Fault{.file = std::string(file), .line = line, .where = "", .message = std::move(message)});
  };
  if (auto trouble = find_trouble(text); trouble.line > 0)
    return fault(trouble.line, std::move(trouble.message));
  try {
    return convert_table(toml::parse(text), 0);
  } catch (const toml::parse_error& error) {
    return fault(place_of(error.source()).line,
                 "is no valid TOML: " + printable(error.description()) +
                     "; write KEY = \"VALUE\", or put a # before what is a comment");
  }
}

}  // namespace postrider::config
