// What large receivers take well: connections and rates towards their domains, as published by them
// or found by senders (the shaping files of KumoMTA, 2024). Turned on by [pacing] providers.
#pragma once

#include <span>
#include <string_view>

#include "base/rate.h"

namespace postrider::config {

struct Provider {
  std::string_view name;                      // "google"
  std::span<const std::string_view> domains;  // share the limits
  int connections;
  Rate rate;  // of messages
};

std::span<const Provider> providers();

/// Nothing: there is none of that name.
const Provider* find_provider(std::string_view name);

}  // namespace postrider::config
