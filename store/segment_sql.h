// A segment as SQL: a condition on a row of subscribers, for a page of them, a count of them or the
// gathering of an issue's audience. Every value and name that a person wrote is bound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/sqlite.h"
#include "subscribers/segment.h"

namespace postrider::store {

/// SQL with its parameters, all of them `?`: after numbered ones they count on. It must outlive the
/// statements that it is bound to.
struct Condition {
  std::string sql;
  std::vector<std::variant<std::int64_t, double, std::string>> values;

  /// Binds the next parameters.
  void bind(Statement& statement) const;
};

/// True (1) or false (0), never NULL, for each row of `subscribers`, which is called `row` in the
/// statement. `lists`: keys of the lists that `joined` speaks of, not empty.
///
///   SELECT count(*) FROM subscribers s WHERE <segment_condition(tree, "s", {"report"}).sql>
Condition segment_condition(const subscribers::segment::Node& tree, std::string_view row,
                            const std::vector<std::string>& lists);

/// Who may be mailed: confirmed on one of the lists (keys, not empty), not suppressed, not paused.
Condition mailable_condition(std::string_view row, const std::vector<std::string>& lists,
                             Instant now);

}  // namespace postrider::store
