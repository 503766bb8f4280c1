#include "daemon/webhooks/sns.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "daemon/webhooks/finding.h"

namespace postrider::daemon::webhooks {

namespace {

constexpr std::string_view https = "https://";

/// Where a topic lives, by its ARN: "arn:aws:sns:REGION:ACCOUNT:NAME".
struct Place {
  std::string region;
  std::string domain;  // "amazonaws.com"
};

Place place_of(std::string_view topic) {
  const auto parts = split(topic, ':');
  if (parts.size() < 4) return {};
  return {std::string(parts[3]), parts[1] == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"};
}

std::string host_of(const Place& place) { return "sns." + place.region + "." + place.domain; }

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_certificate_url(std::string_view url, const Place& place) {
  const auto begin = std::string(https) + host_of(place) + "/SimpleNotificationService-";
  constexpr std::string_view end = ".pem";
  if (!url.starts_with(begin) || !url.ends_with(end) || url.size() <= begin.size() + end.size())
    return false;
  const auto name = url.substr(begin.size(), url.size() - begin.size() - end.size());
  return name.size() <= 128 && std::ranges::all_of(name, is_letter_or_digit);
}

bool is_subscribe_url(std::string_view url, const Place& place) {
  static constexpr std::string_view others = "-._~:%&=?";
  const auto begin = std::string(https) + host_of(place) + "/?Action=ConfirmSubscription&";
  return url.starts_with(begin) && url.size() <= 2048 &&
         std::ranges::all_of(url.substr(begin.size()), [](char c) {
           return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
         });
}

std::optional<SnsType> type_of(std::string_view name) {
  if (name == "Notification") return SnsType::notification;
  if (name == "SubscriptionConfirmation") return SnsType::subscription;
  if (name == "UnsubscribeConfirmation") return SnsType::end_of_subscription;
  return {};
}

/// Name and value of each field in the order of their names, each on a line of its own.
std::string text_to_sign(const Json& body, SnsType type) {
  const std::vector<std::string_view> names =
      type == SnsType::notification
          ? std::vector<std::string_view>{"Message",   "MessageId", "Subject",
                                          "Timestamp", "TopicArn",  "Type"}
          : std::vector<std::string_view>{"Message", "MessageId", "SubscribeURL", "Timestamp",
                                          "Token",   "TopicArn",  "Type"};
  std::string text;
  for (const auto name : names) {
    const auto& value = at(body, name);
    if (value.is_string())
      text.append(name).append("\n").append(value.get_ref<const std::string&>()).append("\n");
  }
  return text;
}

}  // namespace

tl::expected<SnsMessage, SnsFault> read_sns(const Json& body,
                                            const std::vector<std::string>& topics) {
  const auto type = type_of(text_at(body, "Type"));
  const auto time = parse_rfc3339(text_at(body, "Timestamp"));
  const auto signature = from_base64(text_at(body, "Signature"));
  const auto version = text_at(body, "SignatureVersion");
  if (!type || !time || !signature || (version != "1" && version != "2"))
    return tl::make_unexpected(SnsFault::broken);
  SnsMessage message{.type = *type,
                     .topic = text_at(body, "TopicArn"),
                     .id = text_at(body, "MessageId"),
                     .message = text_at(body, "Message"),
                     .subscribe_url = text_at(body, "SubscribeURL"),
                     .certificate_url = text_at(body, "SigningCertURL"),
                     .at = *time,
                     .digest = version == "1" ? Digest::sha1 : Digest::sha256,
                     .to_sign = text_to_sign(body, *type),
                     .signature = *signature};
  if (message.id.empty()) return tl::make_unexpected(SnsFault::broken);
  const auto place = place_of(message.topic);
  const bool ours =
      std::ranges::find(topics, message.topic) != topics.end() &&
      is_certificate_url(message.certificate_url, place) &&
      (*type != SnsType::subscription || is_subscribe_url(message.subscribe_url, place));
  if (!ours) return tl::make_unexpected(SnsFault::foreign);
  return message;
}

/// Most regions share a name; others have one of their own, of several forms.
std::vector<std::string> signers_of(std::string_view topic) {
  const auto place = place_of(topic);
  return {"sns." + place.domain, host_of(place), "sns-signing." + place.region + "." + place.domain,
          "sns-" + place.region + "." + place.domain,
          // signs for both American government regions
          place.region.starts_with("us-gov-") ? "sns-us-gov-west-1.amazonaws.com"
                                              : "sns." + place.domain};
}

}  // namespace postrider::daemon::webhooks
