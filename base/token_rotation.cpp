#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <limits>

#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "base/token.h"

namespace postrider {

namespace {

/// Of a line of token.keys, which load_or_create has found to be sound.
std::uint16_t id_of(std::string_view line) {
  std::uint16_t id = 0;
  std::from_chars(line.data(), line.data() + line.size(), id);
  return id;
}

}  // namespace

Result<std::uint16_t> TokenKeys::rotate(const std::filesystem::path& directory) {
  const auto file = directory / "token.keys";
  if (find_secret(file) != file)
    return fail("the token keys are a credential of systemd; put a new first line into its source");
  if (const auto known = load_or_create(directory); !known)
    return tl::make_unexpected(known.error());
  const auto text = read_secret(file);
  if (!text) return tl::make_unexpected(text.error());
  std::uint16_t newest = 0;
  for (const auto line : split(*text, '\n')) newest = std::max(newest, id_of(trim(line)));
  if (newest == std::numeric_limits<std::uint16_t>::max())
    return fail(file.string() + ": there is no number for another key");
  std::array<std::uint8_t, 32> secret;
  fill_random(secret);
  const auto id = static_cast<std::uint16_t>(newest + 1);
  try {
    write_file(file, std::to_string(id) + " " + hex(secret) + "\n" + *text + "\n", 0600);
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(file.string() + ": cannot be written: " + error.code().message());
  }
  return id;
}

}  // namespace postrider
