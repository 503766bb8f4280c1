// The lists that a mail about sign-ups names, as its notice keeps them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/subscriber_writer.h"

namespace postrider::store {

/// A JSON object.
std::string lists_in_json(const std::vector<std::string>& keys);

std::vector<std::string> keys_of(const std::vector<ListRow>& lists);

/// The only list, for the notice's List-Id.
std::optional<ListId> only_one(const std::vector<ListRow>& lists);

}  // namespace postrider::store
