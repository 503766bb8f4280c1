#include "subscribers/export.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/civil_time.h"
#include "base/text.h"

namespace postrider::subscribers {

namespace {

using Json = nlohmann::ordered_json;

std::string time(const std::optional<Instant>& instant) {
  return instant ? rfc3339(*instant) : std::string();
}

Json json_time(const std::optional<Instant>& instant) {
  return instant ? Json(rfc3339(*instant)) : Json(nullptr);
}

/// What is no JSON stays a text.
Json parsed(const std::string& text) {
  auto json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json(text) : json;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// How many ' stand before what would be a formula; npos: it would be none.
std::size_t quotes_before_formula(std::string_view text) {
  const auto at = text.find_first_not_of('\'');
  const bool is_formula = at != std::string_view::npos &&
                          std::string_view("=+-@\t\r").find(text[at]) != std::string_view::npos;
  return is_formula ? at : std::string_view::npos;
}

std::string key_text(std::uint64_t key) {
  std::array<std::uint8_t, sizeof key> octets{};
  for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet, key >>= 8)
    *octet = static_cast<std::uint8_t>(key);
  return hex(octets);
}

Json json_of(const ExportedSubscription& on) {
  Json evidence = nullptr;
  if (on.evidence)
    evidence = {{"kind", on.evidence->kind},
                {"by", on.evidence->actor},
                {"at", rfc3339(on.evidence->at)},
                {"detail", parsed(on.evidence->detail)}};
  return {{"list", on.list},
          {"state", on.state},
          {"since", rfc3339(on.since)},
          {"joined_at", json_time(on.joined_at)},
          {"evidence", evidence},
          {"consent", on.consent.empty() ? Json(nullptr) : parsed(on.consent)}};
}

}  // namespace

std::optional<ExportFormat> parse_export_format(std::string_view text) {
  if (text == "csv") return ExportFormat::csv;
  if (text == "json") return ExportFormat::json;
  if (text == "jsonl") return ExportFormat::jsonl;
  return {};
}

const std::vector<std::string>& export_columns() {
  static const std::vector<std::string> columns{
      "record",    "email",         "name",          "attributes",  "language",
      "time_zone", "paused_until",  "created_at",    "list",        "state",
      "since",     "evidence_kind", "evidence_by",   "evidence_at", "evidence_detail",
      "consent",   "suppressed",    "suppressed_at", "erased_key",  "erased_hash",
      "erased_at", "joined_at",     "left_all_at"};
  return columns;
}

ExportRows export_rows(const ExportedReader& reader) {
  const auto& suppression = reader.suppression;
  ExportRows rows;
  const auto add = [&](const ExportedSubscription* on) {
    const auto* evidence = on && on->evidence ? &*on->evidence : nullptr;
    rows.push_back({"subscriber",
                    reader.email,
                    reader.name,
                    reader.attributes,
                    reader.language,
                    reader.time_zone,
                    time(reader.paused_until),
                    rfc3339(reader.created_at),
                    on ? on->list : "",
                    on ? on->state : "",
                    on ? rfc3339(on->since) : "",
                    evidence ? evidence->kind : "",
                    evidence ? evidence->actor : "",
                    evidence ? rfc3339(evidence->at) : "",
                    evidence ? evidence->detail : "",
                    on ? on->consent : "",
                    suppression ? std::string(to_string(suppression->reason)) : "",
                    suppression ? rfc3339(suppression->at) : "",
                    "",
                    "",
                    "",
                    on ? time(on->joined_at) : "",
                    time(reader.left_all_at)});
  };
  for (const auto& on : reader.subscriptions) add(&on);
  if (reader.subscriptions.empty()) add(nullptr);
  return rows;
}

ExportRows export_rows(const Suppression& suppression) {
  std::vector<std::string> fields(export_columns().size());
  fields[0] = "suppression";
  fields[1] = suppression.email;
  fields[16] = to_string(suppression.reason);
  fields[17] = rfc3339(suppression.at);
  return {fields};
}

ExportRows export_rows(const Fingerprint& fingerprint, Instant at) {
  std::vector<std::string> fields(export_columns().size());
  fields[0] = "erased";
  fields[18] = key_text(fingerprint.key);
  fields[19] = hex(fingerprint.hash);
  fields[20] = rfc3339(at);
  return {fields};
}

std::string with_guard(std::string_view text) {
  return (quotes_before_formula(text) == std::string_view::npos ? "" : "'") + std::string(text);
}

std::string_view without_guard(std::string_view field) {
  const auto quotes = quotes_before_formula(field);
  return quotes == std::string_view::npos || quotes == 0 ? field : field.substr(1);
}

std::string guarded_csv_field(std::string_view text) { return csv_quoted(with_guard(text)); }

ExportWriter::ExportWriter(std::ostream& out, ExportFormat format) : out_(out), format_(format) {}

void ExportWriter::rows(const ExportRows& rows) {
  for (const auto& fields : rows) {
    std::string line;
    for (const auto& field : fields) {
      if (&field != &fields.front()) line += ',';
      line += guarded_csv_field(field);
    }
    out_ << line << "\r\n";
  }
}

void ExportWriter::object(const std::string& text) {
  if (format_ == ExportFormat::json) out_ << (first_ ? "\n" : ",\n");
  out_ << text;
  if (format_ == ExportFormat::jsonl) out_ << "\n";
  first_ = false;
}

void ExportWriter::begin() {
  if (format_ == ExportFormat::csv) rows({export_columns()});
  if (format_ == ExportFormat::json) out_ << "[";
}

void ExportWriter::end() {
  if (format_ == ExportFormat::json) out_ << "\n]\n";
}

void ExportWriter::reader(const ExportedReader& reader) {
  if (format_ == ExportFormat::csv) return rows(export_rows(reader));
  auto subscriptions = Json::array();
  for (const auto& on : reader.subscriptions) subscriptions.push_back(json_of(on));
  Json suppressed = nullptr;
  if (const auto& suppression = reader.suppression)
    suppressed = {{"reason", to_string(suppression->reason)}, {"at", rfc3339(suppression->at)}};
  object(dump({{"record", "subscriber"},
               {"email", reader.email},
               {"name", reader.name},
               {"attributes", parsed(reader.attributes)},
               {"language", reader.language},
               {"time_zone", reader.time_zone},
               {"paused_until", json_time(reader.paused_until)},
               {"left_all_at", json_time(reader.left_all_at)},
               {"created_at", rfc3339(reader.created_at)},
               {"subscriptions", subscriptions},
               {"suppressed", suppressed}}));
}

void ExportWriter::suppression(const Suppression& suppression) {
  if (format_ == ExportFormat::csv) return rows(export_rows(suppression));
  object(dump({{"record", "suppression"},
               {"email", suppression.email},
               {"suppressed",
                {{"reason", to_string(suppression.reason)}, {"at", rfc3339(suppression.at)}}}}));
}

void ExportWriter::erased(const Fingerprint& fingerprint, Instant at) {
  if (format_ == ExportFormat::csv) return rows(export_rows(fingerprint, at));
  object(dump({{"record", "erased"},
               {"key", key_text(fingerprint.key)},
               {"hash", hex(fingerprint.hash)},
               {"at", rfc3339(at)}}));
}

}  // namespace postrider::subscribers
