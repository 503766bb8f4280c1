// postrider why EMAIL: the whole story of one reader, issue by issue.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "daemon/absence.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/reader.h"
#include "daemon/reader_data.h"
#include "mail/address.h"
#include "store/notices.h"
#include "store/suppressions.h"

namespace postrider::daemon::commands {

namespace {

/// What ended a delivery before its mail was sent.
struct Cancelling {
  Instant at;
  std::string cause;
};

/// Of a list of the issue, or of all where the event does not tell: the reader left.
bool ends_delivery(const store::Event& event, const queue::Issue& issue,
                   const subscribers::Subscriber& reader) {
  if (event.kind == "subscriber.suppressed") return true;
  if (event.kind != "subscriber.unsubscribed") return false;
  const auto& all = reader.subscriptions;
  return all.size() == 1 || std::any_of(all.begin(), all.end(), [&](const auto& subscription) {
           const bool of_issue = std::find(issue.lists.begin(), issue.lists.end(),
                                           subscription.list) != issue.lists.end();
           return of_issue && subscription.since == event.at;
         });
}

std::string ending_of(const store::Event& event) {
  const auto what = event.kind == "issue.cancelled"         ? "the issue was cancelled"
                    : event.kind == "subscriber.suppressed" ? "suppressed"
                                                            : "left";
  return std::string(what) + " by " + event.actor +
         (event.detail.empty() ? "" : ": " + printable(event.detail));
}

/// From the events of reader and issue: the first that ended it; nothing where none tells.
std::optional<Cancelling> find_cancelling(store::Ledger& ledger, const store::IssueStory& story,
                                          const subscribers::Subscriber& reader,
                                          const std::vector<store::Event>& events) {
  if (!story.delivery || story.delivery->state != queue::DeliveryState::cancelled) return {};
  std::optional<Cancelling> first;
  const auto consider = [&](const store::Event& event) {
    if (event.at >= story.issue.started_at && (!first || event.at < first->at))
      first = {event.at, ending_of(event)};
  };
  for (const auto& event : events)
    if (ends_delivery(event, story.issue, reader)) consider(event);
  for (const auto& event : ledger.events_of(story.issue.id))
    if (event.kind == "issue.cancelled") consider(event);
  return first;
}

/// One issue, and why it was not sent to the reader, where it was not.
struct Explained {
  const store::IssueStory& story;
  std::optional<Cancelling> cancelling;
  std::optional<Absence> absence;
};

/// Its last attempt went well; a report came later.
bool came_back(const store::IssueStory& story) {
  return !story.attempts.empty() &&
         story.attempts.back().attempt.outcome.kind == queue::OutcomeKind::delivered;
}

std::string verdict(const Explained& explained) {
  if (explained.absence) return "was not in the audience: " + printable(explained.absence->told);
  const auto& delivery = *explained.story.delivery;
  switch (delivery.state) {
    case queue::DeliveryState::queued:
    case queue::DeliveryState::claimed:
      return delivery.attempts > 0 ? "waits after a temporary failure" : "waits for its turn";
    case queue::DeliveryState::sending:
      return "is on the wire now";
    case queue::DeliveryState::accepted:
      return "accepted by the relay";
    case queue::DeliveryState::bounced:
      return came_back(explained.story) ? "accepted by the relay, and came back"
                                        : "refused for good";
    case queue::DeliveryState::failed:
      return "failed";
    case queue::DeliveryState::cancelled:
      return "cancelled before it was sent";
    case queue::DeliveryState::in_doubt:
      return delivery.waits_for_resend ? "cut off with its answer unknown; will be sent again"
                                       : "cut off with its answer unknown; held";
  }
  return {};
}

Json to_json(const queue::Attempt& attempt) {
  const auto& [kind, scope, reply, peer] = attempt.outcome;
  return {{"begun", rfc3339(attempt.begun)},
          {"ended", rfc3339(attempt.ended)},
          {"relay", attempt.relay},
          {"outcome", to_string(kind)},
          {"scope", to_string(scope)},
          {"code", reply.code > 0 ? Json(reply.code) : Json(nullptr)},
          {"enhanced", reply.enhanced},
          {"reply", reply.text},
          {"host", peer.host},
          {"tls", peer.tls}};
}

Json to_json(const store::NoticeStory& notice) {
  auto attempts = Json::array();
  for (const auto& attempt : notice.attempts) attempts.push_back(to_json(attempt));
  return {{"kind", to_string(notice.kind)}, {"to", notice.to},
          {"at", rfc3339(notice.at)},       {"state", to_string(notice.state)},
          {"due", json_time(notice.due)},   {"attempts", attempts}};
}

Json json_version(int version) { return version > 0 ? Json(version) : Json(nullptr); }

/// What is not told of each attempt any more.
Json folded_json(const store::IssueStory& story) {
  if (!story.folded) return nullptr;
  return {{"attempts", story.folded->attempts}, {"at", rfc3339(story.folded->at)}};
}

Json to_json(const Explained& explained) {
  const auto& [story, cancelling, absence] = explained;
  auto attempts = Json::array();
  for (const auto& [number, notice, attempt, version] : story.attempts) {
    Json row{{"number", number}, {"resend", notice != 0}, {"version", json_version(version)}};
    row.update(to_json(attempt));
    attempts.push_back(std::move(row));
  }
  return {{"issue", story.issue.slug},
          {"title", story.issue.title},
          {"corrects", story.issue.corrects.empty() ? Json(nullptr) : Json(story.issue.corrects)},
          {"version", json_version(story.delivery ? story.delivery->version : 0)},
          {"versions", story.issue.version},
          {"state", story.delivery ? Json(to_string(story.delivery->state)) : Json(nullptr)},
          {"verdict", verdict(explained)},
          {"excluded", absence ? Json(absence->reason) : Json(nullptr)},
          {"due", story.delivery ? json_time(story.delivery->due) : Json(nullptr)},
          {"cancelled_at", cancelling ? Json(rfc3339(cancelling->at)) : Json(nullptr)},
          {"cancelled_because", cancelling ? Json(cancelling->cause) : Json(nullptr)},
          {"folded", folded_json(story)},
          {"attempts", attempts}};
}

std::string by(const queue::Endpoint& peer) {
  if (peer.host.empty()) return {};
  return " (" + printable(peer.host) + (peer.tls.empty() ? "" : ", " + peer.tls) + ")";
}

std::string told(const queue::Attempt& attempt) {
  return "through " + attempt.relay + by(attempt.outcome.peer) + ": " +
         std::string(to_string(attempt.outcome.kind)) + ": " +
         printable(attempt.outcome.reply.str());
}

/// "already subscribed"
std::string title_of(queue::NoticeKind kind) {
  std::string title(to_string(kind));
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

void print_notice(const Newsletter& newsletter, const store::NoticeStory& notice) {
  std::cout << "  " << newsletter.time(notice.at) << "  notice '" << title_of(notice.kind)
            << "' to " << printable(notice.to) << ": " << to_string(notice.state);
  if (notice.due) std::cout << ", due " << newsletter.time(notice.due);
  std::cout << "\n";
  for (const auto& attempt : notice.attempts)
    std::cout << "    " << newsletter.time(attempt.ended) << "  " << told(attempt) << "\n";
}

void print_story(const Newsletter& newsletter, const Explained& explained) {
  const auto& [story, cancelling, absence] = explained;
  std::cout << "\n"
            << coloured(story.issue.slug, "1") << "  " << printable(story.issue.title) << "\n  "
            << verdict(explained);
  if (story.issue.version > 1 && story.delivery && story.delivery->version > 0)
    std::cout << " (version " << story.delivery->version << " of " << story.issue.version << ")";
  if (story.delivery && story.delivery->due)
    std::cout << ", due " << newsletter.time(story.delivery->due);
  if (cancelling) std::cout << ", " << newsletter.time(cancelling->at) << ": " << cancelling->cause;
  std::cout << "\n";
  if (story.folded)
    std::cout << "  " << counted(story.folded->attempts, "earlier attempt") << ", folded on "
              << newsletter.time(story.folded->at) << "\n";
  for (const auto& [number, notice, attempt, version] : story.attempts)
    std::cout << "  " << newsletter.time(attempt.ended) << "  "
              << (notice != 0 ? "copy sent again, attempt " : "attempt ") << number << " "
              << (story.issue.version > 1 ? "of version " + std::to_string(version) + " " : "")
              << told(attempt) << "\n";
}

int why(const Common& common, const std::string& email, const std::string& slug, bool json) {
  Newsletter newsletter(common);
  const auto reader = find_reader(newsletter, email);
  if (!slug.empty()) newsletter.issue(slug);
  const auto stories = newsletter.ledger.stories(reader.id, slug);
  const auto events = newsletter.ledger.events_of(reader.id);
  const auto notices = slug.empty() ? store::Notices(*newsletter.database).of(reader.id)
                                    : std::vector<store::NoticeStory>();
  const auto suppression =
      store::find_suppression(*newsletter.database, value_of(mail::parse_address(reader.email)));
  const auto explain = [&](const store::IssueStory& story) {
    Explained explained{story, find_cancelling(newsletter.ledger, story, reader, events), {}};
    if (!story.delivery)
      explained.absence = find_absence(story.issue, reader, suppression, events, [&](Instant at) {
        return json ? rfc3339(at) : newsletter.time(at);
      });
    return explained;
  };
  if (json) {
    auto issues = Json::array();
    for (const auto& story : stories) issues.push_back(to_json(explain(story)));
    auto mails = Json::array();
    for (const auto& notice : notices) mails.push_back(to_json(notice));
    print_json({{"email", reader.email},
                {"suppressed", json_suppressed(reader)},
                {"paused_until", json_time(reader.paused_until)},
                {"subscriptions", json_subscriptions(reader)},
                {"issues", issues},
                {"notices", mails},
                {"events", json_events(events)}});
    return done;
  }
  std::cout << coloured(printable(reader.email), "1")
            << (reader.name.empty() ? "" : "  " + printable(reader.name)) << "\n";
  if (reader.left_all_at)
    std::cout << "  left all lists " << newsletter.time(reader.left_all_at) << "\n";
  if (reader.suppressed)
    std::cout << "  not to be mailed: " << to_string(*reader.suppressed) << "\n";
  if (reader.paused_until)
    std::cout << "  gets no issue that starts before " << newsletter.time(reader.paused_until)
              << "\n";
  for (const auto& subscription : reader.subscriptions) {
    std::cout << "  " << to_string(subscription.state) << " on " << subscription.list << " since "
              << newsletter.time(subscription.since) << ", by " << printable(subscription.evidence)
              << "\n";
    if (const auto consent = told_consent(newsletter, subscription.consent); !consent.empty())
      std::cout << "    " << consent << "\n";
  }
  for (const auto& event : events)
    std::cout << "  " << newsletter.time(event.at) << "  " << event.kind << " by " << event.actor
              << (event.detail.empty() ? "" : ": " + printable(event.detail))
              << (event.issue.empty() ? "" : ", issue " + event.issue) << "\n";
  for (const auto& notice : notices) print_notice(newsletter, notice);
  for (const auto& story : stories) print_story(newsletter, explain(story));
  if (stories.empty())
    std::cout << "\nNo issue that could have gone to this reader has started yet"
              << (slug.empty() ? "" : " by the name of '" + slug + "'") << ".\n";
  return done;
}

}  // namespace

void add_why(CLI::App& app, Common& common, Command& command) {
  struct Arguments {
    std::string email, issue;
    bool json = false;
  };
  const auto args = std::make_shared<Arguments>();
  auto* added = app.add_subcommand("why",
                                   "The whole story of one reader: subscriptions, issues, "
                                   "attempts and what the servers said");
  added->add_option("EMAIL", args->email, "The reader")->required();
  added->add_option("--issue", args->issue, "Only this issue")->type_name("SLUG");
  added->add_flag("--json", args->json, "One JSON document instead of text");
  added->callback([args, &common, &command] {
    command = [args, &common] { return why(common, args->email, args->issue, args->json); };
  });
}

}  // namespace postrider::daemon::commands
