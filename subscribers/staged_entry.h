// An entry as octets, for sorting more of them than memory holds.
#pragma once

#include <string>
#include <string_view>

#include "subscribers/subscriber.h"

namespace postrider::subscribers {

struct StagedEntry {
  Entry entry;
  std::int64_t row = 0;  // of its file, as of SkippedRow
  std::int64_t line = 0;
};

std::string pack(const StagedEntry& staged);
/// Only what `pack` gave.
StagedEntry unpack(std::string_view octets);

}  // namespace postrider::subscribers
