#include "config/settings.h"

#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "config/document.h"
#include "config/reader.h"

namespace postrider {
std::string_view sample_settings_file(std::string_view name);
}

namespace postrider::config {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_file = 1024 * 1024;

}  // namespace

const List* Settings::find_list(std::string_view key) const {
  const auto found =
      std::find_if(lists.begin(), lists.end(), [key](const List& list) { return list.key == key; });
  return found == lists.end() ? nullptr : &*found;
}

Result<fs::path> find_settings(const fs::path& named) {
  if (!named.empty()) return named;
  if (const char* by_environment = std::getenv("POSTRIDER_CONFIG");
      by_environment && *by_environment)
    return fs::path(by_environment);
  for (const auto usual : {"postrider.toml", "/etc/postrider/postrider.toml"}) {
    std::error_code ignored;
    if (fs::exists(usual, ignored)) return fs::path(usual);
  }
  return fail(
      "there is no postrider.toml here and none in /etc/postrider; name one by --config FILE, or "
      "make a newsletter by `postrider init DIR`");
}

tl::expected<Settings, Faults> load_settings(const fs::path& file) {
  const auto text = read_file(file, largest_file);
  if (!text) {
    auto message = text.error().message;
    if (const auto prefix = file.string() + ": "; message.starts_with(prefix))
      message.erase(0, prefix.size());
    return tl::make_unexpected(
        Faults{{.file = file.string(), .line = 0, .where = "", .message = std::move(message)}});
  }
  const auto document = parse_document(*text, file.string());
  if (!document) return tl::make_unexpected(Faults{document.error()});
  return read_document(*document, file);
}

std::string_view sample_settings() { return sample_settings_file("postrider.toml"); }

}  // namespace postrider::config
