#include "config/checks.h"
#include "config/language.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

Result<MissedHour> parse_missed_hour(std::string_view text) {
  if (text == "at_once") return MissedHour::at_once;
  if (text == "next_day") return MissedHour::next_day;
  return fail("\"" + printable(cut_utf8(text, 80)) +
              "\" is unknown; write \"at_once\" or \"next_day\"");
}

}  // namespace

Publication read_publication(const Section& section) {
  Publication to;
  section.require("name", to.name, parse_line, "name = \"The Weekly Report\"");
  section.require("from", to.from, parse_mailbox_text,
                  "from = \"Joe Webster <joe@report.example>\"");
  section.read("reply_to", to.reply_to, [](std::string_view text) {
    return text.empty() ? Result<std::string>("") : parse_mailbox_text(text);
  });
  section.require("base_url", to.base_url, parse_base_url,
                  "base_url = \"https://news.report.example\"");
  if (to.base_url.starts_with("http://"))
    section.warn("base_url",
                 "readers' links go unencrypted over http://; write https:// where readers are "
                 "other people");
  section.require("postal_address", to.postal_address, parse_lines,
                  "postal_address = \"PO Box 1, Washington DC\"");
  section.read("language", to.language, parse_language);
  section.read("timezone", to.timezone, parse_zone);
  section.read("max_lateness", to.max_lateness, parse_positive_duration);
  section.read("undo_window", to.undo_window, [](std::string_view text) {
    return text == "0s" ? Result<Duration>(Duration::zero()) : parse_positive_duration(text);
  });
  section.read("local_time_missed", to.local_time_missed, parse_missed_hour);
  return to;
}

void check_words(const Section& section, const std::string& language,
                 const std::filesystem::path& theme_folder) {
  if (!section.has("language") || has_words(language, theme_folder)) return;
  section.warn("language", "the theme has no words in \"" + language +
                               "\", so its own are English; it speaks " +
                               join(theme_languages(), ", ") +
                               ", and others by a file theme/languages/" + language + ".yaml");
}

}  // namespace postrider::config
