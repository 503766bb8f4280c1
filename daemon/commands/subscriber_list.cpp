// postrider subscriber list: all of them, or those of whom something is true.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/conditions.h"
#include "daemon/commands/output.h"
#include "daemon/commands/reader.h"

namespace postrider::daemon::commands {

namespace {

namespace segment = subscribers::segment;
using subscribers::Subscriber;

struct SubscriberListArguments {
  std::string list, state, joined_after, joined_before, segment;
  std::vector<std::string> attributes;
  bool count = false, json = false;
};

void set_state(subscribers::ListFilter& filter, const std::string& text, Instant now) {
  if (text == "suppressed") {
    filter.suppressed = true;
    return;
  }
  if (text == "paused") {
    filter.paused_at = now;
    return;
  }
  filter.state = subscribers::parse_subscription_state(text);
  if (!filter.state)
    throw Refusal("'" + printable(text) +
                  "' is no state; write pending, confirmed, unsubscribed, suppressed or paused");
}

/// What is asked of attributes, dates and segment, together.
std::optional<segment::Node> condition_of(Newsletter& newsletter,
                                          const SubscriberListArguments& args) {
  const auto terms = terms_of(newsletter);
  segment::Node all{segment::All{}, {}};
  for (const auto& pair : args.attributes) all.children.push_back(read_attribute(pair, terms));
  if (!args.joined_after.empty())
    all.children.push_back(read_joined(segment::Comparison::more, args.joined_after, terms));
  if (!args.joined_before.empty())
    all.children.push_back(read_joined(segment::Comparison::less, args.joined_before, terms));
  if (!args.segment.empty()) all.children.push_back(read_condition(args.segment, terms));
  if (all.children.empty()) return {};
  return all;
}

subscribers::ListFilter filter_of(Newsletter& newsletter, const SubscriberListArguments& args) {
  subscribers::ListFilter filter;
  if (!args.list.empty()) filter.list = newsletter.list(args.list).key;
  if (!args.state.empty()) set_state(filter, args.state, newsletter.clock.now());
  filter.condition = condition_of(newsletter, args);
  return filter;
}

std::string states_of(const Newsletter& newsletter, const Subscriber& subscriber) {
  std::string states;
  for (const auto& subscription : subscriber.subscriptions)
    states += (states.empty() ? "" : ", ") + subscription.list + " " +
              std::string(to_string(subscription.state));
  if (subscriber.suppressed)
    states += " (suppressed: " + std::string(to_string(*subscriber.suppressed)) + ")";
  if (subscriber.paused_until)
    states += " (paused until " + newsletter.time(subscriber.paused_until) + ")";
  return states;
}

/// Columns of a fixed width: the list is written as it is read, and may be larger than memory.
std::string row(std::string_view email, std::string_view name, std::string_view states) {
  return padded(email, 40) + "  " + padded(name, 24) + "  " + std::string(states);
}

void list_as_text(Newsletter& newsletter, const subscribers::ListFilter& filter) {
  std::int64_t count = 0;
  newsletter.subscribers.each(filter, [&](const Subscriber& subscriber) {
    if (++count == 1) std::cout << coloured(row("EMAIL", "NAME", "LISTS"), "1") << "\n";
    std::cout << row(printable(subscriber.email), printable(subscriber.name),
                     states_of(newsletter, subscriber))
              << "\n";
  });
  std::cout.flush();
  std::cerr << counted(count, "subscriber") << "\n";
}

void list_as_json(Newsletter& newsletter, const subscribers::ListFilter& filter) {
  bool first = true;
  std::cout << "[";
  newsletter.subscribers.each(filter, [&](const Subscriber& subscriber) {
    std::cout << (first ? "\n" : ",\n")
              << json_reader(subscriber).dump(-1, ' ', false, Json::error_handler_t::replace);
    first = false;
  });
  std::cout << "\n]\n";
}

void count(Newsletter& newsletter, const subscribers::ListFilter& filter, bool json) {
  const auto count = newsletter.subscribers.count(filter);
  if (json)
    print_json({{"count", count}});
  else
    std::cout << counted(count, "subscriber") << "\n";
}

int list(const Common& common, const SubscriberListArguments& args) {
  Newsletter newsletter(common);
  const auto filter = filter_of(newsletter, args);
  if (args.count)
    count(newsletter, filter, args.json);
  else if (args.json)
    list_as_json(newsletter, filter);
  else
    list_as_text(newsletter, filter);
  return done;
}

}  // namespace

void add_subscriber_list(CLI::App& subscriber, Common& common, Command& command) {
  const auto args = std::make_shared<SubscriberListArguments>();
  auto* added = subscriber.add_subcommand("list", "Subscribers with their states");
  added->add_option("--list", args->list, "Only who has to do with this list")->type_name("LIST");
  added
      ->add_option("--state", args->state,
                   "Only in this state: pending, confirmed, unsubscribed; suppressed; paused")
      ->type_name("STATE");
  added
      ->add_option("--attribute", args->attributes,
                   "Only who has this attribute; may be given several times")
      ->type_name("KEY=VALUE");
  added
      ->add_option("--joined-after", args->joined_after,
                   "Only who is confirmed since after that day or time")
      ->type_name("DATE");
  added
      ->add_option("--joined-before", args->joined_before,
                   "Only who is confirmed since before that day or time")
      ->type_name("DATE");
  added
      ->add_option("--segment", args->segment,
                   "Only of whom this condition is true, such as \"tag('vip')\", or a saved one")
      ->type_name("EXPR");
  added->add_flag("--count", args->count, "Only how many there are");
  added->add_flag("--json", args->json, "One JSON document instead of text");
  added->callback(
      [args, &common, &command] { command = [args, &common] { return list(common, *args); }; });
}

}  // namespace postrider::daemon::commands
