// What is to become of a draft's issue: its time and its state. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "queue/issue.h"
#include "store/approvals.h"
#include "store/ledger.h"
#include "templates/draft.h"

namespace postrider::daemon {

/// What was read of one draft, as far as its issue's time and state go.
struct DraftFacts {
  std::string path;  // below the drafts folder
  std::string slug;
  std::string title;
  std::string hash;
  std::vector<std::string> lists;
  std::string segment;  // as written; empty: all their readers
  bool segment_is_faulty = false;
  bool ready = false;
  std::optional<templates::SendAt> send_at;
  std::string date;               // as written; empty: none
  bool by_slot = false;           // without send_at, and its lists have slots
  std::string slot_trouble;       // without send_at, and they have different ones
  std::optional<Instant> slot{};  // that its issue was given
  // By each reader's clock; the zone of readers who have none, and all that they have.
  std::optional<std::chrono::seconds> local_time{};
  std::string home_zone = "UTC";
  std::vector<std::string> zones{"UTC"};
  std::string errors;     // summary of its faults; empty: none
  bool restored = false;  // a first scan would be that of a database put back from a backup
  std::optional<store::Covered> covered{};  // without its time; nothing: it is faulty
};

/// What is to become of a draft's issue. Nothing: leave it as it is. Pure.
/// `existing`: the issue of its slug; nothing: there is none. `first_scan`: no scan of this
/// database's was ever completed, or none since it was put back.
std::optional<store::DraftRecord> plan(const DraftFacts& facts,
                                       const std::optional<queue::Issue>& existing, bool first_scan,
                                       Instant now, const config::Publication& publication);

/// Stands in a note between what stops an issue and its draft's faults.
inline constexpr std::string_view with_faults = "; and its draft is faulty: ";

/// Why an issue is held that could be sent until the settings changed.
std::string lost_segment(const std::string& slug, const config::Publication& publication);

}  // namespace postrider::daemon
