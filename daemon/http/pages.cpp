#include "daemon/http/pages.h"

#include <algorithm>

#include "daemon/http/languages.h"
#include "templates/check_theme.h"
#include "templates/theme.h"

namespace postrider::daemon::http {

namespace fs = std::filesystem;

namespace {

/// The languages that there are words for: the built-in ones and the theme folder's own.
std::vector<std::string> known_languages(const fs::path& theme_folder) {
  auto known = templates::built_in_languages();
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(theme_folder / "languages", ignored)) {
    const auto name = entry.path().stem().string();
    if (entry.path().extension() == ".yaml" && std::ranges::find(known, name) == known.end())
      known.push_back(name);
  }
  return known;
}

/// A language that has no word for itself is called by its tag.
std::string own_name(const templates::Theme& theme) {
  static const auto english = templates::load_words("en", {}).value().at("language_name");
  const auto& name = theme.words.at("language_name");
  return name == english && theme.language != "en" ? theme.language : name;
}

/// Once each, in the order found.
void add(Faults& faults, const Faults& more) {
  for (const auto& fault : more)
    if (std::ranges::find(faults, fault) == faults.end()) faults.push_back(fault);
}

}  // namespace

tl::expected<Pages, Faults> Pages::load(const std::string& publication, const std::string& language,
                                        const fs::path& theme_folder) {
  Pages pages;
  Faults faults;
  pages.languages_ = known_languages(theme_folder);
  pages.publications_own_ = find_language(language, pages.languages_).value_or("en");
  for (const auto& known : pages.languages_) {
    const auto theme = templates::load_theme("default", theme_folder, known);
    if (!theme) return tl::make_unexpected(theme.error());
    add(faults, templates::check_pages(*theme));
    pages.names_.emplace_back(known, own_name(*theme));
    for (const auto& kind : templates::page_kinds()) {
      auto page = templates::Page::make(*theme, kind, publication);
      if (page)
        pages.pages_[known].push_back(std::move(*page));
      else
        add(faults, page.error());
    }
  }
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  return pages;
}

std::string Pages::html(PageId page, std::string_view language,
                        const templates::PageValues& values) const {
  return pages_.find(language)->second[static_cast<std::size_t>(page)].html(values);
}

std::string Pages::choose(std::string_view own, std::string_view accept_language) const {
  if (const auto found = find_language(own, languages_)) return *found;
  return accepted_language(accept_language, languages_).value_or(publications_own_);
}

}  // namespace postrider::daemon::http
