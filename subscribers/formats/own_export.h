// Reading back what ExportWriter wrote, record by record, in flat memory. The file is not trusted:
// it may have been edited. Nothing is stored here.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "subscribers/export.h"

namespace postrider::subscribers {

struct ExportedHash {
  Fingerprint fingerprint{};
  Instant at;
};

using ExportedRecord = std::variant<ExportedReader, Suppression, ExportedHash>;

/// Whether a stream begins as an export does, its first line being as it was written; it is at its
/// beginning again afterwards.
bool is_export(std::istream& in);

/// A line of JSON or JSONL; nothing where it is a bracket, or empty.
Result<std::optional<ExportedRecord>> parse_exported(std::string_view line);

/// All records of CSV, or of JSON or JSONL with one a line, as they are written. Each is
/// well-formed: its address is one, its attributes are a JSON object. Error: "line 7: …", of a line
/// that is none, or what `visit` says of it.
Result<void> read_export(std::istream& in,
                         const std::function<Result<void>(ExportedRecord)>& visit);

}  // namespace postrider::subscribers
