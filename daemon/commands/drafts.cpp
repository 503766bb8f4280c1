// postrider check, preview and test: a draft before it is an issue.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "daemon/check_keys.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/single_parcel.h"
#include "daemon/draft_slots.h"
#include "daemon/inert_mail.h"
#include "daemon/mailroom.h"
#include "daemon/proof.h"
#include "daemon/relays.h"
#include "daemon/return_path.h"
#include "daemon/segments.h"
#include "daemon/slugs.h"
#include "store/sign_up_limits.h"
#include "templates/message.h"
#include "templates/theme.h"

namespace postrider::daemon::commands {

namespace fs = std::filesystem;

namespace {

Json json_faults(const Faults& faults) {
  auto array = Json::array();
  for (const auto& fault : faults)
    array.push_back({{"file", fault.file},
                     {"line", fault.line > 0 ? Json(fault.line) : Json(nullptr)},
                     {"where", fault.where},
                     {"severity", fault.severity == Severity::error ? "error" : "warning"},
                     {"message", fault.message}});
  return array;
}

/// What lies in the drafts folder and may be meant to be sent.
Faults check_folder(const config::Settings& settings) {
  Faults faults;
  std::error_code error;
  for (fs::directory_iterator entry(settings.storage.drafts, error), end; !error && entry != end;
       entry.increment(error))
    if (auto why = templates::passed_over(entry->path()); !why.empty())
      faults.push_back({(settings.storage.drafts.filename() / entry->path().filename()).string(), 0,
                        "", std::move(why), Severity::warning});
  return faults;
}

void append(Faults& faults, const Faults& more) {
  faults.insert(faults.end(), more.begin(), more.end());
}

/// Each once, in their order: two drafts of one theme have its faults in common.
Faults without_repeats(const Faults& faults) {
  Faults once;
  std::set<std::string> seen;
  for (const auto& fault : faults)
    if (seen.insert(to_string(fault)).second) once.push_back(fault);
  return once;
}

/// The mails that welcome new readers are drafts as any.
Faults check_welcomes(const config::Settings& settings, const templates::Known& known) {
  Faults faults;
  for (const auto& list : settings.lists) {
    if (list.welcome.empty()) continue;
    auto of_list = settings;
    of_list.lists = {list};
    append(faults, prove(list.welcome, of_list, known).faults);
  }
  return faults;
}

/// Lists whose sign-ups stand still until somebody says so.
Faults check_sign_ups(const config::Settings& settings, store::Database& database) {
  Faults faults;
  for (const auto& stopped : store::stopped_lists(database))
    faults.push_back({settings.file.string(), 0, "lists." + stopped.list,
                      "had too many sign-ups and asks nobody any more; `postrider sign-up resume " +
                          stopped.list + "` lets them go on",
                      Severity::warning});
  return faults;
}

/// So that many of them need little memory.
Proof without_text(Proof proof) {
  if (proof.issue) proof.issue.emplace();
  if (!proof.draft) return proof;
  proof.draft->body = {};
  proof.draft->images = {};
  return proof;
}

/// Which slots the ready drafts among them take.
std::vector<std::string> ready_slots(std::vector<Proof> proofs, const config::Settings& settings,
                                     store::Database* database) {
  std::erase_if(proofs, [](const Proof& proof) { return !proof.good() || !proof.draft->ready; });
  std::vector<std::string> lines;
  for (const auto& [file, list, time] :
       expected_slots(proofs, settings, database, SystemClock().now()))
    lines.push_back(file + " takes the slot of " + list + " on " + time);
  return lines;
}

int check(const Common& common, const std::vector<std::string>& named, bool json) {
  const auto file = value_of(config::find_settings(common.config));
  auto settings = config::load_settings(file);
  Faults faults = settings ? settings->warnings : settings.error();
  std::size_t drafts = 0;
  std::vector<std::string> segments, slots;
  if (settings) {
    const auto database = existing_database(*settings);
    const auto known = known_names(*settings, database.get());
    std::vector<fs::path> paths;
    for (const auto& name : named) paths.push_back(value_of(find_draft(name, *settings)));
    if (named.empty()) paths = all_drafts(*settings);
    drafts = paths.size();
    std::vector<Proof> proofs;
    for (const auto& path : paths) {
      auto proof = prove(path, *settings, known);
      append(faults, proof.faults);
      if (proof.segment)
        segments.push_back(proof.draft->file + " goes only to readers with " +
                           in_words(*proof.segment));
      proofs.push_back(without_text(std::move(proof)));
    }
    append(faults, check_send_at(proofs, *settings, database.get()));
    slots = ready_slots(std::move(proofs), *settings, database.get());
    if (named.empty()) append(faults, check_folder(*settings));
    std::optional<store::Ledger> ledger;
    if (database) ledger.emplace(*database);
    append(faults, check_slugs(paths, *settings, ledger ? &*ledger : nullptr));
    append(faults, check_saved_segments(*settings, daemon::terms_of(*settings, known)));
    append(faults, check_welcomes(*settings, known));
    if (database) append(faults, check_sign_ups(*settings, *database));
    if (database) append(faults, check_erased(*settings, *database));
    append(faults, prove_themes(*settings));
    append(faults, check_keys(*settings));
    append(faults, check_maildir(*settings));
  }
  faults = without_repeats(faults);
  if (json)
    print_json(json_faults(faults));
  else
    print_faults(faults);
  if (has_errors(faults)) return refused;
  if (json) return done;
  std::cout << "No errors in " << file.string() << " and "
            << counted(static_cast<std::int64_t>(drafts), "draft") << ".\n";
  for (const auto& lines : {segments, slots})
    for (const auto& line : lines) std::cout << printable(line) << "\n";
  return done;
}

/// A draft that may be looked at: rendered, though its lint may still have complaints.
Proof rendered(const std::string& named, const config::Settings& settings,
               store::Database* database) {
  auto proof =
      prove(value_of(find_draft(named, settings)), settings, known_names(settings, database));
  for (auto& fault : check_send_at({proof}, settings, database)) proof.faults.push_back(fault);
  print_faults(proof.faults);
  if (!proof.issue) throw Refusal("the draft cannot be rendered; its faults are above");
  return proof;
}

/// Composes as the daemon does, but with links that open nothing.
InertComposer inert(const Proof& proof, const config::Settings& settings, Instant now) {
  return value_of(inert_composer(proof, settings, value_of(load_signers(settings)), now));
}

/// The reader a preview is made for: a subscriber, or one made up.
subscribers::Subscriber preview_reader(const std::string& email, store::Database* database) {
  if (email.empty()) return made_up_reader();
  if (database) {
    if (auto found = store::SqliteSubscribers(*database).find(email)) return std::move(*found);
  }
  throw Refusal("there is no subscriber " + printable(email) +
                "; leave --as out for a made-up reader");
}

std::string kilobytes(std::size_t octets) {
  return with_thousands(static_cast<std::int64_t>((octets + 1023) / 1024)) + " KB";
}

/// The HTML part as a browser shows it: the images that a mail has inside are files beside it.
std::string with_image_files(std::string html, const std::vector<templates::Image>& images,
                             const fs::path& folder) {
  for (const auto& image : images) {
    const auto name = image.name.substr(0, image.name.find('@')) + "." +
                      image.type.substr(image.type.find('/') + 1);
    write_file(folder / name, image.bytes);
    const auto inside = "cid:" + image.name;
    for (auto at = html.find(inside); at != std::string::npos; at = html.find(inside, at))
      html.replace(at, inside.size(), name);
  }
  return html;
}

std::string count_of(const Faults& faults, Severity severity) {
  return std::to_string(std::count_if(faults.begin(), faults.end(), [severity](const Fault& fault) {
    return fault.severity == severity;
  }));
}

int preview(const Common& common, const std::string& draft, const std::string& as,
            const fs::path& output) {
  const auto settings = load(common);
  const auto database = existing_database(settings);
  const auto proof = rendered(draft, settings, database.get());
  const auto subscriber = preview_reader(as, database.get());
  const SystemClock clock;
  const auto [composer, list] = inert(proof, settings, clock.now());
  const templates::Reader reader{subscriber.uid, subscriber.email, subscriber.name,
                                 subscriber.attributes};
  const auto message = value_of(composer->compose(reader, list)).text;
  const auto parts = value_of(composer->personalise(reader, list));
  fs::create_directories(output);
  write_file(output / "message.eml", message.str());
  write_file(output / "message.html", with_image_files(parts.html, proof.issue->images, output));
  write_file(output / "message.txt", parts.text);
  std::vector<std::pair<std::string, std::string>> pairs{
      {"Subject", parts.subject},
      {"To", subscriber.email},
      {"HTML part", kilobytes(parts.html.size())},
      {"Text part", kilobytes(parts.text.size())},
      {"Message", kilobytes(message.size())},
      {"Errors", count_of(proof.faults, Severity::error)},
      {"Warnings", count_of(proof.faults, Severity::warning)},
      {"Written to", (output / "message.{eml,html,txt}").string()}};
  if (proof.segment) pairs.insert(pairs.begin() + 1, {"Segment", in_words(*proof.segment)});
  for (const auto& [file, of_list, time] :
       expected_slots({proof}, settings, database.get(), clock.now()))
    pairs.insert(pairs.begin() + 1,
                 {"Slot", time + " of " + of_list + (proof.draft->ready ? "" : ", were it ready")});
  print_pairs(pairs);
  return has_errors(proof.faults) ? refused : done;
}

/// The relay that is asked for, or those that delivery would ask.
std::vector<const config::Relay*> relays_for(const std::string& domain, const std::string& named,
                                             const config::Settings& settings) {
  if (named.empty()) {
    auto way = way_to(settings, domain);
    if (way.empty())
      throw Refusal("not sent: no relay carries mail to " + domain +
                    ", each is for other domains; --relay NAME asks one all the same");
    return way;
  }
  std::vector<std::string> names;
  for (const auto& relay : settings.relays) {
    if (relay.name == named) return {&relay};
    names.push_back(relay.name);
  }
  throw Refusal("there is no relay " + printable(named) + "; there are: " + join(names, ", "));
}

/// Delivery would leave it to another relay: this one does not work, or does not take our sender.
bool is_for_another(const queue::Outcome& outcome) {
  return (outcome.scope == queue::Scope::session && outcome.kind == queue::OutcomeKind::deferred) ||
         (outcome.scope == queue::Scope::sender && outcome.kind == queue::OutcomeKind::refused &&
          outcome.reply.code > 0);
}

/// Sends by the first of the relays that carries it, and tells what each says.
queue::Outcome send_by(const std::vector<const config::Relay*>& relays, const queue::Parcel& parcel,
                       const Clock& clock) {
  queue::Outcome outcome;
  for (const auto* relay : relays) {
    std::cout << "Through relay " << relay->name << " …" << std::endl;
    outcome = send_single(
        *make_relay(*relay, clock), parcel, [](std::string_view command, const mail::Reply& reply) {
          std::cout << "  " << command << ": " << printable(reply.str()) << std::endl;
        });
    std::cout << (outcome.reply.code > 0 ? "The relay says: " : "Not carried: ")
              << printable(outcome.reply.str()) << "\n";
    if (!is_for_another(outcome)) break;
  }
  return outcome;
}

int test_message(const Common& common, const std::string& draft, const std::string& to,
                 const std::string& through) {
  const auto settings = load(common);
  const auto database = existing_database(settings);
  const auto proof = rendered(draft, settings, database.get());
  if (has_errors(proof.faults)) throw Refusal("not sent: the draft has errors; they are above");
  const auto address = value_of(mail::parse_address(to));
  if (address.needs_smtputf8())
    throw Refusal("not sent: " + printable(address.str()) +
                  " has letters other than ASCII before the @, which most mail servers do not take "
                  "(SMTPUTF8); write another address to --to");
  const auto relays = relays_for(address.domain, through, settings);
  const SystemClock clock;
  const auto [composer, list] = inert(proof, settings, clock.now());
  queue::Parcel parcel;
  parcel.claimed.email = address.str();
  auto message = value_of(composer->compose({random_uid(), address.str(), "", "{}"}, list));
  const auto from = value_of(mail::parse_mailbox(settings.publication.from)).address;
  parcel.envelope = {ReturnPath(settings, nullptr).plain_sender(from), address.str(),
                     std::move(message.id)};
  parcel.data = std::move(message.text);

  std::cout << "Sending '" << printable(proof.issue->subject) << "' to " << address.str() << ".\n";
  if (proof.segment)
    std::cout << "The issue goes only to readers with " << printable(in_words(*proof.segment))
              << ".\n";
  const auto outcome = send_by(relays, parcel, clock);
  if (outcome.kind == queue::OutcomeKind::delivered) return done;
  throw Refusal(std::string("the message was not accepted (") +
                std::string(to_string(outcome.kind)) + ", " +
                std::string(to_string(outcome.scope)) + ")");
}

}  // namespace

void add_drafts(CLI::App& app, Common& common, Command& command) {
  struct Arguments {
    std::vector<std::string> drafts;
    std::string draft, as, to, through, output;
    bool json = false;
  };
  const auto args = std::make_shared<Arguments>();

  auto* check_command = app.add_subcommand(
      "check", "Settings, templates and drafts: every fault, with file and line");
  check_command->add_option("DRAFT", args->drafts,
                            "Drafts as paths or by name; all of the drafts folder by default");
  check_command->add_flag("--json", args->json, "The faults as one JSON array");
  check_command->callback([args, &common, &command] {
    command = [args, &common] { return check(common, args->drafts, args->json); };
  });

  auto* preview_command = app.add_subcommand(
      "preview", "Writes a draft's message.eml, message.html and message.txt; sends nothing");
  preview_command->add_option("DRAFT", args->draft, "A path, or a name in the drafts folder")
      ->required();
  preview_command
      ->add_option("--as", args->as,
                   "As this subscriber gets it; a made-up reader's "
                   "by default")
      ->type_name("EMAIL");
  preview_command->add_option("--output", args->output, "The folder to write to; made if missing")
      ->type_name("DIR")
      ->required();
  preview_command->callback([args, &common, &command] {
    command = [args, &common] { return preview(common, args->draft, args->as, args->output); };
  });

  auto* test_command = app.add_subcommand(
      "test", "Sends one real message of a draft as an issue's would go; its links open nothing");
  test_command->add_option("DRAFT", args->draft, "A path, or a name in the drafts folder")
      ->required();
  test_command->add_option("--to", args->to, "Who gets it")->type_name("EMAIL")->required();
  test_command
      ->add_option("--relay", args->through,
                   "Through this relay; by default through those that would carry an issue there")
      ->type_name("NAME");
  test_command->callback([args, &common, &command] {
    command = [args, &common] {
      return test_message(common, args->draft, args->to, args->through);
    };
  });
}

}  // namespace postrider::daemon::commands
