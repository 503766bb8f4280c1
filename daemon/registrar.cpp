#include "daemon/registrar.h"

namespace postrider::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto tidy_every = 10s;

std::shared_ptr<const store::SignUpTerms> terms_of(const config::Settings& settings) {
  auto terms = std::make_shared<store::SignUpTerms>();
  for (const auto& list : settings.lists) {
    if (!list.double_opt_in) terms->asks_nobody.insert(list.key);
    if (!list.welcome.empty()) terms->welcomes.insert(list.key);
  }
  const auto& limits = settings.sign_up;
  terms->per_network = limits.per_network;
  terms->per_list = limits.per_list;
  terms->ask_again = limits.ask_again;
  terms->hold_role_addresses = limits.hold_role_addresses;
  return terms;
}

/// What one household or office has; a larger one is limited as a whole.
std::string network_of_client(const std::optional<IpAddress>& client) {
  if (!client) return {};
  const int bits = client->is_ipv4() ? 24 : 56;
  return network_of(*client, bits).base.str() + "/" + std::to_string(bits);
}

std::string text_of(const std::optional<IpAddress>& client) { return client ? client->str() : ""; }

}  // namespace

ListRegistrar::ListRegistrar(const config::Settings& settings,
                             std::shared_ptr<const Fingerprints> erased_keys, DoorReads& reads,
                             Errands errands, const Clock& clock)
    : terms_(terms_of(settings)),
      plain_per_network_(settings.sign_up.plain_per_network),
      expires_(settings.sign_up.expires),
      erased_keys_(std::move(erased_keys)),
      reads_(reads),
      errands_(std::move(errands)),
      clock_(clock) {}

template <class Answer>
void ListRegistrar::submit(std::function<Answer(store::SignUps&)> work,
                           std::function<void(std::optional<Answer>)> done) {
  const auto answer = std::make_shared<std::optional<Answer>>();
  errands_.run(
      "a sign-up",
      [work = std::move(work), answer, keys = erased_keys_](store::Database& writing) {
        store::SignUps sign_ups(writing, [keys]() -> const Fingerprints& { return *keys; });
        *answer = work(sign_ups);
      },
      [answer, done = std::move(done)](bool written) { done(written ? *answer : std::nullopt); });
}

void ListRegistrar::sign_up(subscribers::SignUp sign_up, const std::optional<IpAddress>& client,
                            bool own_form,
                            std::function<void(std::optional<subscribers::SignUpAnswer>)> done) {
  auto terms = *terms_;
  auto network = network_of_client(client);
  if (!own_form) {
    terms.per_network = plain_per_network_;
    if (!network.empty()) network += " by plain forms";
  }
  submit<subscribers::SignUpAnswer>(
      [sign_up = std::move(sign_up), network = std::move(network), terms = std::move(terms),
       now = clock_.now()](store::SignUps& sign_ups) {
        return sign_ups.sign_up(sign_up, network, terms, now);
      },
      std::move(done));
}

subscribers::Confirmation ListRegistrar::look(const TokenClaims& claims) {
  return store::SignUps(reads_.look()).look(claims);
}

void ListRegistrar::confirm(const TokenClaims& claims, const std::optional<IpAddress>& client,
                            std::function<void(std::optional<subscribers::Confirmation>)> done) {
  submit<subscribers::Confirmation>(
      [claims, from = text_of(client), terms = terms_, now = clock_.now()](
          store::SignUps& sign_ups) { return sign_ups.confirm(claims, from, *terms, now); },
      std::move(done));
}

void ListRegistrar::tick() {
  const auto now = clock_.now();
  if (now < tidy_at_ && !*more_) return;
  tidy_at_ = now + tidy_every;
  *more_ = false;
  submit<bool>([before = now - expires_,
                now](store::SignUps& sign_ups) { return sign_ups.forget_expired(before, now); },
               [more = more_](std::optional<bool> there_is) { *more = there_is.value_or(false); });
}

}  // namespace postrider::daemon
