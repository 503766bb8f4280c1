// The settings of a newsletter that is unpacked into a folder of its own. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postrider::daemon::keeping {

/// The same settings, but with [storage] as a backup has it: everything beside the settings. What
/// stood there stays as a comment; secrets that are named in full are found in their new folder.
std::string at_home(std::string_view settings);

}  // namespace postrider::daemon::keeping
