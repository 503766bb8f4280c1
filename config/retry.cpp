#include "base/text.h"
#include "config/checks.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

std::vector<Duration> read_delays(const Section& section, const std::vector<Section::Item>& items) {
  std::vector<Duration> delays;
  if (items.empty())
    section.fault("delays", "is empty; write at least one, such as [\"1m\", \"5m\", \"1h\"]");
  for (const auto& item : items) {
    if (const auto delay = parse_positive_duration(item.text))
      delays.push_back(*delay);
    else
      section.fault_at(item.line, "delays", delay.error().message);
  }
  return delays;
}

Result<InDoubt> parse_in_doubt(std::string_view text) {
  if (text == "resend") return InDoubt::resend;
  if (text == "hold") return InDoubt::hold;
  return fail("\"" + printable(cut_utf8(text, 80)) + "\" is unknown; write \"resend\" or \"hold\"");
}

}  // namespace

Retry read_retry(const Section& section) {
  using std::chrono::minutes;
  Retry to;
  to.delays = {minutes(1), minutes(5), minutes(20), minutes(60), minutes(180)};
  if (const auto items = section.texts("delays")) to.delays = read_delays(section, *items);
  section.read("give_up_after", to.give_up_after, parse_positive_duration);
  section.read("in_doubt", to.in_doubt, parse_in_doubt);
  return to;
}

}  // namespace postrider::config
