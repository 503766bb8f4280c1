#include "daemon/keeping/settings_at_home.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::daemon::keeping {

namespace {

constexpr std::array<std::string_view, 4> keys{"database", "drafts", "theme", "secrets"};
constexpr std::string_view storage =
    "[storage]\ndatabase = \"postrider.db\"\ndrafts = \"drafts\"\ntheme = \"theme\"\n"
    "secrets = \"secrets\"\n";

std::string_view key_of(std::string_view line) { return trim(line.substr(0, line.find('='))); }

/// "storage" of "[ storage ] # where"; empty: it is no such header.
std::string_view name_of(std::string_view header) {
  const auto end = header.find(']');
  return end == std::string_view::npos ? "" : trim(header.substr(1, end - 1));
}

/// "/var/lib/postrider/secrets" of such a line; empty: it names none.
std::string_view quoted(std::string_view line) {
  const auto begin = line.find_first_of("\"'");
  if (begin == std::string_view::npos) return {};
  const auto end = line.find(line[begin], begin + 1);
  return end == std::string_view::npos ? "" : line.substr(begin + 1, end - begin - 1);
}

}  // namespace

std::string at_home(std::string_view settings) {
  std::string made;
  std::string_view secrets, section;
  const auto lines = split(settings, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = lines[i];
    const bool is_header = trim(line).starts_with('[');
    if (is_header) section = name_of(trim(line));
    const bool of_storage = section == "storage";
    if (is_header && of_storage) {
      made += storage;
      continue;
    }
    const bool replaced = of_storage && line.find('=') != std::string_view::npos &&
                          std::find(keys.begin(), keys.end(), key_of(line)) != keys.end();
    if (replaced && key_of(line) == "secrets") secrets = quoted(line);
    made += (replaced ? "# before the restore: " : "") + std::string(line);
    if (i + 1 < lines.size()) made += '\n';
  }
  if (secrets.empty()) return made;
  for (const std::string quote : {"\"", "'"})
    made = replace_all(std::move(made), quote + std::string(secrets) + "/", quote + "secrets/");
  return made;
}

}  // namespace postrider::daemon::keeping
