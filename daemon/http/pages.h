// The doors' pages in every language, rendered from the theme once; only a list's name is put in
// for each reader. Immutable, so safe to share between threads.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace postrider::daemon::http {

/// Each is a template of the theme: "unsubscribe.html.mustache" …
enum class Page { unsubscribe, unsubscribed, not_found, try_later };

class Pages {
 public:
  /// `language`: the publication's, for whoever speaks none that there is. Errors: a faulty
  /// override of a template or of words.
  static tl::expected<Pages, Faults> load(const std::string& publication,
                                          const std::string& language,
                                          const std::filesystem::path& theme_folder);

  /// The page as HTML; `list` is plain text.
  std::string html(Page page, std::string_view language, std::string_view list = {}) const;

  /// The first of the reader's own language, Accept-Language and the publication's that there is.
  std::string choose(std::string_view own, std::string_view accept_language) const;

 private:
  /// A page in pieces: a list's name belongs between them.
  using Pieces = std::vector<std::string>;

  std::map<std::string, std::vector<Pieces>, std::less<>> pages_;  // by language, by Page
  std::vector<std::string> languages_;
  std::string publications_own_;
};

}  // namespace postrider::daemon::http
