#include "templates/reader_values.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace postrider::templates {

using nlohmann::json;

namespace {

/// Line breaks and other control characters have no place in a name or an address.
std::string one_line(std::string_view value) {
  std::string out(value);
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return is_utf8(out) ? out : printable(out);
}

}  // namespace

std::string plain(const json& value) {
  if (value.is_string()) return one_line(value.get_ref<const std::string&>());
  if (value.is_number() || value.is_boolean()) return value.dump();
  return {};
}

ReaderValues::ReaderValues(const Reader& reader, ReaderLinks links, bool with_attributes)
    : reader_(reader), links_(std::move(links)) {
  if (with_attributes)
    attributes_ = std::make_unique<json>(json::parse(reader.attributes, nullptr, false));
}

ReaderValues::~ReaderValues() = default;

const json* ReaderValues::attribute(std::string_view name) const {
  if (!attributes_ || !name.starts_with(attribute_prefix)) return nullptr;
  name.remove_prefix(attribute_prefix.size());
  for (const auto* value = attributes_.get(); value->is_object();) {
    // A name may have dots of its own, as a column's heading may: "address.city".
    if (const auto whole = value->find(std::string(name)); whole != value->end()) return &*whole;
    const auto dot = name.find('.');
    const auto outer = value->find(std::string(name.substr(0, dot)));
    if (dot == std::string_view::npos || outer == value->end()) return nullptr;
    value = &*outer;
    name.remove_prefix(dot + 1);
  }
  return nullptr;
}

std::string ReaderValues::text(std::string_view name) const {
  if (name == "subscriber.email") return one_line(reader_.email);
  if (name == "subscriber.name") return one_line(trim(reader_.name));
  if (name == "subscriber.first_name") {
    const auto whole = trim(reader_.name);
    return one_line(whole.substr(0, whole.find_first_of(" \t\r\n")));
  }
  if (name == "unsubscribe_url") return links_.unsubscribe;
  if (name == "preferences_url") return links_.preferences;
  const auto* value = attribute(name);
  return value ? plain(*value) : std::string();
}

bool ReaderValues::truthy(std::string_view name) const {
  if (!name.starts_with(attribute_prefix)) return !text(name).empty();
  const auto* value = attribute(name);
  if (!value || value->is_null()) return false;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_string()) return !value->get_ref<const std::string&>().empty();
  return value->is_number() || !value->empty();
}

const json* ReaderValues::list(std::string_view name) const {
  const auto* value = attribute(name);
  return value && value->is_array() && !value->empty() ? value : nullptr;
}

}  // namespace postrider::templates
