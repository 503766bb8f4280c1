// Delivery status notifications (RFC 3464, in RFC 6522's frame; RFC 6533 for addresses in UTF-8):
// what the machine part and the words for people say of each recipient.
#pragma once

#include <vector>

#include "mail/report.h"

namespace postrider::mail {

/// One finding a recipient; none: the message has no machine part that names one.
std::vector<Finding> read_delivery_report(const Message& message);

}  // namespace postrider::mail
