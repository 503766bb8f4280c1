#include "subscribers/formats/detect.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

using Names = std::vector<std::string>;
using Signature = std::vector<std::string_view>;

Signature missing(const Signature& signature, const Names& names) {
  Signature out;
  for (const auto column : signature)
    if (std::find(names.begin(), names.end(), column) == names.end()) out.push_back(column);
  return out;
}

const Signature* fitting(const Platform& platform, const Names& names) {
  for (const auto& signature : platform.known_by)
    if (missing(signature, names).empty()) return &signature;
  return nullptr;
}

/// "optin time" → "optin_time": as most platforms spell it.
std::string joined(const Signature& columns) {
  std::string out;
  for (const auto column : columns) {
    out += out.empty() ? "" : ", ";
    for (const char c : column) out += c == ' ' ? '_' : c;
  }
  return out;
}

std::string misfit(const Platform& platform, const Names& names,
                   const std::vector<std::string_view>& header) {
  auto least = missing(platform.known_by.front(), names);
  for (const auto& signature : platform.known_by)
    if (auto other = missing(signature, names); other.size() < least.size())
      least = std::move(other);
  return "is no list of " + std::string(platform.title) + ": it has no " +
         (least.size() == 1 ? "column " : "columns ") + joined(least) +
         "; leave --format out, or write --format csv; its columns are: " + listing(header);
}

}  // namespace

std::string listing(const std::vector<std::string_view>& header) {
  std::string names;
  for (const auto name : header) {
    if (names.size() > 200) return names + ", …";
    names += (names.empty() ? "" : ", ") + printable(cut_utf8(trim(name), 60));
  }
  return names;
}

Result<Detected> detect(const std::vector<std::string_view>& header, Format wanted) {
  Names names;
  for (const auto name : header) names.push_back(simplified(name));
  // As anything else it would bring back who left: it tells that in columns of its own.
  if (const auto* by = fitting(postrider_platform(), names)) {
    if (wanted == Format::automatic) return Detected{&postrider_platform(), *by};
    if (wanted != Format::postrider)
      return fail(
          "has the columns of an export of Postrider; leave --format out, or rename its column "
          "state where that is about something else");
  }
  if (wanted == Format::csv) return Detected{&csv_platform(), {}};
  if (wanted != Format::automatic) {
    const auto& named = platform(wanted);
    if (!fitting(named, names)) return fail(misfit(named, names, header));
    return Detected{&named, {}};
  }
  Detected found{&csv_platform(), {}};
  for (const auto* known : known_platforms()) {
    const auto* by = fitting(*known, names);
    if (!by) continue;
    if (!found.by.empty())
      return fail("has the columns of a list of " + std::string(found.platform->title) +
                  " and of one of " + std::string(known->title) + "; write --format " +
                  std::string(to_string(found.platform->format)) + ", --format " +
                  std::string(to_string(known->format)) + " or --format csv");
    found = {known, *by};
  }
  return found;
}

}  // namespace postrider::subscribers
