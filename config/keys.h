// Every key that settings may hold, built or not: what the parser refuses as unknown, and what the
// sample and docs/settings.md have to explain.
#pragma once

#include <span>
#include <string_view>

namespace postrider::config {

struct Key {
  std::string_view section;  // "publication"; "lists.*" and "domains.*": a table of any name;
                             // NAME in "segments": a key of any name
  std::string_view name;
  bool built = true;
  std::string_view off = {};  // not built yet: the value that is taken, as TOML; empty: none is
};

std::span<const Key> known_keys();

}  // namespace postrider::config
