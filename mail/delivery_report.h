// Delivery status notifications: the machine part of a report (RFC 3464, in RFC 6522's frame; RFC
// 6533's for addresses in UTF-8), with the habits of servers that read none of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/report.h"

namespace postrider::mail {

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

/// One finding a recipient; none: the message has no machine part that names one.
std::vector<Finding> read_delivery_report(const Message& message);

}  // namespace postrider::mail
