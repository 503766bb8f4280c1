#include "config/named_files.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/files.h"
#include "config/document.h"

namespace postrider::config {

namespace {

constexpr std::size_t largest = 16 << 20;

constexpr std::array<std::string_view, 9> file_keys{
    "password_file",          "token_file", "ca_file",          "certificate",       "key",
    "postmark_password_file", "welcome",    "mailgun_key_file", "disposable_domains"};

void find_files(const std::string& where, const Value& value, const std::filesystem::path& folder,
                std::vector<NamedFile>& found);

void find_files(const std::string& where, const Table& table, const std::filesystem::path& folder,
                std::vector<NamedFile>& found) {
  for (const auto& [key, line, value] : table.members) {
    const auto path = where.empty() ? key : where + "." + key;
    const auto* const text = std::get_if<std::string>(&value.content);
    const bool names = std::find(file_keys.begin(), file_keys.end(), key) != file_keys.end();
    if (text && names && !text->empty())
      found.push_back({path, (folder / *text).lexically_normal()});
    else
      find_files(path, value, folder, found);
  }
}

void find_files(const std::string& where, const Value& value, const std::filesystem::path& folder,
                std::vector<NamedFile>& found) {
  if (const auto* const table = std::get_if<Table>(&value.content))
    find_files(where, *table, folder, found);
  else if (const auto* const array = std::get_if<Array>(&value.content))
    for (const auto& each : *array) find_files(where, each, folder, found);
}

}  // namespace

Result<std::vector<NamedFile>> named_files(const std::filesystem::path& settings) {
  const auto text = read_file(settings, largest);
  if (!text) return tl::make_unexpected(text.error());
  const auto document = parse_document(*text, settings.string());
  if (!document) return fail(to_string(document.error()));
  std::vector<NamedFile> found;
  find_files("", *document, std::filesystem::absolute(settings).parent_path(), found);
  return found;
}

}  // namespace postrider::config
