// The language of a publication: its tag as BCP 47 writes it, and whether a theme has words for it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postrider::config {

/// A language tag (RFC 5646 §2.1) in its usual case (§2.1.1): "DE" → "de", "zh-hant-tw" →
/// "zh-Hant-TW". The language itself has two or three letters; whether it is registered is not
/// looked up.
Result<std::string> parse_language(std::string_view text);

/// The languages that the built-in theme speaks (templates/languages).
std::span<const std::string_view> theme_languages();

/// Whether readers get words in that language ("de-AT": in German): built in, or by a file
/// languages/TAG.yaml of the publication's theme folder.
bool has_words(std::string_view language, const std::filesystem::path& theme_folder);

}  // namespace postrider::config
