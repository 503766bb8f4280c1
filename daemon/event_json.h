// Events and sums of the ledger as other programs read them. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "store/ledger.h"

namespace postrider::daemon {

/// id, at (RFC 3339), kind, actor, detail, issue (a slug) and email, null where there is none.
nlohmann::ordered_json to_json(const store::Event& event);

/// The sums of an issue, the audience first.
nlohmann::ordered_json json_sums(const queue::IssueSums& sums);

}  // namespace postrider::daemon
