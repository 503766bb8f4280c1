// A proof: one draft rendered as its readers would get it, with all that the lint says. The same
// for `check`, `preview`, `test` and the publisher, so that what was proved is what is sent.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "config/settings.h"
#include "store/audience.h"
#include "store/ledger.h"
#include "store/sqlite.h"
#include "templates/check.h"
#include "templates/draft.h"
#include "templates/issue.h"

namespace postrider::daemon {

struct Proof {
  std::optional<templates::Draft> draft;          // nothing: could not be read or parsed
  std::optional<templates::RenderedIssue> issue;  // nothing: could not be rendered
  std::vector<std::string> lists;                 // keys; the only list where the draft names none
  std::shared_ptr<const store::Segment> segment;  // nothing: all their readers, or it is faulty
  Faults faults;                                  // errors and warnings
  Faults leftovers;                               // those of the warnings that hold it
  bool may_be_ready = true;                       // without a draft: may have said status: ready

  bool good() const { return issue && !has_errors(faults); }
  bool has_faulty_segment() const { return draft && !draft->segment.empty() && !segment; }
};

/// Reads, renders and checks the draft at `path`, below the drafts folder or anywhere else.
/// `names`: of attributes, lists and issues.
Proof prove(const std::filesystem::path& path, const config::Settings& settings,
            const templates::Known& names);

/// The same of an erratum: a file anywhere on the disk, that says nothing of readers and time.
/// `title`: where it says none; `slug`: the same.
Proof prove_erratum(const std::filesystem::path& path, const config::Settings& settings,
                    const templates::Known& names, const std::string& title,
                    const std::string& slug);

/// What a draft may name; `database`: null where there is none.
templates::Known known_names(const config::Settings& settings, store::Database* database);

/// What an issue's mails say in their header.
store::FrozenMasthead masthead_of(const config::Settings& settings);

/// What the theme says about the publication.
templates::PublicationText text_of(const config::Publication& publication);

/// The folder that a draft is read in: the drafts folder, or the one it lies in.
std::filesystem::path root_of(const std::filesystem::path& path, const config::Settings& settings);

/// Every mistake in the theme folder, of all its themes in all their languages.
Faults prove_themes(const config::Settings& settings);

/// Finds a draft as a person names it: a path, or a name or slug in the drafts folder.
Result<std::filesystem::path> find_draft(const std::string& named,
                                         const config::Settings& settings);

/// "first error (and 2 more)"
std::string summary(const Faults& faults);

}  // namespace postrider::daemon
