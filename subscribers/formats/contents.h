// Which files of an archive are the list, by their names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/formats/archive.h"
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

struct Contents {
  const Platform* platform = nullptr;  // known by the entries' names; null: its columns will tell
  std::vector<ArchiveEntry> lists;     // to be read in this order: who left comes first
  std::string description;             // "a.csv, b.csv; left out: posts.csv and 12 other files"
};

/// Error: no list in it, several that cannot be told apart, or those of another platform than
/// `wanted`.
Result<Contents> find_lists(const std::vector<ArchiveEntry>& entries, Format wanted);

/// "a.csv, b.csv and 3 more files".
std::string names_of(const std::vector<ArchiveEntry>& entries);

/// How all readers of a file of Mailchimp's stand, by its name ("cleaned_members_export_1.csv").
std::optional<Standing> mailchimp_standing(std::string_view file);

}  // namespace postrider::subscribers
