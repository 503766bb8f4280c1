// Amazon SNS, which brings what SES tells: its messages, and how they are signed ("Verifying the
// signatures of Amazon SNS messages"). Pure, on any thread.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/signature.h"
#include "daemon/webhooks/provider.h"

namespace postrider::daemon::webhooks {

/// How long ago a message may have been published.
constexpr auto sns_patience = std::chrono::hours(1);

enum class SnsType { notification, subscription, end_of_subscription };

struct SnsMessage {
  SnsType type = SnsType::notification;
  std::string topic;  // its ARN
  std::string id;
  std::string message;          // of a notification
  std::string subscribe_url;    // of the others: to be looked at to confirm; checked
  std::string certificate_url;  // checked
  Instant at;
  Digest digest = Digest::sha256;
  std::string to_sign;    // what was signed
  std::string signature;  // octets
};

enum class SnsFault {
  broken,   // no such message
  foreign,  // of no topic of ours, or its addresses lead elsewhere
};

/// `topics`: ARNs of those that are ours.
tl::expected<SnsMessage, SnsFault> read_sns(const Json& body,
                                            const std::vector<std::string>& topics);

/// The names that a certificate may have which signs messages of that topic.
std::vector<std::string> signers_of(std::string_view topic);

}  // namespace postrider::daemon::webhooks
