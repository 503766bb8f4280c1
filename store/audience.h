// Whom an issue's audience is gathered for, beside what the row says.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/local_hour.h"
#include "subscribers/segment.h"

namespace postrider::store {

/// An issue's segment, read.
struct Segment {
  std::string written;  // as the draft has it
  std::string meaning;  // that without the names of saved segments
  subscribers::segment::Node tree;
};

struct AudienceOrder {
  std::set<std::string> paced_domains = {};          // those with settings of their own
  std::shared_ptr<const Segment> segment = nullptr;  // nothing: all readers of the lists
  // Of an issue by local time: the zone of readers who have none, and what becomes of those whose
  // hour has passed.
  std::string zone = "UTC";
  MissedHour missed = MissedHour::at_once;
};

}  // namespace postrider::store
