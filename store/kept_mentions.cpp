#include "store/kept_mentions.h"

#include <algorithm>

#include "base/text.h"
#include "mail/message.h"

namespace postrider::store {

namespace {

using Emails = std::vector<std::string>;

bool names(std::string_view text, const Emails& emails) {
  const auto lower = to_lower(text);
  return std::ranges::any_of(
      emails, [&](const auto& email) { return lower.find(email) != std::string::npos; });
}

bool names(const mail::Part& part, const Emails& emails) {
  return names(part.content, emails) ||
         std::ranges::any_of(part.fields,
                             [&](const auto& field) { return names(field.value, emails); }) ||
         std::ranges::any_of(part.parts, [&](const auto& inner) { return names(inner, emails); });
}

}  // namespace

void find_kept_mentions(Database& database, KeptMentions& found, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::string message;
    {
      auto query = database.prepare(
          "SELECT id, message FROM reports INDEXED BY reports_kept WHERE message IS NOT NULL "
          "AND id > ? ORDER BY id LIMIT 1");
      if (!query.bind(found.looked_to).step()) return;
      found.looked_to = query.integer(0);
      message = query.text(1);
    }
    if (names(message, found.emails) || names(mail::read_message(message).root, found.emails))
      found.reports.push_back(found.looked_to);
  }
}

void forget_kept_mentions(Database& database, const KeptMentions& found) {
  for (const auto id : found.reports) {
    database.prepare("UPDATE reports SET message = NULL WHERE id = ?").bind(id).run();
    database.prepare("DELETE FROM notices WHERE report_id = ?").bind(id).run();
    database.prepare("UPDATE bounces SET recipient = '', text = '' WHERE report_id = ?")
        .bind(id)
        .run();
  }
}

}  // namespace postrider::store
