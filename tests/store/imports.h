// Imports without files, and what became of the list, for tests.
#pragma once

#include <doctest/doctest.h>
#include <memory>
#include <stop_token>

#include "house.h"
#include "support/stop.h"

namespace postrider::test {

/// Entries instead of a file.
inline subscribers::ImportSummary import_entries(House& house,
                                                 const std::vector<subscribers::Entry>& entries,
                                                 subscribers::ImportOrder order = {
                                                     .list = "report", .source = "list.csv"}) {
  const auto imported = house.subscribers.import(
      [&](const subscribers::RowVisitor& row, const subscribers::SkipVisitor&) -> Result<void> {
        for (std::size_t i = 0; i < entries.size(); ++i)
          row(entries[i], static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(i + 2));
        return {};
      },
      order, house.clock.now());
  if (!imported) FAIL(imported.error().message);
  if (!order.stop.stop_requested()) CHECK(imported->not_reached() == 0);
  return *imported;
}

inline subscribers::Entry one(const std::string& email,
                              subscribers::Standing standing = subscribers::Standing::confirmed) {
  subscribers::Entry entry{.email = email};
  entry.standing = standing;
  return entry;
}

/// The whole list as text, but for ids and events.
inline std::string picture(House& house) {
  std::string all;
  house.subscribers.each({}, [&](const subscribers::Subscriber& who) {
    all += who.email + " " + who.name + " " + who.attributes + " " + who.language + " " +
           std::string(who.suppressed ? to_string(*who.suppressed) : "-");
    for (const auto& on : who.subscriptions)
      all += " " + on.list + ":" + std::string(to_string(on.state)) + ":" +
             std::to_string(on.since.time_since_epoch().count()) + ":" + on.evidence + on.consent;
    all += "\n";
  });
  return all;
}

}  // namespace postrider::test
