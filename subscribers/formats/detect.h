// Which platform a list came from, by the names of its columns: never by their order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

struct Detected {
  const Platform* platform;
  std::vector<std::string_view> by;  // its columns that told; empty: csv, or named by the operator
};

/// `wanted` is what the operator named, or automatic. Error: the file does not fit what was named,
/// or fits several.
Result<Detected> detect(const std::vector<std::string_view>& header, Format wanted);

/// "email, name, …": a header for people, cut where it is long.
std::string listing(const std::vector<std::string_view>& header);

}  // namespace postrider::subscribers
