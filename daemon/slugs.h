// Whose slug is whose: a slug names one issue, and is sent once.
#pragma once

#include <filesystem>
#include <vector>

#include "config/settings.h"
#include "store/ledger.h"
#include "templates/draft.h"

namespace postrider::daemon {

/// What is wrong with the slugs of those drafts, with file and line. Errors: a slug of two drafts
/// in the drafts folder, or one that was sent from another file. A warning: a draft that was edited
/// after its sending started, since nobody gets that. `ledger`: nothing where there is none yet.
Faults check_slugs(const std::vector<std::filesystem::path>& drafts,
                   const config::Settings& settings, store::Ledger* ledger);

/// The drafts in the folder, sorted.
std::vector<std::filesystem::path> all_drafts(const config::Settings& settings);

}  // namespace postrider::daemon
