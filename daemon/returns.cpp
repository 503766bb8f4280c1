#include "daemon/returns.h"

#include <algorithm>

#include "base/text.h"
#include "mail/message.h"
#include "mail/return_address.h"
#include "store/erased.h"

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
      erased_keys_(*keys_, store::erased_use),
      database_(database) {
  const auto& from = settings.publication.from;
  const auto& reply_to = settings.publication.reply_to;
  for (const auto& text : {from, reply_to, settings.bounces.address})
    if (const auto address = mail::parse_mailbox(text))
      ours_.push_back(address->address.canonical());
  const auto publisher = mail::parse_mailbox(reply_to.empty() ? from : reply_to);
  // What is sent on into the mailbox that it came from goes round.
  if (publisher && settings.bounces.forward_replies && !is_here(publisher->address.str()))
    publisher_ = publisher->address;
}

/// Whatever stands before the token: it was the bounce address when that was signed.
std::optional<Returns::Proof> Returns::proof_in_address(std::string_view address) const {
  const auto token = mail::token_of(address);
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

std::optional<store::MailOf> Returns::mail_of(const mail::Report& report) const {
  const auto proof = proof_of(report);
  return proof ? store::find_mail(database_, proof->claims) : std::nullopt;
}

store::Arrival Returns::read(std::string_view message, std::string source) const {
  return match(mail::read_report(mail::read_message(message)), message, std::move(source));
}

std::vector<store::Arrival> Returns::read_delivery(
    std::string_view message, const std::string& source, const std::string& sender,
    const std::vector<std::string>& recipients) const {
  // As whoever delivers into a mailbox writes it (RFC 5321 §4.4): the same is read here, from a
  // mailbox, and by `bounce replay`.
  const auto path = "Return-Path: <" + sender + ">\r\n";
  const auto report = mail::read_report(mail::read_message(path + std::string(message)));
  std::vector<store::Arrival> arrivals;
  const auto add = [&](const std::string& recipient) {
    auto addressed = report;
    addressed.addressed_to.insert(addressed.addressed_to.begin(), recipient);
    arrivals.push_back(match(std::move(addressed), message, source));
    arrivals.back().trace = path + "Delivered-To: " + recipient + "\r\n";
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
  if (arrival.report.from_person) {
    hear(arrival, proof);
  } else if (arrival.mail && proof->leaves) {
    // Some providers' buttons send it as machines. Nothing but leaving follows, whatever it says.
    arrival.leaves = true;
    arrival.report.findings.front().kind = mail::ReportKind::unrecognised;
  }
  mark_erased(arrival);
  return arrival;
}

/// Of people's messages only those that ask to leave: what else they write they write anew.
void Returns::mark_erased(store::Arrival& arrival) const {
  const auto& report = arrival.report;
  const bool asks = arrival.leaves || arrival.leaver;
  if (arrival.mail || (report.from_person && !asks) || !store::any_erased(database_)) return;
  const store::ErasedAddresses erased(database_, erased_keys_);
  const auto is_erased = [&](const std::string& written) {
    const auto address = mail::parse_address(written);
    return address && erased.knows(address->canonical());
  };
  arrival.erased = is_erased(report.from) ||
                   std::ranges::any_of(report.findings, [&](const mail::Finding& finding) {
                     return is_erased(finding.recipient) || is_erased(finding.original);
                   });
}

bool Returns::is_here(const std::string& address) const {
  const auto& base = return_path_.base();
  return (base && (iequals(address, base->str()) || mail::is_below(*base, address))) ||
         proof_in_address(address);
}

/// Why no machine is to do anything with a person's message; empty: nothing is in the way.
std::string Returns::obstacle(const store::Arrival& arrival) const {
  const auto& report = arrival.report;
  if (!report.loop_sign.empty()) return report.loop_sign;
  const auto from = mail::parse_address(report.from);
  if (from && std::ranges::find(ours_, from->canonical()) != ours_.end())
    return "from an address of ours";
  if (arrival.message.size() >= mail::ReadLimits().octets) return "too large";  // cut, perhaps
  // A mailbox may be a person's as well, who reads there what came to them.
  if (std::ranges::none_of(report.addressed_to,
                           [this](const std::string& to) { return is_here(to); }))
    return "not to the bounce address";
  return {};
}

void Returns::hear(store::Arrival& arrival, const std::optional<Proof>& proof) const {
  auto& report = arrival.report;
  arrival.leaves = proof && (proof->leaves || report.asks_to_leave);
  if (arrival.leaves && arrival.mail) return;
  if (auto why = obstacle(arrival); !why.empty()) {
    report.findings.front().rule = std::move(why);
  } else if (arrival.mail) {
    arrival.forward_to = publisher_;
  } else if (report.asks_to_leave) {
    if (const auto from = mail::parse_address(report.from)) arrival.leaver = *from;
  }
}

}  // namespace postrider::daemon
