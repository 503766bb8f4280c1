// libFuzzer: whatever bytes come back are read.
//   cmake --preset fuzz && cmake --build --preset fuzz
//   build-fuzz/tests/message_fuzz -max_len=65536 CORPUS tests/data/bounces
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "mail/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postrider::mail;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT
  const auto report = read_report(read_message(bytes));
  if (report.findings.empty()) std::abort();
  for (const auto& finding : report.findings)
    if (finding.text.size() > 512 || !postrider::is_utf8(finding.text)) std::abort();
  return 0;
}
