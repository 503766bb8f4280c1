// Refusals that are no reader's fault, of one issue: the server does not want this sender or this
// message. A few of the same kind in a row, and the rest of the readers would get the same.
#pragma once

#include <map>
#include <string>

#include "base/ids.h"
#include "queue/delivery.h"

namespace postrider::queue {

/// Belongs to the writer thread, which sees all outcomes.
class Refusals {
 public:
  static constexpr int most_in_a_row = 5;

  /// Why the issue is better paused; empty: go on. An accepted mail proves that sender and message
  /// are wanted; what is said of a recipient says nothing about them.
  std::string note(IssueId issue, const Outcome& outcome);

 private:
  struct Row {
    int count = 0;
    Scope scope = Scope::message;
    int code = 0;
  };
  std::map<IssueId, Row> rows_;
};

}  // namespace postrider::queue
