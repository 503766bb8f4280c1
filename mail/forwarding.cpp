#include "mail/forwarding.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/header.h"

namespace postrider::mail {

namespace {

using std::string_view;

constexpr string_view mark = "(Postrider)";
constexpr std::ptrdiff_t most_received = 50;  // as many as Postfix takes (hopcount_limit)

std::string with_crlf(string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    out += line;
    if (end == string_view::npos) break;
    out += line.ends_with('\r') ? "\n" : "\r\n";
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string forwarded(string_view message, string_view by, const Address& to, Instant now) {
  std::string text = "Received: by " + std::string(by) + " " + std::string(mark) + "\r\n for <" +
                     to.str() + ">; " + encode_date(now) + "\r\n";
  return text += with_crlf(message);
}

bool was_forwarded(const Part& root) {
  return std::ranges::any_of(root.fields, [](const Field& field) {
    return field.name == "received" && field.value.starts_with("by ") &&
           field.value.find(mark) != std::string::npos;
  });
}

std::string loop_sign(const Part& root) {
  if (was_forwarded(root)) return "sent on before";
  const auto hops = std::ranges::count_if(
      root.fields, [](const Field& field) { return field.name == "received"; });
  if (hops > most_received) return "more than " + std::to_string(most_received) + " hops";
  for (const auto* name : {"list-id", "list-unsubscribe", "list-post", "mailing-list"})
    if (!root.field(name).empty()) return name;
  const auto precedence = to_lower(trim(root.field("precedence").substr(0, 100)));
  for (const auto* one : {"bulk", "list", "junk"})
    if (precedence == one) return "precedence: " + precedence;
  return {};
}

}  // namespace postrider::mail
