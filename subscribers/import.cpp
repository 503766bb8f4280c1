#include "subscribers/import.h"

#include "subscribers/formats/json_text.h"
#include "subscribers/formats/source.h"

namespace postrider::subscribers {

namespace {

void keep(std::string_view attribute, const std::optional<std::string>& value, Entry& entry) {
  if (!value) return;
  std::string json;
  append_json(*value, json);
  entry.attributes.emplace_back(attribute, std::move(json));
}

}  // namespace

Result<void> read_csv(std::istream& in, const RowVisitor& row, const SkipVisitor& skip) {
  auto source = Source::open(in, Format::automatic);
  if (!source) return tl::make_unexpected(source.error());
  const auto plain = [&](Entry entry, std::int64_t number, std::int64_t line) {
    if (entry.standing && *entry.standing != Standing::confirmed)
      return skip({number, line, std::string(to_string(*entry.standing)),
                   "its list says so of " + entry.email});
    keep("language", entry.language, entry);
    keep("time_zone", entry.time_zone, entry);
    row(std::move(entry), number, line);
  };
  return source->read(plain, skip, [](const Remark&) {});
}

}  // namespace postrider::subscribers
