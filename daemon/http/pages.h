// The doors' pages in every language, made ready once from the theme; each reader's values are put
// in. Immutable, so safe to share between threads.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "templates/page.h"

namespace postrider::daemon::http {

using templates::PageId;

class Pages {
 public:
  /// `language`: the publication's, for whoever speaks none that there is. Errors: a faulty
  /// override of a template or of words.
  static tl::expected<Pages, Faults> load(const std::string& publication,
                                          const std::string& language,
                                          const std::filesystem::path& theme_folder);

  /// The page as HTML. `language`: as chosen.
  std::string html(PageId page, std::string_view language,
                   const templates::PageValues& values = {}) const;

  /// The first of the reader's own language, Accept-Language and the publication's that there is.
  std::string choose(std::string_view own, std::string_view accept_language) const;

  /// Those that there are pages in.
  const std::vector<std::string>& languages() const { return languages_; }
  /// The same, each with its name in itself: "de", "Deutsch".
  const std::vector<std::pair<std::string, std::string>>& language_names() const { return names_; }

 private:
  std::map<std::string, std::vector<templates::Page>, std::less<>> pages_;  // by language, PageId
  std::vector<std::string> languages_;
  std::vector<std::pair<std::string, std::string>> names_;
  std::string publications_own_;
};

}  // namespace postrider::daemon::http
