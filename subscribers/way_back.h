// The way back for a reader who left by their own hand.
#pragma once

#include <chrono>
#include <cstdint>

namespace postrider::subscribers {

/// How long leaving can be taken back.
constexpr std::chrono::seconds way_back_open = std::chrono::hours(1);

/// What a link back leads to: `taken`: the reader is on that list; `closed`: something else has
/// happened since.
enum class WayBack : std::uint8_t { open, taken, closed };

}  // namespace postrider::subscribers
