#include "daemon/reader_data.h"

#include <sstream>

#include "store/exporting.h"
#include "store/former.h"
#include "store/import_changes.h"
#include "store/notices.h"
#include "store/sign_ups.h"
#include "store/sqlite_subscribers.h"

namespace postrider::daemon {

using Json = nlohmann::ordered_json;

namespace {

/// As `subscriber export` has it.
Json record_of(store::Database& reading, SubscriberId reader) {
  std::ostringstream line;
  subscribers::ExportWriter writer(line, subscribers::ExportFormat::jsonl);
  store::export_reader(reading, reader, writer);
  auto record = Json::parse(line.str());
  record.erase("record");
  return record;
}

Json sign_ups_of(store::Database& reading, SubscriberId reader) {
  auto sign_ups = Json::array();
  for (const auto& open : store::SignUps(reading).of(reader))
    sign_ups.push_back(
        {{"list", open.list},
         {"asked_at", rfc3339(open.at)},
         {"name", open.name},
         {"language", open.language},
         {"consent",
          open.consent.empty() ? Json(nullptr) : Json::parse(open.consent, nullptr, false)},
         {"held", open.held.empty() ? Json(nullptr) : Json(open.held)}});
  return sign_ups;
}

/// How the reader stood before.
Json former_of(store::Database& reading, SubscriberId reader) {
  auto subscriptions = Json::array(), imports = Json::array(), evidence = Json::array();
  for (const auto& was : store::former_subscriptions(reading, reader))
    subscriptions.push_back({{"list", was.list},
                             {"state", to_string(was.state)},
                             {"since", rfc3339(was.since)},
                             {"until", rfc3339(was.until)}});
  for (const auto& change : store::imported_changes(reading, reader))
    imports.push_back(
        {{"at", rfc3339(change.at)},
         {"source", change.source},
         {"list", change.list},
         {"undone_at", change.undone_at ? Json(rfc3339(*change.undone_at)) : Json(nullptr)},
         {"before", Json::parse(change.before, nullptr, false)},
         {"after", Json::parse(change.after, nullptr, false)}});
  for (const auto& one : store::former_evidence(reading, reader))
    evidence.push_back({{"kind", one.kind},
                        {"by", one.actor},
                        {"at", rfc3339(one.at)},
                        {"detail", Json::parse(one.detail, nullptr, false)}});
  return {{"subscriptions", subscriptions}, {"imports", imports}, {"evidence", evidence}};
}

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

Json json_events(const std::vector<store::Event>& events) {
  auto array = Json::array();
  for (const auto& event : events)
    array.push_back({{"at", rfc3339(event.at)},
                     {"kind", event.kind},
                     {"actor", event.actor},
                     {"detail", event.detail},
                     {"issue", event.issue.empty() ? Json(nullptr) : Json(event.issue)}});
  return array;
}

std::string reader_data(store::Database& reading, const Uid& uid) {
  auto document = Json::object();
  if (const auto reader = store::SqliteSubscribers(reading).find(uid)) {
    document = record_of(reading, reader->id);
    document["sign_ups"] = sign_ups_of(reading, reader->id);
    document["former"] = former_of(reading, reader->id);
    document["mails"] = mails_of(reading, reader->id);
    document["events"] = json_events(store::Ledger(reading).events_of(reader->id));
  }
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace postrider::daemon
