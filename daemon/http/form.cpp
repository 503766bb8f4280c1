#include "daemon/http/form.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::daemon::http {

namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Nothing: a broken escape, a NUL, no UTF-8, or longer than that.
std::optional<std::string> decode(std::string_view text, std::size_t longest) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      if (text.size() - i < 3) return {};
      const int high = digit_of(text[i + 1]);
      const int low = digit_of(text[i + 2]);
      if (high < 0 || low < 0) return {};
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0' || plain.size() == longest) return {};
    plain += c;
  }
  return is_utf8(plain) ? std::optional(std::move(plain)) : std::nullopt;
}

}  // namespace

bool Form::has_type(std::string_view content_type) {
  return iequals(trim(content_type.substr(0, content_type.find(';'))), type);
}

std::optional<Form> Form::parse(std::string_view content_type, std::string_view body) {
  Form form;
  if (!has_type(content_type)) return form;
  for (const auto field : split(body, '&')) {
    if (field.empty()) continue;
    const auto equals = std::min(field.find('='), field.size());
    auto name = decode(field.substr(0, equals), longest_name);
    auto value = decode(field.substr(std::min(equals + 1, field.size())), longest_value);
    if (!name || !value || form.fields_.size() == most_fields) return {};
    form.fields_.emplace_back(std::move(*name), std::move(*value));
  }
  return form;
}

std::string_view Form::value(std::string_view name) const {
  for (const auto& [known, value] : fields_)
    if (known == name) return trim(value);
  return {};
}

bool Form::has(std::string_view name) const {
  return std::ranges::any_of(fields_, [&](const auto& field) { return field.first == name; });
}

std::vector<std::string_view> Form::values(std::string_view name) const {
  std::vector<std::string_view> all;
  for (const auto& [known, value] : fields_)
    if (known == name) all.push_back(trim(value));
  return all;
}

}  // namespace postrider::daemon::http
