#include "subscribers/formats/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

using Json = nlohmann::ordered_json;

bool needs_no_escape(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

/// Before it is parsed: a parsed value is written and freed by recursion.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      at += c == '\\' ? 1 : 0;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > deepest_json) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

/// Takes one part and the separator behind it off the front; `quoted` holds it where it was quoted.
std::string_view take_part(std::string_view& parts, std::string_view separators,
                           std::string& quoted) {
  const auto start = parts.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && parts[start] == '"') {
    quoted.clear();
    for (auto at = start + 1; at < parts.size(); ++at) {
      const bool doubled = parts[at] == '"' && parts.substr(at + 1).starts_with('"');
      if (parts[at] != '"' || doubled) {
        quoted += parts[at];
        at += doubled ? 1 : 0;
        continue;
      }
      const auto rest = trim(parts.substr(at + 1));
      if (!rest.empty() && separators.find(rest.front()) == std::string_view::npos) break;
      parts = rest.empty() ? rest : rest.substr(1);
      return trim(quoted);
    }
  }
  const auto end = std::min(parts.find_first_of(separators), parts.size());
  const auto part = trim(parts.substr(0, end));
  parts.remove_prefix(std::min(end + 1, parts.size()));
  return part;
}

std::optional<std::string> as_array_of_strings(std::string_view text) {
  if (!text.starts_with('[') || is_too_deep(text)) return {};
  const auto array = Json::parse(text, nullptr, false);
  if (!array.is_array() ||
      !std::all_of(array.begin(), array.end(), [](const Json& part) { return part.is_string(); }))
    return {};
  return array.empty() ? "" : array.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void append_json(std::string_view text, std::string& out) {
  out += '"';
  if (std::all_of(text.begin(), text.end(), needs_no_escape)) {
    out += text;
  } else {
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (static_cast<unsigned char>(c) >= 0x20)
        out += c;
      else
        out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : " ";
    }
  }
  out += '"';
}

std::string json_array(std::string_view parts, std::string_view separators) {
  if (auto array = as_array_of_strings(parts)) return std::move(*array);
  std::string out, quoted;
  while (!parts.empty()) {
    const auto part = take_part(parts, separators, quoted);
    if (part.empty()) continue;
    out += out.empty() ? '[' : ',';
    append_json(part, out);
  }
  if (!out.empty()) out += ']';
  return out;
}

std::string json_text(std::string_view value) {
  const auto json = Json::parse(value, nullptr, false);
  return json.is_string() ? json.get<std::string>() : std::string(value);
}

std::optional<Members> json_members(std::string_view text) {
  if (is_too_deep(text)) return {};
  const auto object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return {};
  Members members;
  for (const auto& [key, value] : object.items())
    members.emplace_back(key, value.dump(-1, ' ', false, Json::error_handler_t::replace));
  return members;
}

}  // namespace postrider::subscribers
