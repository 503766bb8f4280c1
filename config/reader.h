// A whole document becomes settings, or all that is wrong with it.
#pragma once

#include <filesystem>

#include "config/document.h"
#include "config/settings.h"

namespace postrider::config {

/// `file` names the document in faults; its folder is what relative paths resolve against.
tl::expected<Settings, Faults> read_document(const Table& document,
                                             const std::filesystem::path& file);

}  // namespace postrider::config
