#include "daemon/webhooks/arrival.h"

namespace postrider::daemon::webhooks {

namespace {

std::optional<store::MailOf> mail_of(const Told& told, const Returns& returns,
                                     store::Database& database) {
  auto mail = returns.mail_of(told.report);
  for (const auto& finding : told.report.findings) {
    if (mail) break;
    if (const auto recipient = mail::parse_address(finding.recipient))
      mail = store::find_mail_called(database, *recipient, told.mail_id);
  }
  return mail;
}

}  // namespace

std::optional<store::Arrival> read_kept(Provider provider, std::string_view json,
                                        const Returns& returns, store::Database& database) {
  const auto event = parse_json(json);
  auto told = event ? read_event(provider, *event) : std::nullopt;
  if (!told) return {};
  store::Arrival arrival;
  arrival.source = source_of(provider);
  arrival.message = json;
  arrival.mail = mail_of(*told, returns, database);
  arrival.report = std::move(told->report);
  returns.mark_erased(arrival);
  return arrival;
}

std::optional<store::Arrival> read_arrival(Provider provider, const Event& event,
                                           const Returns& returns, store::Database& database) {
  auto arrival = read_kept(provider, event.json, returns, database);
  if (arrival)
    arrival->fingerprint =
        sha256(arrival->source + " " + (event.id.empty() ? event.json : event.id));
  return arrival;
}

}  // namespace postrider::daemon::webhooks
