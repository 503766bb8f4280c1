// Everything that is kept about one reader, for that reader (GDPR, articles 15 and 20).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/ledger.h"
#include "store/sqlite.h"

namespace postrider::daemon {

/// A JSON document; an empty object where there is no such reader.
std::string reader_data(store::Database& reading, const Uid& reader);

/// As commands tell them, too.
nlohmann::ordered_json json_events(const std::vector<store::Event>& events);

}  // namespace postrider::daemon
