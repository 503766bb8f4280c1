// postrider subscriber …: the list, by the operator's hand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "base/time_zone.h"
#include "config/language.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/reader.h"
#include "daemon/reader_data.h"
#include "mail/address.h"

namespace postrider::daemon::commands {

namespace {

using subscribers::Added;

struct SubscriberArguments {
  std::string email, list;
  std::optional<std::string> name, language, time_zone;
  std::vector<std::string> attributes;
  bool pending = false;
  bool json = false;
};

std::vector<std::pair<std::string, std::string>> parse_attributes(
    const std::vector<std::string>& given) {
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const auto& pair : given) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Refusal("--attribute " + printable(pair) + ": write KEY=VALUE");
    if (!is_utf8(pair)) throw Refusal("--attribute " + printable(pair) + ": is no UTF-8");
    attributes.emplace_back(pair.substr(0, equals), Json(pair.substr(equals + 1)).dump());
  }
  return attributes;
}

int add(const Common& common, const SubscriberArguments& args) {
  Newsletter newsletter(common);
  const auto& list = newsletter.list(args.list);
  subscribers::Entry entry{args.email, args.name, parse_attributes(args.attributes)};
  if (args.pending) entry.standing = subscribers::Standing::pending;
  if (args.language) entry.language = value_of(config::parse_language(*args.language));
  entry.time_zone = args.time_zone;
  if (entry.time_zone && !is_time_zone(*entry.time_zone))
    throw Refusal("'" + printable(*entry.time_zone) +
                  "' is no time zone that this system knows; write one such as America/New_York");
  const auto added =
      value_of(newsletter.subscribers.add(entry, list.key, {"operator"}, newsletter.clock.now()));
  const auto known = newsletter.subscribers.find(args.email);
  const auto email =
      printable(known ? known->email : value_of(mail::parse_address(args.email)).str());
  switch (added) {
    case Added::added:
      std::cout << email
                << (args.pending ? " is asked by a mail whether to be on " : " is confirmed on ")
                << list.key << ".\n";
      return done;
    case Added::updated:
      std::cout << email << " was on " << list.key << " already and is updated.\n";
      return done;
    case Added::unchanged:
      std::cout << email << " was on " << list.key << " already; nothing changed.\n";
      return done;
    case Added::skipped_unsubscribed:
      throw Refusal(email + " left " + list.key +
                    " or all lists and is not brought back by an operator, only by signing up");
    case Added::skipped_suppressed:
      throw Refusal(email +
                    " is suppressed and is not to be mailed; `postrider suppression remove " +
                    email + "` lifts that, where its owner wants that");
    case Added::skipped_erased:
      throw Refusal(email + " was erased, and stays out; `postrider suppression remove " + email +
                    "` allows it again, where its owner wants that");
  }
  return done;
}

/// "country: KZ", one a line, the first one beside the label.
void add_attributes(const std::string& text,
                    std::vector<std::pair<std::string, std::string>>& pairs) {
  const auto attributes = Json::parse(text, nullptr, false);
  bool first = true;
  for (const auto& [key, value] : attributes.items()) {
    const auto shown = value.is_string() ? value.get<std::string>() : value.dump();
    pairs.emplace_back(first ? "Attributes" : "", key + ": " + shown);
    first = false;
  }
  if (first) pairs.emplace_back("Attributes", "-");
}

/// "unsubscribe link: report, issue weekly"
std::string told(const store::Event& event) {
  if (event.issue.empty()) return event.detail;
  return event.detail + (event.detail.empty() ? "issue " : ", issue ") + event.issue;
}

int show(const Common& common, const SubscriberArguments& args) {
  Newsletter newsletter(common);
  const auto subscriber = find_reader(newsletter, args.email);
  const auto events = newsletter.ledger.events_of(subscriber.id);
  if (args.json) {
    auto document = json_reader(subscriber);
    document["events"] = json_events(events);
    print_json(document);
    return done;
  }
  std::vector<std::pair<std::string, std::string>> pairs{
      {"Email", subscriber.email}, {"Name", subscriber.name.empty() ? "-" : subscriber.name}};
  add_attributes(subscriber.attributes, pairs);
  if (!subscriber.language.empty()) pairs.emplace_back("Language", subscriber.language);
  if (!subscriber.time_zone.empty()) pairs.emplace_back("Time zone", subscriber.time_zone);
  pairs.emplace_back("Since", newsletter.time(subscriber.created_at));
  for (const auto& subscription : subscriber.subscriptions) {
    pairs.emplace_back("List " + subscription.list, std::string(to_string(subscription.state)) +
                                                        " since " +
                                                        newsletter.time(subscription.since));
    if (const auto consent = told_consent(newsletter, subscription.consent); !consent.empty())
      pairs.emplace_back("", consent);
  }
  if (subscriber.left_all_at)
    pairs.emplace_back("Left all lists", newsletter.time(subscriber.left_all_at));
  if (subscriber.suppressed) pairs.emplace_back("Suppressed", to_string(*subscriber.suppressed));
  if (subscriber.paused_until)
    pairs.emplace_back("Paused until", newsletter.time(subscriber.paused_until));
  print_pairs(pairs);
  if (!events.empty()) std::cout << "\n";
  Table table({{"TIME"}, {"EVENT"}, {"BY"}, {"DETAIL", Align::left, Table::uncut}});
  for (const auto& event : events)
    table.add({newsletter.time(event.at), event.kind, event.actor, told(event)});
  table.print();
  return done;
}

int unsubscribe(const Common& common, const SubscriberArguments& args) {
  Newsletter newsletter(common);
  const auto subscriber = find_reader(newsletter, args.email);
  ListId list;
  if (!args.list.empty()) {
    const auto& key = newsletter.list(args.list).key;
    for (const auto& row : newsletter.ledger.lists())
      if (row.key == key) list = row.id;
  }
  const bool left = newsletter.ledger.unsubscribe(subscriber.id, list, "operator",
                                                  "subscriber unsubscribe", newsletter.clock.now());
  const auto where = args.list.empty() ? std::string("every list") : args.list;
  const bool known = std::any_of(subscriber.subscriptions.begin(), subscriber.subscriptions.end(),
                                 [&](const auto& subscription) {
                                   return args.list.empty() || subscription.list == args.list;
                                 });
  std::cout << printable(subscriber.email)
            << (left    ? " is unsubscribed from " + where
                : known ? " had left " + where + " already; nothing changed"
                        : " never joined " + (args.list.empty() ? "a list" : where) +
                              "; nothing changed")
            << ".\n";
  return done;
}

}  // namespace

void add_subscriber(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<SubscriberArguments>();
  auto* subscriber = app.add_subcommand(
      "subscriber", "The subscribers: one by one, as a list, and in and out as files");
  subscriber->require_subcommand(1);
  using Work = int (*)(const Common&, const SubscriberArguments&);
  const auto add_command = [&](const std::string& name, const std::string& text, Work work) {
    auto* added = subscriber->add_subcommand(name, text);
    added->callback([&command, &common, args, work] {
      command = [&common, args, work] { return work(common, *args); };
    });
    return added;
  };
  const auto email = [args](CLI::App* added) {
    added->add_option("EMAIL", args->email, "The address")->required();
    return added;
  };
  const auto on_list = [args](CLI::App* added, const std::string& text) {
    added->add_option("--list", args->list, text)->type_name("LIST");
    return added;
  };
  const auto json = [args](CLI::App* added) {
    added->add_flag("--json", args->json, "One JSON document instead of text");
  };

  auto* add_one =
      on_list(email(add_command("add", "Adds one reader, confirmed: you vouch for it", add)),
              "The list to join; the only one by default");
  add_one->add_option("--name", args->name, "The reader's name");
  add_one->add_option("--attribute", args->attributes, "An attribute; may be given several times")
      ->type_name("KEY=VALUE");
  add_one->add_option("--language", args->language, "The reader's language, such as de or pt-BR");
  add_one->add_option("--time-zone", args->time_zone, "The reader's, such as America/New_York")
      ->type_name("ZONE");
  add_one->add_flag("--pending", args->pending, "Asks the reader by a mail, and confirms nobody");

  json(email(add_command("show", "One subscriber with all that happened", show)));
  on_list(email(add_command("unsubscribe", "Unsubscribes a reader", unsubscribe)),
          "Only from this list; from all by default");

  add_subscriber_list(*subscriber, common, command);
  add_import(*subscriber, common, command);
  add_imports(*subscriber, common, command);
  add_export(*subscriber, common, command);
  add_erase(*subscriber, common, command);
}

}  // namespace postrider::daemon::commands
