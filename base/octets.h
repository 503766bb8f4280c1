// Numbers of octets, for people.
#pragma once

#include <cstdint>
#include <string>

#include "base/text.h"

namespace postrider {

/// "1,024 MB": whole ones, of 1,048,576 octets.
inline std::string megabytes(std::uintmax_t octets) {
  return with_thousands(static_cast<std::int64_t>(octets / (1024 * 1024))) + " MB";
}

}  // namespace postrider
