// Strong types for row numbers: an issue's id cannot be passed where a subscriber's is wanted.
// They never leave the program; what readers see are random ids (token.h).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace postrider {

template <class Tag>
struct Id {
  std::int64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

using SubscriberId = Id<struct SubscriberTag>;
using ListId = Id<struct ListTag>;
using IssueId = Id<struct IssueTag>;
using ImportId = Id<struct ImportTag>;
using GroupId = Id<struct GroupTag>;  // a pacing group: a domain's row, or 0 for all others

}  // namespace postrider

template <class Tag>
struct std::hash<postrider::Id<Tag>> {
  std::size_t operator()(const postrider::Id<Tag>& id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
