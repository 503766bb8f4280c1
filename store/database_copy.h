// A copy of a database as it is at one moment, made while others write it. Wraps sqlite3.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/error.h"

namespace postrider::store {

/// How far it is, in pages. False: enough of it.
using CopyProgress = std::function<bool(std::int64_t done, std::int64_t whole)>;

/// `to` is made, or is an empty file; its mode stays. In small steps with pauses, so that those who
/// write wait for the disk no longer than some milliseconds; they wait for no lock. Until it is
/// done the log grows by what is written meanwhile. Error: in plain words; what is in `to` is no
/// copy then.
Result<void> copy_database(const std::filesystem::path& from, const std::filesystem::path& to,
                           const CopyProgress& progress);

}  // namespace postrider::store
