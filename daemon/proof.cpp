#include "daemon/proof.h"

#include <algorithm>

#include "base/files.h"
#include "base/folders.h"
#include "base/text.h"
#include "daemon/segments.h"
#include "store/segment_readers.h"
#include "store/sqlite_subscribers.h"
#include "templates/check_theme.h"
#include "templates/leftovers.h"
#include "templates/theme.h"

namespace postrider::daemon {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> list_keys(const config::Settings& settings) {
  std::vector<std::string> keys;
  for (const auto& list : settings.lists) keys.push_back(list.key);
  return keys;
}

/// Of a draft that cannot be parsed.
bool may_be_ready(const fs::path& path) {
  std::error_code error;
  const auto file = fs::is_directory(fs::symlink_status(path, error)) ? path / "index.md" : path;
  if (!fs::is_regular_file(fs::symlink_status(file, error))) return true;
  const auto bytes = read_file(file, templates::largest_draft);
  return !bytes || templates::may_be_ready(*bytes);
}

void append(Faults& faults, const Faults& more) {
  faults.insert(faults.end(), more.begin(), more.end());
}

/// The draft names its lists, or there is only one.
void choose_lists(Proof& proof, const config::Settings& settings) {
  proof.lists = proof.draft->lists;
  if (!proof.lists.empty()) return;
  proof.lists = list_keys(settings);
  if (proof.lists.size() > 1) {
    proof.faults.push_back(
        {proof.draft->file, 1, "lists",
         "is missing and there are several; name one: lists: [" + proof.lists.front() + "]"});
  }
}

/// A theme that there is not is a fault of the draft that names it.
Faults in_the_draft(Faults faults, const templates::Draft& draft) {
  for (auto& fault : faults) {
    if (fault.where != "theme") continue;
    fault.file = draft.file;
    fault.line = templates::line_of_key(draft, "theme");
  }
  return faults;
}

Faults with_consequence(Faults leftovers) {
  for (auto& fault : leftovers) fault.message += "; an issue is held for that";
  return leftovers;
}

/// Whoever is to get it must be known before anything is sent.
void choose_readers(Proof& proof, const config::Settings& settings, const templates::Known& known) {
  const auto& draft = *proof.draft;
  if (!draft.key_lines.contains("segment")) return;
  auto segment = read_issue_segment(draft.segment, terms_of(settings, known));
  if (segment)
    proof.segment = std::make_shared<const store::Segment>(std::move(*segment));
  else
    proof.faults.push_back({draft.file, templates::line_of_key(draft, "segment"), "segment",
                            to_string(segment.error())});
}

/// A theme's mistake hides none of the draft's own. What keeps the draft from being rendered at all
/// was told before.
void lint_without_theme(Proof& proof, const templates::Known& known) {
  const auto theme = templates::load_theme("default", {}, known.publication.language);
  if (!theme) return;
  const auto issue = templates::render_issue(*proof.draft, *theme, known.publication);
  if (issue) append(proof.faults, templates::check_issue(*proof.draft, *theme, *issue, known));
}

/// A draft that was read, with all that the lint says.
void render(Proof& proof, const config::Settings& settings, const templates::Known& names) {
  auto known = names;
  known.publication = text_of(settings.publication);
  const auto theme = templates::load_theme(proof.draft->theme, settings.storage.theme,
                                           settings.publication.language);
  if (!theme) {
    append(proof.faults, in_the_draft(theme.error(), *proof.draft));
    lint_without_theme(proof, known);
    return;
  }
  auto issue = templates::render_issue(*proof.draft, *theme, known.publication);
  if (!issue) {
    append(proof.faults, issue.error());
    lint_without_theme(proof, known);
    return;
  }
  append(proof.faults, templates::check_issue(*proof.draft, *theme, *issue, known));
  auto leftovers = templates::find_leftovers(*proof.draft);
  if (settings.guards.leftovers) {
    proof.leftovers = leftovers;
    leftovers = with_consequence(std::move(leftovers));
  }
  append(proof.faults, leftovers);
  proof.issue = std::move(*issue);
}

}  // namespace

templates::Known known_names(const config::Settings& settings, store::Database* database) {
  templates::Known known;
  if (database) {
    known.attributes = store::SqliteSubscribers(*database).attribute_names();
    known.issues = store::known_issues(*database);
  }
  for (const auto& list : settings.lists) known.lists.insert(list.key);
  return known;
}

templates::PublicationText text_of(const config::Publication& publication) {
  return {publication.name, publication.base_url, publication.postal_address, publication.language};
}

fs::path root_of(const fs::path& path, const config::Settings& settings) {
  if (is_below(path, settings.storage.drafts)) return settings.storage.drafts;
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Proof prove(const fs::path& path, const config::Settings& settings, const templates::Known& names) {
  Proof proof;
  auto draft = templates::read_draft(path, root_of(path, settings));
  if (!draft) {
    proof.faults = std::move(draft.error());
    proof.may_be_ready = may_be_ready(path);
    return proof;
  }
  proof.draft = std::move(*draft);
  choose_lists(proof, settings);
  choose_readers(proof, settings, names);
  render(proof, settings, names);
  return proof;
}

Proof prove_erratum(const fs::path& path, const config::Settings& settings,
                    const templates::Known& names, const std::string& title,
                    const std::string& slug) {
  Proof proof;
  auto draft = templates::read_draft(path, root_of(path, settings), title);
  if (!draft) {
    proof.faults = std::move(draft.error());
    return proof;
  }
  proof.draft = std::move(*draft);
  if (proof.draft->slug.empty()) proof.draft->slug = slug;
  const auto complain = [&](const std::string& key, const std::string& message) {
    proof.faults.push_back(
        {proof.draft->file, templates::line_of_key(*proof.draft, key), key, message});
  };
  if (trim(proof.draft->body).empty()) complain("", "has no text; write what is to be said");
  if (proof.draft->key_lines.contains("status") && !proof.draft->ready)
    complain("status", "is not ready; write status: ready, or leave it out");
  for (const auto* key : {"lists", "segment", "send_at", "local_time"})
    if (proof.draft->key_lines.contains(key))
      proof.faults.push_back({proof.draft->file, templates::line_of_key(*proof.draft, key), key,
                              "is not for an erratum, which goes at once to those who got the "
                              "issue; take it out"});
  render(proof, settings, names);
  return proof;
}

store::FrozenMasthead masthead_of(const config::Settings& settings) {
  store::FrozenMasthead masthead{.from = settings.publication.from,
                                 .reply_to = settings.publication.reply_to,
                                 .base_url = settings.publication.base_url,
                                 .lists = {}};
  for (const auto& list : settings.lists) masthead.lists[list.key] = list.name;
  return masthead;
}

Faults prove_themes(const config::Settings& settings) {
  auto folder = templates::look_into_themes(settings.storage.theme);
  auto faults = std::move(folder.faults);
  folder.languages.insert(settings.publication.language);
  for (const auto& name : folder.names)
    for (const auto& language : folder.languages) {
      const auto theme = templates::load_theme(name, settings.storage.theme, language);
      append(faults,
             theme ? templates::check_theme(*theme, text_of(settings.publication)) : theme.error());
    }
  return faults;
}

Result<fs::path> find_draft(const std::string& named, const config::Settings& settings) {
  std::error_code error;
  if (fs::exists(named, error)) return fs::path(named);
  const auto& folder = settings.storage.drafts;
  for (const char* ending : {"", ".md", ".html", ".txt"}) {
    const auto path = folder / (named + ending);
    if (is_below(path, folder) && fs::exists(path, error)) return path;
  }
  return fail("there is no draft '" + named + "', neither as a path nor in " + folder.string());
}

std::string summary(const Faults& faults) {
  const auto is_error = [](const Fault& fault) { return fault.severity == Severity::error; };
  const auto first = std::find_if(faults.begin(), faults.end(), is_error);
  if (first == faults.end()) return {};
  const auto count = std::count_if(faults.begin(), faults.end(), is_error);
  return to_string(*first) + (count > 1 ? " (and " + std::to_string(count - 1) + " more)" : "");
}

}  // namespace postrider::daemon
