// The machine part of a delivery status notification (RFC 3464 §2; RFC 6533 for addresses in
// UTF-8), with the habits of servers that read neither.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::mail {

/// What is read of one recipient's diagnostic.
constexpr std::size_t longest_told = 1 << 10;

/// The fields of one recipient (RFC 3464 §2.3), without types and comments.
struct RecipientStatus {
  std::string final_recipient;     // §2.3.2; empty: none, or no address
  std::string original_recipient;  // §2.3.1
  std::string action;              // §2.3.3, lower case; empty: none
  std::string status;              // §2.3.4, "5.1.1"; empty: none
  std::string diagnostic;          // §2.3.6
};

/// Every recipient of a machine part's content, whatever blank lines are missing or too many; 1,000
/// at the most.
std::vector<RecipientStatus> read_delivery_status(std::string_view content);

}  // namespace postrider::mail
