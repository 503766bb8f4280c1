// Random bytes from the operating system's generator, by OpenSSL. Safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace postrider {

/// Fills `out`; throws std::runtime_error where the system has no randomness to give.
void fill_random(std::span<std::uint8_t> out);

/// 128 random bits: what readers see instead of a row number.
using Uid = std::array<std::uint8_t, 16>;

Uid random_uid();
std::uint64_t random_u64();

}  // namespace postrider
