#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "config/checks.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

constexpr std::size_t largest_list_of_domains = 16 * 1024 * 1024;

/// One domain a line; what follows a # is a remark.
void read_domains(const Section& section, const std::filesystem::path& file,
                  std::vector<std::string>& to) {
  const auto text = read_file(file, largest_list_of_domains);
  if (!text) return section.fault("disposable_domains", text.error().message);
  int line = 0;
  for (auto each : split(*text, '\n')) {
    ++line;
    each = trim(each.substr(0, each.find('#')));
    if (each.empty()) continue;
    const auto domain = parse_domain(each);
    if (!domain)
      return section.fault("disposable_domains", file.string() + ":" + std::to_string(line) + ": " +
                                                     domain.error().message);
    to.push_back(*domain);
  }
  std::sort(to.begin(), to.end());
}

}  // namespace

SignUp read_sign_up(const Section& section, const std::filesystem::path& folder) {
  SignUp to;
  section.read("per_network", to.per_network, parse_rate);
  section.read("plain_per_network", to.plain_per_network, parse_rate);
  section.read("per_list", to.per_list, parse_rate);
  section.read("imported", to.imported, parse_rate);
  section.read("ask_again", to.ask_again, parse_positive_duration);
  section.read("expires", to.expires, parse_positive_duration);
  section.read_flag("plain_forms", to.plain_forms);
  section.read("least_form_age", to.least_form_age, parse_positive_duration);
  section.read("greatest_form_age", to.greatest_form_age, parse_positive_duration);
  if (to.least_form_age >= to.greatest_form_age)
    section.fault("least_form_age", "is not less than greatest_form_age, so that no form would do");
  section.read_flag("hold_role_addresses", to.hold_role_addresses);
  if (const auto file = section.text("disposable_domains"); file && !file->empty())
    read_domains(section, (folder / *file).lexically_normal(), to.disposable_domains);
  return to;
}

}  // namespace postrider::config
