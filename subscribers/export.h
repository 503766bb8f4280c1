// All that is known of who reads, as it goes out: one record a subscriber, a suppression of one who
// is none, or an erased address's hash. As CSV, JSON or JSONL, which `subscriber import` knows
// again.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fingerprints.h"
#include "subscribers/suppression.h"

namespace postrider::subscribers {

/// How a subscription came about.
struct ExportedEvidence {
  std::string kind;  // operator, import
  std::string actor;
  Instant at;
  std::string detail;  // a JSON object
};

struct ExportedSubscription {
  std::string list;   // key
  std::string state;  // pending, confirmed, unsubscribed
  Instant since;
  std::optional<Instant> joined_at;  // confirmed then, the last time; nothing: never
  std::optional<ExportedEvidence> evidence;
  std::string consent;  // a JSON object; empty: nothing
};

struct ExportedSuppression {
  SuppressionReason reason = SuppressionReason::asked;
  Instant at;
};

struct ExportedReader {
  std::string email, name;
  std::string attributes;  // a JSON object
  std::string language, time_zone;
  std::optional<Instant> paused_until;
  std::optional<Instant> left_all_at;  // wanted no mails of any list any more
  Instant created_at;
  std::vector<ExportedSubscription> subscriptions;  // in the order of their lists' keys
  std::optional<ExportedSuppression> suppression;
};

enum class ExportFormat : std::uint8_t { csv, json, jsonl };

std::optional<ExportFormat> parse_export_format(std::string_view text);

/// The first line of CSV.
const std::vector<std::string>& export_columns();

/// A record's rows of CSV, without guards and quotes: a reader has one for each list, or one
/// without a list.
using ExportRows = std::vector<std::vector<std::string>>;
ExportRows export_rows(const ExportedReader& reader);
ExportRows export_rows(const Suppression& suppression);
ExportRows export_rows(const Fingerprint& fingerprint, Instant at);

/// Writes records one by one.
class ExportWriter {
 public:
  /// `out` outlives it.
  ExportWriter(std::ostream& out, ExportFormat format);

  void begin();
  void reader(const ExportedReader& reader);
  /// Of one who is no subscriber.
  void suppression(const Suppression& suppression);
  void erased(const Fingerprint& fingerprint, Instant at);
  void end();

 private:
  void rows(const ExportRows& rows);
  void object(const std::string& text);

  std::ostream& out_;
  const ExportFormat format_;
  bool first_ = true;
};

/// A field that a spreadsheet would take for a formula, since it begins with = + - @, a tab or CR,
/// gets a ' before it; so that this can be undone, one that has such ' already gets one more.
std::string with_guard(std::string_view text);
/// Takes that ' off.
std::string_view without_guard(std::string_view field);
/// The same as a field of CSV (RFC 4180).
std::string guarded_csv_field(std::string_view text);

}  // namespace postrider::subscribers
