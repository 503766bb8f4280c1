// What is gathered of one row while its fields are read. Only Columns' own files include it.
#pragma once

#include "base/text.h"
#include "subscribers/formats/columns.h"
#include "subscribers/formats/json_text.h"
#include "subscribers/formats/own_record.h"
#include "subscribers/registration.h"

namespace postrider::subscribers {

/// A row in the making.
struct Columns::Row {
  Entry entry;
  std::string_view first_name, last_name;
  std::optional<Instant> joined_at, left_at, since;
  OwnRecord own;
  bool bounced = false;
  const Column* unsaid = nullptr;  // the first that should tell it and is empty
  bool never_dated = false;        // a date of confirming is empty
  std::vector<Finding>& remarks;

  /// The worst of all that is said counts; to have bounced says nothing of what the reader wants.
  void stands(Standing standing) {
    if (standing == Standing::bounced)
      bounced = true;
    else if (!entry.standing || *entry.standing < standing)
      entry.standing = standing;
  }
  void settle_bounce() {
    if (!bounced || entry.standing == Standing::complained) return;
    if (entry.standing.value_or(Standing::confirmed) == Standing::confirmed)
      entry.standing = Standing::bounced;
    else
      entry.suppressed = SuppressionReason::bounced;
  }
  /// Nobody is left out for it.
  void cut_name() {
    const auto octets = entry.name ? trim(*entry.name).size() : 0;
    if (octets <= longest_name) return;
    remarks.push_back({"name cut", "a name has at most 200 octets; this one, of " +
                                       with_thousands(static_cast<std::int64_t>(octets)) +
                                       ", is cut there"});
    entry.name = clean_name(*entry.name);
  }
  void lacks(const Column& column) {
    if (column.empty == Empty::pending)
      never_dated = true;
    else if (!unsaid)
      unsaid = &column;
  }
  /// A plain word beside it says more than a date that is missing.
  void settle_unsaid() {
    if (never_dated && !entry.standing) entry.standing = Standing::pending;
    if (unsaid && !entry.standing)
      remarks.push_back({"nothing said", unsaid->title + " is empty; taken as confirmed"});
  }
  void keep(const std::string& attribute, std::string_view text) {
    std::string json;
    append_json(text, json);
    entry.attributes.emplace_back(attribute, std::move(json));
  }
  void remark(std::string reason, const Column& column, std::string_view value,
              std::string_view consequence) {
    remarks.push_back({std::move(reason), column.title + " \"" + printable(cut_utf8(value, 100)) +
                                              "\" " + std::string(consequence)});
  }
};

}  // namespace postrider::subscribers
