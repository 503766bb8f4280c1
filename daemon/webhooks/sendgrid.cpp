#include "daemon/webhooks/sendgrid.h"

#include <algorithm>

#include "base/text.h"
#include "daemon/webhooks/finding.h"
#include "daemon/webhooks/stamp.h"

namespace postrider::daemon::webhooks {

using mail::Cause;
using mail::ReportKind;

namespace {

struct SendgridClass {
  std::string_view name;
  Cause cause;
};

/// Of a bounce's bounce_classification, and of what was dropped since.
constexpr SendgridClass sendgrid_classes[] = {
    {"Invalid Address", Cause::unknown_mailbox},
    {"Mailbox Unavailable", Cause::disabled},
    {"Technical", Cause::server},
    {"Content", Cause::content},
    {"Reputation", Cause::reputation},
    {"Frequency or Volume Too High", Cause::rate},
    {"Frequency/Volume", Cause::rate},
    {"Bounced Address", Cause::unknown_mailbox},
    {"Invalid", Cause::unknown_mailbox},
    {"Spam Content", Cause::spam},
};

Cause sendgrid_cause(std::string_view name) {
  const auto* found = std::ranges::find_if(
      sendgrid_classes, [&](const SendgridClass& one) { return iequals(one.name, name); });
  return found == std::end(sendgrid_classes) ? Cause::unknown : found->cause;
}

mail::Finding sendgrid_bounce(const Json& event) {
  const auto name = text_at(event, "bounce_classification");
  return failed(Provider::sendgrid, {.recipient = text_at(event, "email"),
                                     .status = text_at(event, "status"),
                                     .text = text_at(event, "reason"),
                                     .said_by = name.empty() ? text_at(event, "type") : name,
                                     .otherwise = sendgrid_cause(name)});
}

/// SendGrid did not try: by its own lists.
mail::Finding sendgrid_drop(const Json& event) {
  const auto recipient = text_at(event, "email");
  const auto reason = text_at(event, "reason");
  if (iequals(reason, "Spam Reporting Address"))
    return plain(Provider::sendgrid, recipient, ReportKind::complaint, "complaint", reason);
  if (iequals(reason, "Unsubscribed Address"))
    return plain(Provider::sendgrid, recipient, ReportKind::complaint, "opt_out", reason);
  const auto cause = sendgrid_cause(reason);
  if (cause != Cause::unknown) {
    const auto [word, kind] = mail::meaning(cause);
    return plain(Provider::sendgrid, recipient, kind, word, reason);
  }
  return failed(Provider::sendgrid, {.recipient = recipient,
                                     .status = text_at(event, "status"),
                                     .text = reason,
                                     .said_by = "dropped"});
}

std::optional<mail::Finding> sendgrid_finding(const Json& event) {
  const auto name = text_at(event, "event");
  const auto recipient = text_at(event, "email");
  if (name == "bounce" || name == "blocked") return sendgrid_bounce(event);
  if (name == "dropped") return sendgrid_drop(event);
  if (name == "spamreport")
    return plain(Provider::sendgrid, recipient, ReportKind::complaint, "complaint", name);
  if (name == "deferred")
    return plain(Provider::sendgrid, recipient, ReportKind::delayed, "",
                 text_at(event, "response"));
  return {};
}

}  // namespace

std::string_view why_not_sendgrid(const PublicKey& key, std::string_view body,
                                  std::string_view signature, std::string_view time, Instant now) {
  if (signature.empty()) return "has no signature; turn on Signed Event Webhook at SendGrid";
  const auto at = seconds_since_1970(time);
  const auto raw = from_base64(signature);
  if (!at || !raw || !key.verify(Digest::sha256, std::string(time) + std::string(body), *raw))
    return "is not signed by the key of webhooks.sendgrid_key; write the verification key there "
           "that SendGrid shows";
  return is_of_late(*at, now, sendgrid_patience) ? "" : not_of_late;
}

std::optional<std::vector<Event>> sendgrid_events(const Json& body) {
  if (!body.is_array()) return {};
  std::vector<Event> events;
  for (const auto& event : body) {
    if (!event.is_object()) return {};
    events.push_back({text_at(event, "sg_event_id"), event.dump()});
  }
  return events;
}

std::optional<Told> read_sendgrid(const Json& event) {
  auto finding = sendgrid_finding(event);
  if (!finding) return {};
  auto one = told(std::move(*finding));
  if (auto id = bare_id(text_at(event, "smtp-id")); !id.empty())
    one.report.message_ids.push_back(std::move(id));
  // What it answered to the mail is the beginning of this.
  const auto id = text_at(event, "sg_message_id");
  one.mail_id = id.substr(0, id.find('.'));
  return one;
}

}  // namespace postrider::daemon::webhooks
