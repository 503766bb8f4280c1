// postrider segment …: who a segment matches, before anything is sent to them.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/conditions.h"
#include "daemon/commands/output.h"
#include "store/segment_readers.h"

namespace postrider::daemon::commands {

namespace {

namespace segment = subscribers::segment;

struct SegmentArguments {
  std::string expression, list;
  bool json = false;
};

/// The newsletter with the segment that was asked for.
struct Question : Newsletter {
  Question(const Common& common, const SegmentArguments& args)
      : Newsletter(common),
        tree(read_condition(args.expression, terms_of(*this))),
        readers(*database, lists(args.list), clock.now()) {}

  segment::Node tree;
  store::SegmentReaders readers;

 private:
  std::vector<std::string> lists(const std::string& named) const {
    if (!named.empty()) return {list(named).key};
    std::vector<std::string> keys;
    for (const auto& each : settings.lists) keys.push_back(each.key);
    return keys;
  }
};

Json list_or_null(const SegmentArguments& args) {
  return args.list.empty() ? Json(nullptr) : Json(args.list);
}

int count(const Common& common, const SegmentArguments& args) {
  Question question(common, args);
  const auto matched = question.readers.count(question.tree);
  const auto all = question.readers.count();
  if (args.json)
    print_json({{"segment", args.expression},
                {"list", list_or_null(args)},
                {"count", matched},
                {"of", all}});
  else
    std::cout << with_thousands(matched) << " of " << counted(all, "reader") << "\n";
  return done;
}

std::string list_row(std::string_view email, std::string_view name) {
  return padded(email, 40) + "  " + std::string(name);
}

int list(const Common& common, const SegmentArguments& args) {
  Question question(common, args);
  std::int64_t count = 0;
  if (args.json) std::cout << "[";
  question.readers.each(question.tree, [&](const store::SegmentReader& reader) {
    const bool first = ++count == 1;
    if (args.json) {
      const Json document{{"email", reader.email},
                          {"name", reader.name},
                          {"attributes", Json::parse(reader.attributes, nullptr, false)}};
      std::cout << (first ? "\n" : ",\n")
                << document.dump(-1, ' ', false, Json::error_handler_t::replace);
      return;
    }
    if (first) std::cout << coloured(list_row("EMAIL", "NAME"), "1") << "\n";
    std::cout << list_row(printable(reader.email), printable(reader.name)) << "\n";
  });
  if (args.json)
    std::cout << "\n]\n";
  else
    std::cerr << counted(count, "reader") << "\n";
  return done;
}

/// A part of the segment with what can be said of it.
struct Part {
  std::string meaning;
  int depth;
  std::int64_t readers;
  std::string index;
};

void add_parts(Question& question, const segment::Node& node, int depth, std::vector<Part>& parts) {
  parts.push_back({segment::describe(node), depth, question.readers.count(node),
                   question.readers.index_of(node)});
  for (const auto& child : node.children) add_parts(question, child, depth + 1, parts);
}

Json to_json(const std::vector<Part>& parts) {
  auto array = Json::array();
  for (const auto& part : parts)
    array.push_back({{"depth", part.depth},
                     {"meaning", part.meaning},
                     {"count", part.readers},
                     {"index", part.index.empty() ? Json(nullptr) : Json(part.index)}});
  return array;
}

int explain(const Common& common, const SegmentArguments& args) {
  Question question(common, args);
  std::vector<Part> parts;
  add_parts(question, question.tree, 0, parts);
  const auto all = question.readers.count();
  if (args.json) {
    print_json({{"segment", args.expression},
                {"list", list_or_null(args)},
                {"count", parts.front().readers},
                {"of", all},
                {"parts", to_json(parts)}});
    return done;
  }
  Table table({{"READERS", Align::right}, {"FOUND BY"}, {"CONDITION", Align::left, Table::uncut}});
  for (const auto& part : parts)
    table.add({with_thousands(part.readers), part.index.empty() ? "a look at all" : part.index,
               std::string(2 * static_cast<std::size_t>(part.depth), ' ') + part.meaning});
  table.print();
  std::cout << "\nOf " << counted(all, "reader") << " confirmed on "
            << (args.list.empty() ? "any list" : args.list) << ", not suppressed and not paused.\n";
  return done;
}

}  // namespace

void add_segment(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<SegmentArguments>();
  auto* group = app.add_subcommand("segment", "Who a segment matches: count, list, explain");
  group->require_subcommand(1);
  using Work = int (*)(const Common&, const SegmentArguments&);
  const auto add_command = [&](const std::string& name, const std::string& text, Work work) {
    auto* added = group->add_subcommand(name, text);
    added->callback([&command, &common, args, work] {
      command = [&common, args, work] { return work(common, *args); };
    });
    added
        ->add_option("EXPR", args->expression,
                     "The condition, such as \"country = 'KZ' and not tag('vip')\", or the name of "
                     "a saved one")
        ->required();
    added->add_option("--list", args->list, "Of the readers of this list; of all lists by default")
        ->type_name("LIST");
    added->add_flag("--json", args->json, "One JSON document instead of text");
  };
  add_command("count", "How many readers would get an issue for this segment", count);
  add_command("list", "Which ones", list);
  add_command("explain", "What it means, and how many match each part of it", explain);
}

}  // namespace postrider::daemon::commands
