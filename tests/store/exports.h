// What a newsletter exports, for tests that read it back.
#pragma once

#include <array>
#include <sstream>
#include <string>

#include "house.h"
#include "store/erased.h"
#include "store/exporting.h"

namespace postrider::test {

using subscribers::ExportFormat;

inline constexpr std::array export_formats{ExportFormat::csv, ExportFormat::json,
                                           ExportFormat::jsonl};

/// Of erased addresses.
inline const Fingerprints& keys() {
  static const Fingerprints prints(TokenKeys({{1, std::string(32, 'k')}}), store::erased_use);
  return prints;
}

inline std::string exported(House& house, ExportFormat format = ExportFormat::csv) {
  std::ostringstream out;
  subscribers::ExportWriter writer(out, format);
  store::export_readers(*house.database, {}, writer);
  return out.str();
}

}  // namespace postrider::test
