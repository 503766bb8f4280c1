#include "daemon/keeping/manifest.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace postrider::daemon::keeping {

namespace {

using Json = nlohmann::ordered_json;

constexpr int newest_format = 1;
constexpr std::array<std::string_view, 3> folders{"secrets/", "drafts/", "theme/"};

bool belongs_to_a_newsletter(std::string_view name) {
  return name == database_name || name == settings_name ||
         std::any_of(folders.begin(), folders.end(),
                     [name](auto folder) { return name.starts_with(folder); });
}

Manifest read(const Json& json) {
  const auto& counts = json.at("counts");
  const auto made_at = parse_rfc3339(json.at("made_at").get<std::string>());
  Manifest manifest{
      made_at ? *made_at : Instant{},
      json.at("version").get<std::string>(),
      {counts.at("subscribers").get<std::int64_t>(), counts.at("issues").get<std::int64_t>(),
       counts.at("deliveries").get<std::int64_t>()},
      {}};
  for (const auto& [name, file] : json.at("files").items())
    manifest.files[name] = {file.at("size").get<std::uint64_t>(),
                            file.at("sha256").get<std::string>()};
  return manifest;
}

}  // namespace

std::string to_json(const Manifest& manifest) {
  auto files = Json::object();
  for (const auto& [name, facts] : manifest.files)
    files[name] = {{"size", facts.size}, {"sha256", facts.hash}};
  const auto& counts = manifest.counts;
  return Json{{"postrider_backup", newest_format},
              {"made_at", rfc3339(manifest.made_at)},
              {"version", manifest.version},
              {"counts",
               {{"subscribers", counts.subscribers},
                {"issues", counts.issues},
                {"deliveries", counts.deliveries}}},
              {"files", files}}
             .dump(1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
  const std::string no_backup = "is no backup of Postrider's";
  try {
    const auto json = Json::parse(text);
    if (json.at("postrider_backup").get<int>() > newest_format)
      return fail("was made by a newer Postrider; install that one");
    auto manifest = read(json);
    for (const auto& [name, facts] : manifest.files)
      if (!belongs_to_a_newsletter(name))
        return fail(no_backup + ": it has a file " + printable(name.substr(0, 100)));
    if (!manifest.files.contains(std::string(database_name)) ||
        !manifest.files.contains(std::string(settings_name)))
      return fail(no_backup + ": it has no database or no settings");
    return manifest;
  } catch (const Json::exception&) {
    return fail(no_backup + ": its " + std::string(manifest_name) + " cannot be read");
  }
}

}  // namespace postrider::daemon::keeping
