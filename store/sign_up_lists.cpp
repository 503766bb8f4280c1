#include "store/sign_up_lists.h"

#include <nlohmann/json.hpp>

namespace postrider::store {

std::string lists_in_json(const std::vector<std::string>& keys) {
  return nlohmann::ordered_json{{"lists", keys}}.dump();
}

std::vector<std::string> keys_of(const std::vector<ListRow>& lists) {
  std::vector<std::string> keys;
  for (const auto& list : lists) keys.push_back(list.key);
  return keys;
}

std::optional<ListId> only_one(const std::vector<ListRow>& lists) {
  return lists.size() == 1 ? std::optional(ListId{lists.front().id}) : std::nullopt;
}

}  // namespace postrider::store
