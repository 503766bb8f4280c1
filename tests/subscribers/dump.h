// What a list says, written down one line an entry, for tests to compare.
#pragma once

#include <string>

#include "base/text.h"
#include "subscribers/formats/source.h"

namespace postrider::test {

using namespace postrider::subscribers;

inline std::string dump(const Entry& entry) {
  auto text = entry.email;
  const auto add = [&text](std::string_view label, std::string_view value) {
    if (!value.empty()) text += " | " + std::string(label) + " " + std::string(value);
  };
  const auto add_time = [&add](std::string_view label, const std::optional<Instant>& time) {
    if (time) add(label, rfc3339(*time));
  };
  if (entry.name) add("name", *entry.name);
  if (!entry.is_reader) text += " | no reader";
  if (entry.standing) add("is", to_string(*entry.standing));
  if (entry.suppressed) add("suppressed", to_string(*entry.suppressed));
  if (entry.erased) add("erased", hex(entry.erased->hash).substr(0, 4));
  add_time("since", entry.since);
  if (entry.language) add("language", *entry.language);
  if (entry.time_zone) add("zone", *entry.time_zone);
  add_time("opt-in", entry.consent.opted_in_at);
  add("from", entry.consent.opted_in_from);
  add_time("confirmed", entry.consent.confirmed_at);
  add("from", entry.consent.confirmed_from);
  add("how", entry.consent.how);
  add("where", entry.consent.where);
  for (const auto& [key, value] : entry.attributes) add(key + " =", value);
  if (entry.nameless > 0) add("nameless", std::to_string(entry.nameless));
  return text;
}

inline std::string dump_rows(Source& source) {
  std::string text;
  const auto add = [&](std::string_view sign, std::int64_t row, std::int64_t line,
                       const std::string& what) {
    text +=
        std::string(sign) + std::to_string(row) + ":" + std::to_string(line) + " " + what + "\n";
  };
  std::string file;
  const auto read = source.read(
      [&](const Entry& entry, std::int64_t row, std::int64_t line) {
        if (file != source.current_file()) text += (file = source.current_file()) + "\n";
        add("", row, line, dump(entry));
      },
      [&](const SkippedRow& row) { add("- ", row.row, row.line, row.reason + ": " + row.detail); },
      [&](const Remark& row) { add("! ", row.row, row.line, row.reason + ": " + row.detail); });
  return read ? text : text + "error: " + read.error().message + "\n";
}

/// Description, plan and rows; or the error.
inline std::string dump(Result<Source> source) {
  if (!source) return "error: " + source.error().message + "\n";
  auto text = source->description() + "\n";
  for (const auto& column : source->plan())
    text += "  " + (column.file.empty() ? "" : column.file + ": ") + column.column + " → " +
            column.becomes + "\n";
  return text + dump_rows(*source);
}

}  // namespace postrider::test
