#include "daemon/slugs.h"

#include <algorithm>
#include <map>

#include "daemon/proof.h"

namespace postrider::daemon {

namespace fs = std::filesystem;

namespace {

constexpr const char* mend = "; give this draft a slug of its own";

/// The other draft of the folder that has this slug; empty: none. `owners`: files by slug.
std::string other_owner(const std::multimap<std::string, std::string>& owners,
                        const templates::Draft& draft) {
  const auto [begin, end] = owners.equal_range(draft.slug);
  const auto other =
      std::find_if(begin, end, [&](const auto& owner) { return owner.second != draft.file; });
  return other == end ? std::string() : other->second;
}

}  // namespace

std::vector<fs::path> all_drafts(const config::Settings& settings) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry(settings.storage.drafts, error), end; !error && entry != end;
       entry.increment(error)) {
    if (templates::is_draft(entry->path())) paths.push_back(entry->path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Faults check_slugs(const std::vector<fs::path>& drafts, const config::Settings& settings,
                   store::Ledger* ledger) {
  std::multimap<std::string, std::string> owners;
  for (const auto& path : all_drafts(settings))
    if (auto draft = templates::read_draft(path, settings.storage.drafts))
      owners.emplace(draft->slug, draft->file);
  Faults faults;
  for (const auto& path : drafts) {
    const auto draft = templates::read_draft(path, root_of(path, settings));
    if (!draft) continue;  // told by its proof
    const auto fault = [&](const std::string& message, Severity severity = Severity::error) {
      faults.push_back({draft->file, templates::line_of_key(*draft, "slug"), "slug",
                        "'" + draft->slug + "' " + message, severity});
    };
    if (const auto other = other_owner(owners, *draft); !other.empty())
      fault("is the slug of " + other + " too" + mend);
    const auto issue = ledger ? ledger->find_issue(draft->slug) : std::nullopt;
    if (!issue || !issue->started_at) continue;
    const auto below = fs::weakly_canonical(path).lexically_relative(
        fs::weakly_canonical(settings.storage.drafts));
    if (issue->path != below)
      fault(std::string("was sent already, from ") + issue->path + ", and a slug is sent once" +
            mend);
    else if (issue->source_hash != draft->hash)
      fault(
          "was sent already, and nobody gets what was changed since, but by `postrider issue "
          "amend`; "
          "a new issue needs a slug of its own",
          Severity::warning);
  }
  return faults;
}

}  // namespace postrider::daemon
