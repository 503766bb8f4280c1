#include "subscribers/formats/own_export.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/civil_time.h"
#include "base/text.h"
#include "mail/address.h"
#include "subscribers/csv_records.h"
#include "subscribers/formats/json_records.h"
#include "subscribers/formats/json_text.h"
#include "subscribers/formats/own_record.h"
#include "subscribers/registration.h"

namespace postrider::subscribers {

namespace {

using Json = nlohmann::ordered_json;

/// The first line of CSV.
const std::string& csv_start() {
  static const auto line = join(export_columns(), ",");
  return line;
}

/// Thrown within this file: what is wrong with a record.
struct Unreadable {
  std::string why;
};

[[noreturn]] void refuse(const std::string& what, std::string_view text) {
  throw Unreadable{what + " '" + printable(cut_utf8(text, 80)) + "'"};
}

std::string email_of(const std::string& text) {
  const auto address = mail::parse_address(text);
  if (!address) throw Unreadable{address.error().message};
  return address->str();
}

/// One line of printable text, as it is kept.
std::string line_of(const std::string& text) {
  if (clean_name(text) != text) refuse("has a name, language or time zone that is none:", text);
  return text;
}

std::string object_of(const std::string& text) {
  if (!json_members(text)) refuse("has no JSON object where one belongs:", text);
  return text;
}

Instant time_of(const std::string& text) {
  const auto time = parse_rfc3339(text);
  if (!time) refuse("has a time that is none:", text);
  return *time;
}

std::optional<Instant> optional_time(const std::string& text) {
  if (text.empty()) return {};
  return time_of(text);
}

ExportedSuppression suppression_of(const std::string& word, const std::string& at) {
  const auto reason = parse_suppression_reason(word);
  if (!reason || *reason == SuppressionReason::erased)
    refuse("is suppressed for a reason that is not known:", word);
  return {*reason, time_of(at)};
}

std::string state_of(const std::string& text) {
  if (!parse_subscription_state(text)) refuse("has a state that is not known:", text);
  return text;
}

ExportedHash hash_of(const std::string& key, const std::string& hash, const std::string& at) {
  const auto fingerprint = parse_fingerprint(key, hash);
  if (!fingerprint) refuse("has a hash, or its key's number, that is none:", key + " " + hash);
  return {*fingerprint, time_of(at)};
}

// CSV ------------------------------------------------------------------------------------------

/// A row's fields by the names of their columns.
class Row {
 public:
  explicit Row(const std::vector<std::string>& header) : header_(header) {}

  void take(const std::vector<std::string_view>& fields) {
    if (fields.size() != header_.size())
      throw Unreadable{"has " + counted(std::ssize(fields), "field") +
                       " where the first line has " + counted(std::ssize(header_), "column")};
    fields_.clear();
    for (const auto field : fields) fields_.emplace_back(without_guard(field));
  }

  const std::string& operator[](std::string_view column) const {
    for (std::size_t i = 0; i < header_.size(); ++i)
      if (header_[i] == column) return fields_[i];
    throw Unreadable{"has no column " + std::string(column)};
  }

 private:
  const std::vector<std::string>& header_;
  std::vector<std::string> fields_;
};

ExportedReader reader_of(const Row& row) {
  ExportedReader reader;
  reader.email = email_of(row["email"]);
  reader.name = line_of(row["name"]);
  reader.attributes = object_of(row["attributes"]);
  reader.language = line_of(row["language"]);
  reader.time_zone = line_of(row["time_zone"]);
  reader.paused_until = optional_time(row["paused_until"]);
  reader.left_all_at = optional_time(row["left_all_at"]);
  reader.created_at = time_of(row["created_at"]);
  if (!row["suppressed"].empty())
    reader.suppression = suppression_of(row["suppressed"], row["suppressed_at"]);
  return reader;
}

ExportedSubscription subscription_of(const Row& row) {
  ExportedSubscription on{row["list"],
                          state_of(row["state"]),
                          time_of(row["since"]),
                          optional_time(row["joined_at"]),
                          {},
                          {}};
  if (!row["consent"].empty()) on.consent = object_of(row["consent"]);
  if (!row["evidence_kind"].empty())
    on.evidence = {line_of(row["evidence_kind"]), line_of(row["evidence_by"]),
                   time_of(row["evidence_at"]), object_of(row["evidence_detail"])};
  return on;
}

/// Hands records over; a reader's rows are one.
class CsvReading {
 public:
  CsvReading(std::istream& in, const std::function<Result<void>(ExportedRecord)>& visit)
      : records_(in), visit_(visit) {}

  Result<void> run() {
    Result<void> done;
    for (bool first = true; done; first = false) {
      const auto next = records_.next();
      if (!next) return tl::make_unexpected(next.error());
      if (*next == CsvRecords::Next::end) break;
      line_ = records_.line();
      if (*next == CsvRecords::Next::broken)
        throw Unreadable{"has " + std::string(records_.fault())};
      if (first)
        header_.assign(records_.fields().begin(), records_.fields().end());
      else
        done = take();
    }
    return done ? hand_over() : done;
  }

  /// Of what was read or handed over last.
  std::int64_t line() const { return line_; }

 private:
  Result<void> take() {
    Row row(header_);
    row.take(records_.fields());
    const auto& kind = row["record"];
    if (kind == "subscriber") {
      Result<void> done;
      if (!reader_ || reader_->email != email_of(row["email"])) {
        done = hand_over();
        reader_ = reader_of(row);
        readers_line_ = records_.line();
      }
      if (!row["list"].empty()) reader_->subscriptions.push_back(subscription_of(row));
      return done;
    }
    if (auto done = hand_over(); !done) return done;
    if (kind == "suppression") {
      const auto [reason, at] = suppression_of(row["suppressed"], row["suppressed_at"]);
      return visit_(Suppression{email_of(row["email"]), reason, at});
    }
    if (kind == "erased")
      return visit_(hash_of(row["erased_key"], row["erased_hash"], row["erased_at"]));
    refuse("is a record that is not known:", kind);
  }

  Result<void> hand_over() {
    if (!reader_) return {};
    auto reader = std::move(*reader_);
    reader_.reset();
    const auto line = std::exchange(line_, readers_line_);
    auto done = visit_(std::move(reader));
    if (done) line_ = line;
    return done;
  }

  CsvRecords records_;
  const std::function<Result<void>(ExportedRecord)>& visit_;
  std::vector<std::string> header_;
  std::optional<ExportedReader> reader_;
  std::int64_t line_ = 0, readers_line_ = 0;
};

// JSON -----------------------------------------------------------------------------------------

/// A text; empty where there is none, or null.
std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  if (!found->is_string()) throw Unreadable{"has no text in " + std::string(key)};
  return found->get<std::string>();
}

/// An object as text; empty where it is null.
std::string object_text(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return object_of(found->dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<ExportedSuppression> suppression_of(const Json& record) {
  const auto found = record.find("suppressed");
  if (found == record.end() || !found->is_object()) return {};
  return suppression_of(text_of(*found, "reason"), text_of(*found, "at"));
}

ExportedSubscription subscription_of(const Json& object) {
  ExportedSubscription on{text_of(object, "list"),
                          state_of(text_of(object, "state")),
                          time_of(text_of(object, "since")),
                          optional_time(text_of(object, "joined_at")),
                          {},
                          object_text(object, "consent")};
  if (const auto evidence = object.find("evidence");
      evidence != object.end() && evidence->is_object())
    on.evidence = {line_of(text_of(*evidence, "kind")), line_of(text_of(*evidence, "by")),
                   time_of(text_of(*evidence, "at")), object_text(*evidence, "detail")};
  return on;
}

ExportedReader reader_of(const Json& record) {
  ExportedReader reader;
  reader.email = email_of(text_of(record, "email"));
  reader.name = line_of(text_of(record, "name"));
  reader.attributes = object_text(record, "attributes");
  if (reader.attributes.empty()) reader.attributes = "{}";
  reader.language = line_of(text_of(record, "language"));
  reader.time_zone = line_of(text_of(record, "time_zone"));
  reader.paused_until = optional_time(text_of(record, "paused_until"));
  reader.left_all_at = optional_time(text_of(record, "left_all_at"));
  reader.created_at = time_of(text_of(record, "created_at"));
  reader.suppression = suppression_of(record);
  if (const auto all = record.find("subscriptions"); all != record.end() && all->is_array())
    for (const auto& one : *all) reader.subscriptions.push_back(subscription_of(one));
  return reader;
}

ExportedRecord record_of(std::string_view text) {
  // Parsed twice, but the first look keeps what is nested without end from the second.
  if (!json_members(text)) refuse("is no record of an export, one a line:", text);
  const auto record = Json::parse(text);
  const auto kind = text_of(record, "record");
  if (kind == "subscriber") return reader_of(record);
  if (kind == "suppression") {
    const auto suppression = suppression_of(record);
    if (!suppression) refuse("has no reason:", text);
    return Suppression{email_of(text_of(record, "email")), suppression->reason, suppression->at};
  }
  if (kind == "erased") {
    return hash_of(text_of(record, "key"), text_of(record, "hash"), text_of(record, "at"));
  }
  refuse("is a record that is not known:", kind);
}

/// An array's brackets stand in lines of their own.
std::string_view without_comma(std::string_view line) {
  line = trim(line);
  if (line == "[" || line == "]") return {};
  if (line.ends_with(',')) line.remove_suffix(1);
  return line;
}

Result<void> read_lines(std::istream& in, std::int64_t& number,
                        const std::function<Result<void>(ExportedRecord)>& visit) {
  for (std::string line;;) {
    ++number;
    const auto more = read_line(in, line);
    if (!more) return tl::make_unexpected(more.error());
    if (!*more) return {};
    const auto text = without_comma(line);
    if (text.empty()) continue;
    if (auto done = visit(record_of(text)); !done) return done;
  }
}

std::string beginning(std::istream& in) {
  std::string text(csv_start().size() + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  in.clear();
  in.seekg(0);
  return text;
}

bool is_csv(std::string_view text) {
  const auto& start = csv_start();
  return text.starts_with(start) && text.find_first_of("\r\n", start.size()) == start.size();
}

}  // namespace

bool is_export(std::istream& in) {
  const auto text = beginning(in);
  return is_csv(text) || text.starts_with("{\"record\":") || text.starts_with("[\n{\"record\":") ||
         text.starts_with("[\n]");
}

Result<std::optional<ExportedRecord>> parse_exported(std::string_view line) {
  try {
    const auto text = without_comma(line);
    if (text.empty()) return std::nullopt;
    return record_of(text);
  } catch (const Unreadable& fault) {
    return fail(fault.why);
  }
}

Result<void> read_export(std::istream& in,
                         const std::function<Result<void>(ExportedRecord)>& visit) {
  CsvReading csv(in, visit);
  std::int64_t line = 0;
  const bool from_csv = is_csv(beginning(in));
  const auto told = [&](const std::string& why) {
    return fail("line " + std::to_string(from_csv ? csv.line() : line) + ": " + why);
  };
  try {
    auto done = from_csv ? csv.run() : read_lines(in, line, visit);
    return done ? done : told(done.error().message);
  } catch (const Unreadable& fault) {
    return told(fault.why);
  }
}

}  // namespace postrider::subscribers
