#include <algorithm>
#include <string>

#include "base/text.h"
#include "config/checks.h"
#include "config/language.h"
#include "config/sections.h"
#include "mail/address.h"

namespace postrider::config {

namespace {

Result<MissedHour> parse_missed_hour(std::string_view text) {
  if (text == "at_once") return MissedHour::at_once;
  if (text == "next_day") return MissedHour::next_day;
  return fail("\"" + printable(cut_utf8(text, 80)) +
              "\" is unknown; write \"at_once\" or \"next_day\"");
}

constexpr std::string_view such_reviewers =
    "a list of addresses, such as [\"ada@report.example\"], or of tables, such as "
    "[{ email = \"ada@report.example\", as = \"reader@example.org\" }]";

Result<Approval> parse_approval(std::string_view text) {
  if (text == "front-matter") return Approval::front_matter;
  if (text == "required") return Approval::required;
  return fail("\"" + printable(text) +
              "\" is nothing that there is; write \"front-matter\" (status: ready in the draft is "
              "enough) or \"required\" (postrider approve)");
}

/// Fills `target` where the value is an address; a fault where it is none.
void read_address(const Section& section, const Value& value, std::string& target) {
  const auto* text = std::get_if<std::string>(&value.content);
  if (!text)
    return section.fault_at(
        value.line, "reviewers",
        "has " + std::string(kind_of(value)) + "; write " + std::string(such_reviewers));
  const auto address = mail::parse_address(*text);
  if (!address) return section.fault_at(value.line, "reviewers", address.error().message);
  target = address->str();
}

Reviewer read_reviewer(const Section& section, const Value& value) {
  Reviewer to;
  const auto* table = std::get_if<Table>(&value.content);
  if (!table) {
    read_address(section, value, to.email);
    return to;
  }
  if (!table->find("email"))
    section.fault_at(value.line, "reviewers",
                     "has a table without email; write " + std::string(such_reviewers));
  for (const auto& member : table->members) {
    if (member.key == "email")
      read_address(section, member.value, to.email);
    else if (member.key == "as")
      read_address(section, member.value, to.as);
    else
      section.fault_at(
          member.line, "reviewers",
          "'" + printable(member.key) + "' is no key of a reviewer; there are: email, as");
  }
  return to;
}

void read_reviewers(const Section& section, std::vector<Reviewer>& reviewers) {
  const auto* values = section.values("reviewers", such_reviewers);
  if (!values) return;
  for (const auto& value : *values) {
    auto reviewer = read_reviewer(section, value);
    if (std::any_of(reviewers.begin(), reviewers.end(), [&](const Reviewer& known) {
          return !known.email.empty() && iequals(known.email, reviewer.email);
        }))
      section.fault_at(value.line, "reviewers", printable(reviewer.email) + " is there twice");
    reviewers.push_back(std::move(reviewer));
  }
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
  section.read("approval", to.approval, parse_approval);
  read_reviewers(section, to.reviewers);
  section.read("preview_pause", to.preview_pause, parse_positive_duration);
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
