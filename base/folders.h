// Where files lie, whatever names lead there. Safe from any thread.
#pragma once

#include <filesystem>

namespace postrider {

/// Whether a file that is there, or could be, lies in that folder or is it. A link that leads round
/// in a circle leads nowhere.
bool is_below(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace postrider
