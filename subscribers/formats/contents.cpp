#include "subscribers/formats/contents.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

using Entries = std::vector<ArchiveEntry>;

std::string base_name(std::string_view name) {
  return to_lower(name.substr(name.rfind('/') + 1));  // npos + 1 is 0
}

/// What a Mac's own archiver adds.
bool is_hidden(const ArchiveEntry& entry) {
  return entry.name.starts_with("__MACOSX/") || base_name(entry.name).starts_with('.');
}

bool is_csv(const ArchiveEntry& entry) { return base_name(entry.name).ends_with(".csv"); }

bool is_substack(const ArchiveEntry& entry) {
  return is_csv(entry) && base_name(entry.name).starts_with("email_list.");
}

bool is_mailchimp(const ArchiveEntry& entry) {
  return is_csv(entry) && mailchimp_standing(entry.name).has_value();
}

/// "a.csv; left out: b.csv and 2 other files".
std::string describe(const Entries& lists, const Entries& all) {
  Entries left_out;
  std::int64_t others = 0;
  for (const auto& entry : all) {
    const bool used = std::any_of(lists.begin(), lists.end(), [&](const ArchiveEntry& list) {
      return list.number == entry.number;
    });
    if (used || is_hidden(entry)) continue;
    if (is_csv(entry) && left_out.size() < 5)
      left_out.push_back(entry);
    else
      ++others;
  }
  auto text = names_of(lists);
  if (left_out.empty() && others == 0) return text;
  text += "; left out: " + names_of(left_out);
  if (others > 0) text += (left_out.empty() ? "" : " and ") + counted(others, "other file");
  return text;
}

std::optional<std::string_view> spreadsheet(const Entries& entries) {
  for (const auto& entry : entries) {
    if (entry.name == "xl/workbook.xml" || entry.name == "[Content_Types].xml") return "Excel";
    if (entry.name == "content.xml") return "LibreOffice";
  }
  return {};
}

Entries those(const Entries& entries, bool (*fits)(const ArchiveEntry&)) {
  Entries found;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(found),
               [fits](const ArchiveEntry& entry) { return !is_hidden(entry) && fits(entry); });
  return found;
}

Result<Contents> known(const Platform& platform, Entries lists, const Entries& all, Format wanted) {
  if (wanted != Format::automatic && wanted != Format::csv && wanted != platform.format)
    return fail("is an archive of " + std::string(platform.title) + ", not of " +
                std::string(subscribers::platform(wanted).title) + "; leave --format out");
  auto description = describe(lists, all);
  std::stable_sort(lists.begin(), lists.end(), [](const ArchiveEntry& a, const ArchiveEntry& b) {
    return mailchimp_standing(a.name) > mailchimp_standing(b.name);
  });
  return Contents{wanted == Format::csv ? &csv_platform() : &platform, std::move(lists),
                  std::move(description)};
}

}  // namespace

std::string names_of(const std::vector<ArchiveEntry>& entries) {
  std::string names;
  std::size_t count = 0;
  for (const auto& entry : entries) {
    if (++count > 5) break;
    names += (names.empty() ? "" : ", ") + printable(cut_utf8(entry.name, 100));
  }
  const auto more = static_cast<std::int64_t>(entries.size()) - 5;
  return more > 0 ? names + " and " + counted(more, "more file") : names;
}

std::optional<Standing> mailchimp_standing(std::string_view file) {
  const auto name = base_name(file);
  for (const auto& [word, standing] :
       {std::pair<std::string_view, Standing>{"subscribed", Standing::confirmed},
        {"unsubscribed", Standing::unsubscribed},
        {"cleaned", Standing::bounced}}) {
    if (!name.starts_with(word)) continue;
    const auto rest = std::string_view(name).substr(word.size());
    if (rest.starts_with('_') || rest.starts_with('.') || rest.starts_with('-')) return standing;
  }
  return {};
}

Result<Contents> find_lists(const Entries& entries, Format wanted) {
  if (entries.empty()) return fail("is an archive without any file; export the list anew");
  if (const auto program = spreadsheet(entries))
    return fail("is a spreadsheet of " + std::string(*program) + "; save it as CSV in UTF-8");
  auto substack = those(entries, is_substack);
  auto mailchimp = those(entries, is_mailchimp);
  if (!substack.empty() && !mailchimp.empty())
    return fail("is an archive with lists of Substack and of Mailchimp: " + names_of(substack) +
                ", " + names_of(mailchimp) + "; unpack it and import one at a time");
  if (substack.size() == 1) return known(substack_platform(), substack, entries, wanted);
  if (!mailchimp.empty()) return known(mailchimp_platform(), mailchimp, entries, wanted);
  auto lists = those(entries, is_csv);
  if (lists.empty())
    return fail("is an archive without a list: no file in it ends in .csv; it has: " +
                names_of(entries));
  if (lists.size() > 1)
    return fail("is an archive with several lists: " + names_of(lists) +
                "; unpack it and import one at a time");
  auto description = describe(lists, entries);
  return Contents{nullptr, std::move(lists), std::move(description)};
}

}  // namespace postrider::subscribers
