// What was sent before an issue that is to start: what guards compare it with. Belongs to the
// thread of its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/sqlite.h"
#include "templates/likeness.h"

namespace postrider::store {

/// An issue that went to the same lists and the same segment.
struct SameReaders {
  std::string slug;
  std::int64_t audience = 0;  // not 0
};

/// An issue that had the same title, as words go.
struct SameTitle {
  std::string slug;
  Instant started_at;
  templates::Sketch sketch;
};

class Precedents {
 public:
  explicit Precedents(Database& database) : database_(database) {}

  /// The last one that was started and not cancelled, and is no erratum. `lists`: keys, in whatever
  /// order; `segment`: spelled out. Nothing: there is none.
  std::optional<SameReaders> of_same_readers(std::vector<std::string> lists,
                                             std::string_view segment);

  /// All that were started, but for those that were cancelled before anybody got them.
  std::vector<SameTitle> of_title(std::string_view title);

  /// Kept for those to come: of the newest version. At the freeze or the amendment, in its
  /// transaction.
  void keep(IssueId issue, const templates::Likeness& likeness);

 private:
  Database& database_;
};

}  // namespace postrider::store
