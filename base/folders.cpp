#include "base/folders.h"

#include <algorithm>

namespace postrider {

namespace fs = std::filesystem;

bool is_below(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const auto inner = fs::weakly_canonical(fs::absolute(file), error);
  if (error) return false;
  const auto outer = fs::weakly_canonical(fs::absolute(folder), error);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

}  // namespace postrider
