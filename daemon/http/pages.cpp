#include "daemon/http/pages.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <set>

#include "base/text.h"
#include "daemon/http/languages.h"
#include "templates/check_theme.h"
#include "templates/theme.h"
#include "templates/theme_file.h"

namespace postrider::daemon::http {

namespace mustache = kainjow::mustache;
namespace fs = std::filesystem;

namespace {

const std::string frame = "page.html.mustache";
constexpr std::array file_of{"unsubscribe.html.mustache", "unsubscribed.html.mustache",
                             "not_found.html.mustache", "try_later.html.mustache"};

/// Stands for the list's name until there is one: no text of a person contains it.
constexpr char marker = '\x01';

std::string escape(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

bool is_right_to_left(std::string_view language) {
  const auto primary = language.substr(0, language.find('-'));
  return primary == "ar" || primary == "he" || primary == "fa" || primary == "ur";
}

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

/// One language's pages while they are made.
class Press {
 public:
  Press(const templates::Theme& theme, const std::string& publication)
      : faults(templates::check_pages(theme)), theme_(theme) {
    mustache::data whose;
    whose.set("name", publication);
    mustache::data list;
    list.set("name", std::string(1, marker));
    context_.set("publication", whose);
    context_.set("list", list);
    context_.set("language", theme.language);
    context_.set("direction", is_right_to_left(theme.language) ? "rtl" : "ltr");
    // Words may name publication and list; they are escaped where they are used, not before.
    mustache::data words;
    for (const auto& [key, text] : theme.words)
      words.set(key, render("languages/" + theme.language + ".yaml", text,
                            [](const std::string& plain) { return plain; }));
    context_.set("words", words);
  }

  /// What lies between the places of the list's name; nothing where `faults` has grown.
  std::vector<std::string> pieces(const std::string& file) {
    context_.set("content", render(file));
    const auto html = render(frame);
    std::vector<std::string> result;
    for (const auto piece : split(html, marker)) result.emplace_back(piece);
    return result;
  }

  Faults faults;

 private:
  std::string render(const std::string& name) {
    Faults broken;
    const auto text = templates::whole_page(theme_, name, broken);
    if (!broken.empty()) return {};  // told by check_pages
    return render(theme_.files.at(name).file, text, escape);
  }

  std::string render(const std::string& file, const std::string& text,
                     const mustache::mustache::escape_handler& escape_handler) {
    mustache::mustache parsed(text);
    parsed.set_custom_escape(escape_handler);
    const auto result = parsed.render(context_);
    if (!parsed.is_valid()) faults.push_back({file, 0, "", parsed.error_message()});
    return result;
  }

  const templates::Theme& theme_;
  mustache::data context_;
};

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
    Press press(*theme, publication);
    auto& made = pages.pages_[known];
    for (std::size_t i = 0; i < file_of.size(); ++i) made.push_back(press.pieces(file_of[i]));
    for (const auto& fault : press.faults)
      if (std::ranges::find(faults, fault) == faults.end()) faults.push_back(fault);
  }
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  return pages;
}

std::string Pages::html(Page page, std::string_view language, std::string_view list) const {
  const auto& pieces = pages_.find(language)->second[static_cast<std::size_t>(page)];
  const auto name = escape(printable(list));
  auto html = pieces.front();
  for (std::size_t i = 1; i < pieces.size(); ++i) html.append(name).append(pieces[i]);
  return html;
}

std::string Pages::choose(std::string_view own, std::string_view accept_language) const {
  if (const auto found = find_language(own, languages_)) return *found;
  return accepted_language(accept_language, languages_).value_or(publications_own_);
}

}  // namespace postrider::daemon::http
