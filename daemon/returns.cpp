#include "daemon/returns.h"

#include "mail/message.h"
#include "mail/return_address.h"

namespace postrider::daemon {

subscribers::BouncePolicy bounce_policy(const config::Settings& settings) {
  const auto& bounces = settings.bounces;
  return {bounces.unknown, bounces.bad_domain, bounces.disabled, bounces.full, bounces.full_within};
}

Returns::Returns(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
                 store::Database& database)
    : return_path_(settings, keys),
      keys_(std::move(keys)),
      unsubscribe_door_(settings.publication.base_url + "/unsubscribe/"),
      database_(database) {}

std::optional<Returns::Proof> Returns::proof_in_address(std::string_view address) const {
  if (!return_path_.base()) return {};
  const auto token = mail::token_of(*return_path_.base(), address);
  if (token.empty()) return {};
  if (const auto claims = keys_->verify_return(Purpose::returned, token)) return Proof{*claims};
  if (const auto claims = keys_->verify_return(Purpose::leave_by_mail, token))
    return Proof{*claims, true};
  return {};
}

/// The envelope's address says it best; then the Message-ID that came back with it, then the link.
std::optional<Returns::Proof> Returns::proof_of(const mail::Report& report) const {
  for (const auto& address : report.addressed_to)
    if (auto proof = proof_in_address(address)) return proof;
  for (const auto& id : report.message_ids)
    if (const auto claims = keys_->verify(Purpose::message_id, id.substr(0, id.find('@'))))
      return Proof{return_claims(claims->context, claims->subject)};
  for (const auto& link : report.unsubscribe_links)
    if (link.starts_with(unsubscribe_door_))
      if (const auto claims =
              keys_->verify(Purpose::unsubscribe, link.substr(unsubscribe_door_.size())))
        return Proof{return_claims(claims->context, claims->subject)};
  return {};
}

store::Arrival Returns::read(std::string_view message, std::string source) const {
  return match(mail::read_report(mail::read_message(message)), message, std::move(source));
}

std::vector<store::Arrival> Returns::read_delivery(
    std::string_view message, const std::string& source, const std::string& sender,
    const std::vector<std::string>& recipients) const {
  const auto report = mail::read_report(mail::read_message(message));
  std::vector<store::Arrival> arrivals;
  const auto add = [&](const std::string& recipient) {
    auto addressed = report;
    addressed.addressed_to.insert(addressed.addressed_to.begin(), recipient);
    arrivals.push_back(match(std::move(addressed), message, source));
    // As whoever delivers into a mailbox writes it (RFC 5321 §4.4), so that `bounce replay` knows.
    arrivals.back().trace = "Return-Path: <" + sender + ">\r\nDelivered-To: " + recipient + "\r\n";
  };
  for (const auto& recipient : recipients)
    if (proof_in_address(recipient)) add(recipient);
  if (arrivals.empty()) add(recipients.front());
  return arrivals;
}

store::Arrival Returns::match(mail::Report report, std::string_view message,
                              std::string source) const {
  store::Arrival arrival{
      .source = std::move(source), .message = message, .report = std::move(report), .mail = {}};
  const auto proof = proof_of(arrival.report);
  if (proof) arrival.mail = store::find_mail(database_, proof->claims);
  // One report may come twice by two ways, and differ in what they added. Without a proof its id is
  // whatever a stranger wrote.
  const auto& id = arrival.report.message_id;
  if (arrival.mail && !id.empty())
    arrival.fingerprint = sha256(id + " " + std::to_string(arrival.mail->subscriber.value) + " " +
                                 std::to_string(arrival.mail->issue.value) + " " +
                                 std::to_string(arrival.mail->notice));
  else
    arrival.fingerprint = sha256(message);
  arrival.leaves = proof && proof->leaves && arrival.report.from_person;
  return arrival;
}

}  // namespace postrider::daemon
