// The readers of a segment: who would get an issue for it now. Belongs to the thread of its
// Database.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "store/sqlite.h"
#include "subscribers/segment.h"

namespace postrider::store {

struct SegmentReader {
  std::string email;
  std::string name;
  std::string attributes;  // a JSON object
};

class SegmentReaders {
 public:
  /// Those of these lists (keys, not empty) who are confirmed, not suppressed and not paused now.
  SegmentReaders(Database& database, std::vector<std::string> lists, Instant now)
      : database_(database), lists_(std::move(lists)), now_(now) {}

  /// Exact, as of one moment. Without a tree: all of them.
  std::int64_t count(const subscribers::segment::Node& tree);
  std::int64_t count();

  /// In the order in which they came; page by page, so that nobody waits and memory stays flat.
  void each(const subscribers::segment::Node& tree,
            const std::function<void(const SegmentReader&)>& visit);

  /// The index by which its readers are found; empty: every reader is looked at.
  std::string index_of(const subscribers::segment::Node& tree);

 private:
  Database& database_;
  const std::vector<std::string> lists_;
  const Instant now_;
};

/// Slugs of all issues.
std::set<std::string> known_issues(Database& database);

}  // namespace postrider::store
