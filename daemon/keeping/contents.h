// What goes into a backup, copied into a folder where nobody changes it any more.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "daemon/keeping/manifest.h"
#include "daemon/keeping/staging.h"

namespace postrider::daemon::keeping {

/// What is being done, and how much of it is. False: enough of it.
using Progress = std::function<bool(std::string_view doing, std::int64_t part, std::int64_t whole)>;

struct Contents {
  store::Counts counts;
  std::map<std::string, FileFacts> files;
  std::vector<std::string> missing;  // what it should have and has not, in plain words
};

/// The database as it is at one moment, checked, and marked as restored; settings, drafts, theme,
/// secrets; the credentials that systemd has handed out.
Result<Contents> gather(const config::Settings& settings, const Staging& staging,
                        const Progress& progress);

}  // namespace postrider::daemon::keeping
