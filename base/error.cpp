#include "base/error.h"

#include <algorithm>

namespace postrider {

std::string to_string(const Fault& fault) {
  std::string text = fault.file;
  if (fault.line > 0) text += ":" + std::to_string(fault.line);
  if (!text.empty()) text += ": ";
  if (!fault.where.empty()) text += fault.where + ": ";
  if (fault.severity == Severity::warning) text += "warning: ";
  return text + fault.message;
}

bool has_errors(const Faults& faults) {
  return std::any_of(faults.begin(), faults.end(),
                     [](const Fault& fault) { return fault.severity == Severity::error; });
}

}  // namespace postrider
