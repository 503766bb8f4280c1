#include "daemon/reader_data.h"

#include "daemon/commands/output.h"
#include "daemon/commands/reader.h"
#include "store/ledger.h"
#include "store/notices.h"
#include "store/sqlite_subscribers.h"

namespace postrider::daemon {

using commands::Json;
using commands::json_time;

namespace {

Json mails_of(store::Database& reading, SubscriberId reader) {
  auto mails = Json::array();
  for (const auto& story : store::Ledger(reading).stories(reader)) {
    if (!story.delivery) continue;
    auto replies = Json::array();
    for (const auto& each : story.attempts)
      replies.push_back(
          {{"at", rfc3339(each.attempt.ended)}, {"reply", each.attempt.outcome.reply.text}});
    mails.push_back({{"issue", story.issue.slug},
                     {"title", story.issue.title},
                     {"state", to_string(story.delivery->state)},
                     {"attempts", replies}});
  }
  for (const auto& notice : store::Notices(reading).of(reader))
    mails.push_back({{"notice", to_string(notice.kind)},
                     {"to", notice.to},
                     {"at", rfc3339(notice.at)},
                     {"state", to_string(notice.state)}});
  return mails;
}

}  // namespace

std::string reader_data(store::Database& reading, const Uid& uid) {
  auto document = Json::object();
  if (const auto reader = store::SqliteSubscribers(reading).find(uid)) {
    document = {{"email", reader->email},
                {"name", reader->name},
                {"attributes", Json::parse(reader->attributes, nullptr, false)},
                {"language", reader->language},
                {"time_zone", reader->time_zone},
                {"created_at", rfc3339(reader->created_at)},
                {"paused_until", json_time(reader->paused_until)},
                {"suppressed", commands::json_suppressed(*reader)},
                {"subscriptions", commands::json_subscriptions(*reader)},
                {"mails", mails_of(reading, reader->id)},
                {"events", commands::json_events(store::Ledger(reading).events_of(reader->id))}};
  }
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace postrider::daemon
