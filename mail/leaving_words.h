// The phrases by which people ask to leave a list. A new one is a new row in leaving_words.cpp.
#pragma once

#include <span>
#include <string_view>

namespace postrider::mail {

/// Whole phrases, in small letters, without what stands around them.
std::span<const std::string_view> leaving_phrases();

/// What politeness puts before or behind them.
std::span<const std::string_view> polite_words();

}  // namespace postrider::mail
