// postrider subscriber …: the list, by the operator's hand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/reader.h"
#include "mail/address.h"
#include "subscribers/import.h"

namespace postrider::daemon::commands {

namespace {

using subscribers::Added;
using subscribers::Subscriber;
using subscribers::SubscriptionState;

struct Arguments {
  std::string email, list, state, file;
  std::string format = "auto";
  std::optional<std::string> name;
  std::vector<std::string> attributes;
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

int add(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto& list = newsletter.list(args.list);
  subscribers::Entry entry{args.email, args.name, parse_attributes(args.attributes)};
  const auto added =
      value_of(newsletter.subscribers.add(entry, list.key, {"operator"}, newsletter.clock.now()));
  const auto email = printable(args.email);
  switch (added) {
    case Added::added:
      std::cout << email << " is confirmed on " << list.key << ".\n";
      return done;
    case Added::updated:
      std::cout << email << " was on " << list.key << " already and is updated.\n";
      return done;
    case Added::unchanged:
      std::cout << email << " was on " << list.key << " already; nothing changed.\n";
      return done;
    case Added::skipped_unsubscribed:
      throw Refusal(email + " left " + list.key + " and is not brought back by an operator");
    case Added::skipped_suppressed:
      throw Refusal(email + " is suppressed and is not to be mailed");
  }
  return done;
}

Json to_json(const Subscriber& subscriber) {
  return {{"email", subscriber.email},
          {"name", subscriber.name},
          {"attributes", Json::parse(subscriber.attributes, nullptr, false)},
          {"created_at", rfc3339(subscriber.created_at)},
          {"subscriptions", json_subscriptions(subscriber)},
          {"suppressed", subscriber.suppressed ? Json(*subscriber.suppressed) : Json(nullptr)}};
}

std::optional<SubscriptionState> parse_state(const std::string& text) {
  if (text.empty()) return {};
  for (const auto state :
       {SubscriptionState::pending, SubscriptionState::confirmed, SubscriptionState::unsubscribed})
    if (to_string(state) == text) return state;
  throw Refusal("'" + printable(text) + "' is no state; write pending, confirmed or unsubscribed");
}

std::string states_of(const Subscriber& subscriber) {
  std::string states;
  for (const auto& subscription : subscriber.subscriptions)
    states += (states.empty() ? "" : ", ") + subscription.list + " " +
              std::string(to_string(subscription.state));
  if (subscriber.suppressed) states += " (suppressed: " + printable(*subscriber.suppressed) + ")";
  return states;
}

/// Columns of a fixed width: the list is written as it is read, and may be larger than memory.
std::string list_row(std::string_view email, std::string_view name, std::string_view states) {
  return padded(email, 40) + "  " + padded(name, 24) + "  " + std::string(states);
}

int list(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  subscribers::ListFilter filter{args.list.empty() ? "" : newsletter.list(args.list).key,
                                 parse_state(args.state)};
  std::int64_t count = 0;
  if (args.json) std::cout << "[";
  newsletter.subscribers.each(filter, [&](const Subscriber& subscriber) {
    const bool first = ++count == 1;
    if (args.json) {
      std::cout << (first ? "\n" : ",\n")
                << to_json(subscriber).dump(-1, ' ', false, Json::error_handler_t::replace);
      return;
    }
    if (first) std::cout << coloured(list_row("EMAIL", "NAME", "LISTS"), "1") << "\n";
    std::cout << list_row(printable(subscriber.email), printable(subscriber.name),
                          states_of(subscriber))
              << "\n";
  });
  if (args.json)
    std::cout << "\n]\n";
  else
    std::cerr << counted(count, "subscriber") << "\n";
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

int show(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto subscriber = find_reader(newsletter, args.email);
  const auto events = newsletter.ledger.events_of(subscriber.id);
  if (args.json) {
    auto document = to_json(subscriber);
    document["events"] = json_events(events);
    print_json(document);
    return done;
  }
  std::vector<std::pair<std::string, std::string>> pairs{
      {"Email", subscriber.email}, {"Name", subscriber.name.empty() ? "-" : subscriber.name}};
  add_attributes(subscriber.attributes, pairs);
  pairs.emplace_back("Since", newsletter.time(subscriber.created_at));
  for (const auto& subscription : subscriber.subscriptions)
    pairs.emplace_back("List " + subscription.list, std::string(to_string(subscription.state)) +
                                                        " since " +
                                                        newsletter.time(subscription.since));
  if (subscriber.suppressed) pairs.emplace_back("Suppressed", *subscriber.suppressed);
  print_pairs(pairs);
  if (!events.empty()) std::cout << "\n";
  Table table({{"TIME"}, {"EVENT"}, {"BY"}, {"DETAIL", Align::left, Table::uncut}});
  for (const auto& event : events)
    table.add({newsletter.time(event.at), event.kind, event.actor, event.detail});
  table.print();
  return done;
}

int unsubscribe(const Common& common, const Arguments& args) {
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

Json to_json(const subscribers::ImportSummary& summary) {
  Json skipped = Json::object();
  for (const auto& [reason, rows] : summary.skipped) skipped[reason] = rows;
  auto examples = Json::array();
  for (const auto& row : summary.examples)
    examples.push_back({{"row", row.row},
                        {"line", row.line},
                        {"reason", row.reason},
                        {"detail", printable(row.detail)}});
  return {{"import", summary.import},   {"read", summary.read},           {"added", summary.added},
          {"updated", summary.updated}, {"unchanged", summary.unchanged}, {"skipped", skipped},
          {"skipped_rows", examples}};
}

[[noreturn]] void refuse_list(const std::string& name, const std::string& why) {
  throw Refusal(printable(name) + ": " + why + "; nothing was imported");
}

/// A file or a pipe.
void open_list(const std::string& name, std::ifstream& file) {
  errno = 0;
  file.open(name, std::ios::binary);
  if (!file) refuse_list(name, std::string("cannot be read: ") + std::strerror(errno));
  const auto type = std::filesystem::status(name).type();
  if (type == std::filesystem::file_type::directory)
    refuse_list(name, "is a folder; name a file of CSV");
  if (type != std::filesystem::file_type::regular && type != std::filesystem::file_type::fifo)
    refuse_list(name, "is neither a file nor a pipe; - is standard input");
}

void print(const subscribers::ImportSummary& summary, const std::string& list) {
  std::int64_t skipped = 0;
  for (const auto& [reason, rows] : summary.skipped) skipped += rows;
  std::cout << "Import " << summary.import << " into " << list << ":\n";
  Table table({{"ROWS"}, {"", Align::right}});
  for (const auto& [label, count] : {std::pair{"read", summary.read},
                                     {"added", summary.added},
                                     {"updated", summary.updated},
                                     {"unchanged", summary.unchanged},
                                     {"skipped", skipped}})
    table.add({label, with_thousands(count)});
  for (const auto& [reason, rows] : summary.skipped)
    table.add({"  " + reason, with_thousands(rows)});
  table.print();
}

int import(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto& list = newsletter.list(args.list);
  if (args.format != "auto" && args.format != "csv")
    throw Refusal("--format " + printable(args.format) +
                  ": is not built yet; write auto or csv, and export your list as CSV");
  const auto name = args.file == "-" ? std::string("standard input") : args.file;
  std::ifstream file;
  if (args.file != "-") open_list(args.file, file);
  auto& in = args.file == "-" ? std::cin : file;
  std::int64_t nameless = 0;
  const auto reading = [&](const subscribers::RowVisitor& row,
                           const subscribers::SkipVisitor& skip) {
    const auto counting = [&](subscribers::Entry entry, std::int64_t number, std::int64_t line) {
      nameless += entry.nameless;
      row(std::move(entry), number, line);
    };
    return subscribers::read_csv(in, counting, skip);
  };
  auto imported = newsletter.subscribers.import(
      reading, list.key, std::filesystem::path(name).filename().string(), newsletter.clock.now());
  if (!imported) refuse_list(name, imported.error().message);
  if (args.json) {
    auto document = to_json(*imported);
    document["nameless_values"] = nameless;
    print_json(document);
    return done;
  }
  print(*imported, list.key);
  for (const auto& row : imported->examples)
    std::cerr << printable(name) << ":" << row.line << ": row " << row.row
              << " skipped: " << row.reason << ": " << printable(row.detail) << "\n";
  if (nameless > 0)
    std::cerr << printable(name) << ": " << counted(nameless, "value")
              << " in columns without a name left out; name them in its first line\n";
  return done;
}

}  // namespace

void add_subscriber(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<Arguments>();
  auto* subscriber = app.add_subcommand("subscriber", "The subscribers: add, import, list, show");
  subscriber->require_subcommand(1);
  using Work = int (*)(const Common&, const Arguments&);
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

  auto* list_all = on_list(add_command("list", "All subscribers with their states", list),
                           "Only who has to do with this list");
  list_all
      ->add_option("--state", args->state, "Only in this state: pending, confirmed, unsubscribed")
      ->type_name("STATE");
  json(list_all);

  json(email(add_command("show", "One subscriber with all that happened", show)));
  on_list(email(add_command("unsubscribe", "Unsubscribes a reader", unsubscribe)),
          "Only from this list; from all by default");

  auto* import_file =
      on_list(add_command("import",
                          "Imports a CSV file with a header: email, name, other columns as "
                          "attributes; who left stays out",
                          import),
              "The list to join; the only one by default");
  import_file->add_option("FILE", args->file, "The file or pipe; - is standard input")->required();
  import_file->add_option("--format", args->format, "auto or csv")->type_name("FORMAT");
  json(import_file);
}

}  // namespace postrider::daemon::commands
