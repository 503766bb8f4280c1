// postrider why EMAIL: the whole story of one reader, issue by issue.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/reader.h"

namespace postrider::daemon::commands {

namespace {

std::string verdict(const store::IssueStory& story) {
  if (!story.delivery) return "was not in the audience";
  const auto& delivery = *story.delivery;
  switch (delivery.state) {
    case queue::DeliveryState::queued:
    case queue::DeliveryState::claimed:
      return delivery.attempts > 0 ? "waits after a temporary failure" : "waits for its turn";
    case queue::DeliveryState::sending:
      return "is on the wire now";
    case queue::DeliveryState::accepted:
      return "accepted by the relay";
    case queue::DeliveryState::bounced:
      return "refused for good";
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

Json to_json(const store::IssueStory& story) {
  auto attempts = Json::array();
  for (const auto& [number, resend, attempt] : story.attempts)
    attempts.push_back({{"number", number},
                        {"resend", resend},
                        {"begun", rfc3339(attempt.begun)},
                        {"ended", rfc3339(attempt.ended)},
                        {"relay", attempt.relay},
                        {"outcome", to_string(attempt.outcome.kind)},
                        {"scope", to_string(attempt.outcome.scope)},
                        {"code", attempt.outcome.reply.code > 0 ? Json(attempt.outcome.reply.code)
                                                                : Json(nullptr)},
                        {"enhanced", attempt.outcome.reply.enhanced},
                        {"reply", attempt.outcome.reply.text}});
  return {{"issue", story.issue.slug},
          {"title", story.issue.title},
          {"state", story.delivery ? Json(to_string(story.delivery->state)) : Json(nullptr)},
          {"verdict", verdict(story)},
          {"due", story.delivery ? json_time(story.delivery->due) : Json(nullptr)},
          {"attempts", attempts}};
}

void print_story(const Newsletter& newsletter, const store::IssueStory& story) {
  std::cout << "\n"
            << coloured(story.issue.slug, "1") << "  " << printable(story.issue.title) << "\n  "
            << verdict(story);
  if (story.delivery && story.delivery->due)
    std::cout << ", due " << newsletter.time(story.delivery->due);
  std::cout << "\n";
  for (const auto& [number, resend, attempt] : story.attempts)
    std::cout << "  " << newsletter.time(attempt.ended) << "  "
              << (resend ? "copy sent again, attempt " : "attempt ") << number << " through "
              << attempt.relay << ": " << to_string(attempt.outcome.kind) << ": "
              << printable(attempt.outcome.reply.str()) << "\n";
}

int why(const Common& common, const std::string& email, const std::string& slug, bool json) {
  Newsletter newsletter(common);
  const auto reader = find_reader(newsletter, email);
  if (!slug.empty()) newsletter.issue(slug);
  const auto stories = newsletter.ledger.stories(reader.id, slug);
  const auto events = newsletter.ledger.events_of(reader.id);
  if (json) {
    auto issues = Json::array();
    for (const auto& story : stories) issues.push_back(to_json(story));
    print_json({{"email", reader.email},
                {"suppressed", reader.suppressed ? Json(*reader.suppressed) : Json(nullptr)},
                {"subscriptions", json_subscriptions(reader)},
                {"issues", issues},
                {"events", json_events(events)}});
    return done;
  }
  std::cout << coloured(printable(reader.email), "1")
            << (reader.name.empty() ? "" : "  " + printable(reader.name)) << "\n";
  if (reader.suppressed)
    std::cout << "  not to be mailed: " << printable(*reader.suppressed) << "\n";
  for (const auto& subscription : reader.subscriptions)
    std::cout << "  " << to_string(subscription.state) << " on " << subscription.list << " since "
              << newsletter.time(subscription.since) << ", joined by "
              << printable(subscription.evidence) << "\n";
  for (const auto& event : events)
    std::cout << "  " << newsletter.time(event.at) << "  " << event.kind << " by " << event.actor
              << (event.detail.empty() ? "" : ": " + printable(event.detail)) << "\n";
  for (const auto& story : stories) print_story(newsletter, story);
  if (stories.empty())
    std::cout << "\nNo issue was sent yet that could have gone to this reader.\n";
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
