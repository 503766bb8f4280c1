#include "config/reader.h"

#include <algorithm>

#include "base/command.h"
#include "base/text.h"
#include "config/checks.h"
#include "config/keys.h"
#include "config/sections.h"
#include "mail/address.h"

namespace postrider::config {

namespace {

const Table no_table;

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const auto& key : known_keys()) {
    const auto name = std::string(key.section.substr(0, key.section.find('.')));
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

/// The document being read, section by section.
class Reader {
 public:
  Reader(const Table& root, const std::filesystem::path& file)
      : root_(root), faults_(file.string()) {
    settings_.file = std::filesystem::absolute(file).lexically_normal();
    settings_.folder = settings_.file.parent_path();
  }

  tl::expected<Settings, Faults> read() {
    check_sections();
    const auto publication = section("publication");
    settings_.publication = read_publication(publication);
    read_lists();
    read_segments();
    settings_.storage = read_storage(section("storage"), settings_.folder);
    check_words(publication, settings_.publication.language, settings_.storage.theme);
    read_relays();
    read_domains();
    settings_.pacing = read_pacing(section("pacing"));
    settings_.retry = read_retry(section("retry"));
    settings_.dkim = read_dkim(section("dkim"), settings_.publication.from);
    settings_.bounces = read_bounces(section("bounces"), settings_.folder);
    settings_.webhooks = read_webhooks(section("webhooks"), settings_.folder);
    settings_.http = read_http(section("http"), settings_.folder);
    settings_.sign_up = read_sign_up(section("sign_up"), settings_.folder);
    settings_.guards = read_guards(section("guards"));
    section("log").read("level", settings_.log.level, parse_log_level);
    check_bounces(section("bounces"), settings_);
    read_operator();
    check_reminders();
    if (has_errors(faults_.all())) return tl::make_unexpected(faults_.sorted());
    settings_.warnings = faults_.sorted();
    return std::move(settings_);
  }

 private:
  void check_sections() {
    for (const auto& member : root_.members) {
      if (is_known(member)) continue;
      const bool is_section = std::holds_alternative<Table>(member.value.content) ||
                              std::holds_alternative<Array>(member.value.content);
      const auto name = printable(member.key);
      faults_.add(member.line, name,
                  (is_section ? "is no known section; " : "stands in no section; ") +
                      suggest(name, section_names()));
    }
  }

  static bool is_known(const Member& member) {
    const auto known = section_names();
    return std::find(known.begin(), known.end(), member.key) != known.end();
  }

  /// The section, or one whose misspelt name seems to mean it: so its keys are not called missing.
  const Member* find(std::string_view name) const {
    if (const auto* member = root_.find(name)) return member;
    const auto known = section_names();
    const auto found =
        std::find_if(root_.members.begin(), root_.members.end(), [&](const Member& member) {
          return !is_known(member) && nearest(member.key, known) == name;
        });
    return found == root_.members.end() ? nullptr : &*found;
  }

  /// The section as a table; an empty one where it is missing or something else (a fault then).
  std::pair<const Table*, int> table(std::string_view name) {
    const auto* member = find(name);
    if (!member) return {&no_table, 0};
    if (const auto* found = std::get_if<Table>(&member->value.content))
      return {found, member->line};
    faults_.add(member->line, std::string(name),
                "is " + std::string(kind_of(member->value)) + "; write it as a section: [" +
                    std::string(name) + "]");
    return {&no_table, member->line};
  }

  Section section(std::string_view name) {
    const auto [found, line] = table(name);
    return Section(*found, line, name, std::string(name), faults_);
  }

  void read_lists() {
    const auto [lists, line] = table("lists");
    for (const auto& member : lists->members) read_list(member);
    if (lists->members.empty())
      faults_.add(line, "lists", "there is no list; add for example: [lists.report]");
  }

  void read_list(const Member& member) {
    const auto key = printable(member.key);
    const auto path = "lists." + key;
    if (!is_name(member.key))
      faults_.add(member.line, path,
                  "is no name for a list; write letters, digits, - and _ only, and what readers "
                  "see as its name = \"…\"");
    const auto* found = std::get_if<Table>(&member.value.content);
    if (!found)
      return faults_.add(
          member.line, path,
          "is " + std::string(kind_of(member.value)) + "; write a section: [lists." + key + "]");
    const Section section(*found, member.line, "lists.*", path, faults_);
    List list{.key = member.key, .name = member.key};
    section.read("name", list.name, parse_line);
    section.read_flag("public", list.is_public);
    section.read_flag("double_opt_in", list.double_opt_in);
    if (const auto file = section.text("welcome"); file && !file->empty())
      list.welcome = (settings_.folder / *file).lexically_normal();
    read_schedule(section, settings_.publication.timezone, list);
    settings_.lists.push_back(std::move(list));
  }

  void read_segments() {
    const auto [segments, line] = table("segments");
    for (const auto& member : segments->members) {
      const auto where = "segments." + printable(member.key);
      if (!is_name(member.key))
        faults_.add(member.line, where,
                    "is no name for a segment; write letters, digits, - and _ only");
      const auto* text = std::get_if<std::string>(&member.value.content);
      if (!text)
        faults_.add(member.line, where,
                    "is " + std::string(kind_of(member.value)) +
                        "; write a condition as a text: \"country = 'KZ'\"");
      else
        settings_.segments.push_back({member.key, *text, member.line});
    }
  }

  void read_relays() {
    const auto* member = find("relay");
    const auto* relays = member ? std::get_if<Array>(&member->value.content) : nullptr;
    const int line = member ? member->line : 0;
    if (!member || (relays && relays->empty()))
      return faults_.add(line, "relay",
                         "there is no way out; add a section [[relay]] with, for example: url = "
                         "\"smtps://smtp.example:465\"");
    if (!relays || !std::holds_alternative<Table>(relays->front().content))
      return faults_.add(line, "relay",
                         "is no list of sections; write [[relay]] with two brackets on each side");
    for (const auto& relay : *relays) add_relay(relay);
    const bool carries_all = std::any_of(settings_.relays.begin(), settings_.relays.end(),
                                         [](const Relay& relay) { return relay.domains.empty(); });
    if (!carries_all)
      faults_.add(line, "relay",
                  "each relay is for some domains only; leave domains out of one of them, for all "
                  "others");
  }

  void add_relay(const Value& value) {
    const auto* found = std::get_if<Table>(&value.content);
    if (!found)
      return faults_.add(value.line, "relay", "is no section; write [[relay]] above its keys");
    auto relay = read_relay(*found, value.line, settings_.folder, faults_);
    const bool known = std::any_of(settings_.relays.begin(), settings_.relays.end(),
                                   [&](const Relay& other) { return other.name == relay.name; });
    if (known)
      faults_.add(value.line, "relay." + relay.name + ".name",
                  "is another relay's name too; give each its own, such as name = \"second\"");
    settings_.relays.push_back(std::move(relay));
  }

  void read_domains() {
    const auto [domains, line] = table("domains");
    for (const auto& member : domains->members) {
      const auto path = "domains." + printable(member.key);
      const auto name = parse_domain(member.key);
      if (!name) faults_.add(member.line, path, name.error().message);
      const bool known =
          name && std::any_of(settings_.domains.begin(), settings_.domains.end(),
                              [&](const Domain& other) { return other.name == *name; });
      if (known) faults_.add(member.line, path, "is the same domain as one above; write it once");
      if (const auto* found = std::get_if<Table>(&member.value.content))
        settings_.domains.push_back(read_domain(
            Section(*found, member.line, "domains.*", path, faults_), name.value_or(member.key)));
      else
        faults_.add(member.line, path,
                    "is " + std::string(kind_of(member.value)) +
                        "; write a section: [domains.\"gmail.com\"]");
    }
  }

  void read_operator() {
    const auto found = section("operator");
    auto& email = settings_.the_operator.email;
    found.read("email", email, [](std::string_view text) -> Result<std::string> {
      if (text.empty()) return std::string();
      const auto address = mail::parse_address(text);
      if (!address) return tl::make_unexpected(address.error());
      return address->str();
    });
    if (auto words = found.plain_command("on_event")) {
      auto& program = words->front();
      if (program.find('/') != std::string::npos) program = (settings_.folder / program).string();
      if (!is_program(program))
        found.warn("on_event", "there is no program '" + printable(program) +
                                   "' that could be run; write its whole path");
      settings_.the_operator.on_event = std::move(*words);
    }
    if (!email.empty() && iequals(email, settings_.bounces.address))
      found.fault("email", "is [bounces] address, whose mails are read as reports; write another");
  }

  void check_reminders() {
    if (!settings_.the_operator.email.empty()) return;
    for (const auto& list : settings_.lists)
      if (list.remind > Duration::zero())
        faults_.add(0, "lists." + list.key + ".remind",
                    "reminds nobody: [operator] email is missing", Severity::warning);
  }

  const Table& root_;
  FaultList faults_;
  Settings settings_;
};

}  // namespace

tl::expected<Settings, Faults> read_document(const Table& document,
                                             const std::filesystem::path& file) {
  return Reader(document, file).read();
}

}  // namespace postrider::config
