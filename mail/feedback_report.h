// Complaints: a reader, or their provider, called a mail spam. The Abuse Reporting Format (RFC
// 5965, 6650; failures of authentication: RFC 6591) and the forms of before it.
#pragma once

#include <string_view>
#include <vector>

#include "mail/report.h"

namespace postrider::mail {

struct FeedbackType {
  std::string_view name;  // "not-spam"
  ReportKind kind;
  std::string_view reason;
};

/// What a report of that type says; one that nobody knows is a complaint.
FeedbackType feedback_type(std::string_view name);

/// One finding a reported recipient, one without where it is redacted; none: it is no complaint.
std::vector<Finding> read_feedback_report(const Message& message);

}  // namespace postrider::mail
