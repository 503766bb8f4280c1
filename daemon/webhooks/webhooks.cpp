#include "daemon/webhooks/webhooks.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "daemon/webhooks/arrival.h"
#include "daemon/webhooks/mailgun.h"
#include "daemon/webhooks/postmark.h"
#include "daemon/webhooks/sendgrid.h"
#include "daemon/webhooks/ses.h"
#include "daemon/webhooks/stamp.h"

namespace postrider::daemon::webhooks {

namespace {

constexpr std::size_t most_events = 5000;      // in one request
constexpr std::size_t of_a_transaction = 100;  // so that nobody waits for long

std::optional<Provider> provider_named(std::string_view name) {
  const auto* found = std::ranges::find_if(
      all_providers, [&](Provider provider) { return name_of(provider) == name; });
  return found == all_providers.end() ? std::nullopt : std::optional(*found);
}

std::optional<PublicKey> key_in(const std::string& der) {
  if (der.empty()) return {};
  auto key = PublicKey::of_p256(der);
  return key ? std::optional(std::move(*key)) : std::nullopt;
}

std::optional<std::vector<Event>> events_in(Provider provider, const Json& body) {
  switch (provider) {
    case Provider::sendgrid:
      return sendgrid_events(body);
    case Provider::postmark:
      return postmark_events(body);
    case Provider::mailgun:
      return mailgun_events(body);
    case Provider::ses:
      break;
  }
  return {};
}

}  // namespace

Webhooks::Webhooks(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
                   Errands errands, const Clock& clock, Web web)
    : settings_(std::make_shared<const config::Settings>(settings)),
      keys_(std::move(keys)),
      errands_(std::move(errands)),
      clock_(clock),
      sendgrid_(key_in(settings.webhooks.sendgrid_key)),
      mailgun_(settings.webhooks.mailgun_key.empty()
                   ? std::nullopt
                   : std::optional<HmacSha256>(settings.webhooks.mailgun_key)),
      certificates_(settings.webhooks.ses_topics.empty()
                        ? nullptr
                        : std::make_unique<Certificates>(std::move(web), clock)) {}

bool Webhooks::has(std::string_view provider) const {
  const auto named = provider_named(provider);
  if (!named) return false;
  switch (*named) {
    case Provider::ses:
      return certificates_ != nullptr;
    case Provider::sendgrid:
      return sendgrid_.has_value();
    case Provider::postmark:
      return !settings_->webhooks.postmark_password.empty();
    case Provider::mailgun:
      break;
  }
  return mailgun_.has_value();
}

void Webhooks::tell(std::string_view provider, const http::Request& request, Answer answer) {
  const auto named = provider_named(provider).value();
  const bool signs_body = named == Provider::sendgrid || named == Provider::postmark;
  const auto body = parse_json(request.body);
  if (signs_body || body)
    if (const auto why = doubt(named, request, body.value_or(Json())); !why.empty())
      return refuse(named, why, 403, answer);
  if (!body) return refuse(named, "is no JSON", 400, answer);
  if (named == Provider::ses) return tell_by_sns(*body, answer);
  auto events = events_in(named, *body);
  if (!events) return refuse(named, "is no event", 400, answer);
  if (events->size() > most_events) return refuse(named, "has too many events", 413, answer);
  take(named, std::make_shared<const Events>(std::move(*events)), 0, answer);
}

std::string_view Webhooks::doubt(Provider provider, const http::Request& request,
                                 const Json& body) const {
  const auto& settings = settings_->webhooks;
  switch (provider) {
    case Provider::sendgrid:
      return why_not_sendgrid(*sendgrid_, request.body, request.signature, request.signed_at,
                              clock_.now());
    case Provider::postmark:
      return why_not_postmark(request.authorization, settings.postmark_username,
                              settings.postmark_password);
    case Provider::mailgun:
      return why_not_mailgun(*mailgun_, body, clock_.now());
    case Provider::ses:
      break;  // by SNS, below
  }
  return {};
}

void Webhooks::refuse(Provider provider, std::string_view why, int status, const Answer& answer) {
  const auto now = clock_.now();
  auto& known = status_[provider];
  known.refusal = why;
  known.refused_at = now;
  if (auto& last = complained_[provider]; now >= last + complains_every) {
    last = now;
    spdlog::warn("webhooks: what came as {} is refused: it {}", name_of(provider), why);
  }
  answer(status);
}

std::vector<Status> Webhooks::status() const {
  std::vector<Status> all;
  for (const auto provider : all_providers) {
    if (!has(name_of(provider))) continue;
    const auto known = status_.find(provider);
    all.push_back(known == status_.end() ? Status() : known->second);
    all.back().provider = name_of(provider);
  }
  return all;
}

// SNS ------------------------------------------------------------------------------------------

void Webhooks::tell_by_sns(const Json& body, const Answer& answer) {
  const auto message = read_sns(body, settings_->webhooks.ses_topics);
  if (!message && message.error() == SnsFault::broken)
    return refuse(Provider::ses, "is no message of SNS; raw message delivery has to be off", 400,
                  answer);
  if (!message)
    return refuse(Provider::ses, "is of no topic in webhooks.ses_topics, or leads elsewhere", 403,
                  answer);
  if (!is_of_late(message->at, clock_.now(), sns_patience))
    return refuse(Provider::ses, not_of_late, 403, answer);
  certificates_->find(
      message->certificate_url, signers_of(message->topic),
      [weak = weak_from_this(), message = *message, answer](const std::optional<PublicKey>& key) {
        const auto self = weak.lock();
        if (!self) return answer(503);
        if (!key)
          return self->refuse(Provider::ses,
                              "is signed by a certificate that could not be fetched or proven; the "
                              "log says why",
                              503, answer);
        if (!key->verify(message.digest, message.to_sign, message.signature))
          return self->refuse(Provider::ses, "is not signed by SNS", 403, answer);
        self->take_sns(message, answer);
      });
}

void Webhooks::take_sns(const SnsMessage& message, const Answer& answer) {
  if (message.type == SnsType::end_of_subscription) {
    spdlog::warn("webhooks: SNS tells us nothing of {} any more", message.topic);
    return answer(200);
  }
  if (message.type == SnsType::subscription)
    return certificates_->visit(message.subscribe_url,
                                [answer, topic = message.topic](bool visited) {
                                  if (visited) spdlog::info("webhooks: SNS tells us of {}", topic);
                                  answer(visited ? 200 : 503);
                                });
  const auto event = parse_json(message.message);
  // A new topic says by some words that it works.
  if (!event || !event->is_object()) return answer(200);
  const auto id = ses_id(*event);
  take(Provider::ses,
       std::make_shared<const Events>(Events{{id.empty() ? message.id : id, event->dump()}}), 0,
       answer);
}

// Taking ---------------------------------------------------------------------------------------

void Webhooks::take(Provider provider, std::shared_ptr<const Events> events, std::size_t begin,
                    const Answer& answer) {
  if (begin >= events->size()) return answer(200);
  if (!errands_.trouble().empty()) return answer(503);
  const auto end = std::min(events->size(), begin + of_a_transaction);
  errands_.run(
      "what " + std::string(name_of(provider)) + " tells",
      [provider, events, begin, end, settings = settings_, keys = keys_,
       now = clock_.now()](store::Database& writing) {
        const Returns returns(*settings, keys, writing);
        store::Reports reports(writing, bounce_policy(*settings));
        for (auto i = begin; i < end; ++i)
          if (const auto arrival = read_arrival(provider, (*events)[i], returns, writing))
            reports.take(*arrival, now);
      },
      [weak = weak_from_this(), provider, events, begin, end, answer](bool written) {
        const auto self = weak.lock();
        if (!written || !self) return answer(503);
        auto& known = self->status_[provider];
        known.events += static_cast<std::int64_t>(end - begin);
        known.event_at = self->clock_.now();
        self->take(provider, events, end, answer);
      });
}

}  // namespace postrider::daemon::webhooks
