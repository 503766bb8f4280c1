#include "daemon/profiles.h"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "daemon/reader_data.h"
#include "store/erasure.h"
#include "store/reader_hand.h"

namespace postrider::daemon {

ReaderProfiles::ReaderProfiles(const config::Settings& settings,
                               std::shared_ptr<const Fingerprints> erased_keys, DoorReads& reads,
                               Errands errands, const Clock& clock, std::function<void()> poke)
    : lists_(settings.lists),
      time_zone_(settings.publication.timezone),
      erased_keys_(std::move(erased_keys)),
      reads_(reads),
      errands_(std::move(errands)),
      clock_(clock),
      poke_(std::move(poke)),
      database_(reads.file()) {}

std::optional<http::Profiles::Profile> ReaderProfiles::find(const Uid& reader) {
  auto found = store::ReaderHand(reads_.look()).profile(reader);
  if (!found) return {};
  Profile profile{found->email, found->name, found->language, found->time_zone, found->paused_until,
                  time_zone_,   {}};
  for (const auto& list : lists_) {
    const bool on = found->lists.contains(list.key);
    if (list.is_public || on || found->pending.contains(list.key))
      profile.lists.push_back({list.key, list.name, on});
  }
  return profile;
}

void ReaderProfiles::run(std::string what, std::function<void(store::Database&)> work, Done done) {
  errands_.run(std::move(what), std::move(work),
               [poke = poke_, done = std::move(done)](bool written) {
                 if (written) poke();
                 done(written);
               });
}

void ReaderProfiles::choose(const Uid& reader, const Choices& choices, Done done) {
  store::OwnChoices own{
      choices.name,
      choices.language,
      choices.time_zone,
      choices.paused_until,
      {},
      choices.joins,
      choices.leaves,
      nlohmann::ordered_json{{"page", "preferences"}, {"from", choices.from}}.dump(),
      choices.issue};
  for (const auto& list : lists_)
    if (list.is_public) own.open.insert(list.key);
  errands_.run(
      "a reader's settings",
      [reader, own = std::move(own), &clock = clock_](store::Database& writing) {
        store::ReaderHand(writing).choose(reader, own, clock.now());
      },
      std::move(done));
}

std::string ReaderProfiles::data_of(const Uid& reader) {
  return reader_data(reads_.look(), reader);
}

void ReaderProfiles::ask_at(const Uid& reader, const mail::Address& address, Done done) {
  run(
      "a change of address",
      [reader, address, &clock = clock_](store::Database& writing) {
        store::ReaderHand(writing).ask_at(reader, address, clock.now());
      },
      std::move(done));
}

std::optional<std::string> ReaderProfiles::asked_address(const TokenClaims& claims) {
  return store::ReaderHand(reads_.look())
      .asked_address(claims.subject, claims.context, clock_.now());
}

void ReaderProfiles::take_address(const TokenClaims& claims, Done done) {
  run(
      "a change of address",
      [claims, keys = erased_keys_, &clock = clock_](store::Database& writing) {
        store::ReaderHand(writing, [keys]() -> const Fingerprints& {
          return *keys;
        }).take_address(claims.subject, claims.context, clock.now());
      },
      std::move(done));
}

void ReaderProfiles::ask_to_erase(const Uid& reader, Done done) {
  run(
      "a wish to be erased",
      [reader, &clock = clock_](store::Database& writing) {
        store::ReaderHand(writing).ask_to_erase(reader, clock.now());
      },
      std::move(done));
}

bool ReaderProfiles::asked_to_erase(const TokenClaims& claims) {
  return store::ReaderHand(reads_.look())
      .was_asked_to_erase(claims.subject, claims.context, clock_.now());
}

void ReaderProfiles::erase(const Uid& reader, Done done) {
  aside_.run([this, reader, done = std::move(done)](const std::stop_token& stop) {
    errands_.run(
        "an erasure",
        [reader, kept = look_ahead(reader, stop), keys = erased_keys_,
         &clock = clock_](store::Database& writing) {
          const auto found = store::ReaderHand(writing).profile(reader);
          if (found) store::erase(writing, *keys, found->id, "reader", clock.now(), kept);
        },
        done);
  });
}

store::KeptMentions ReaderProfiles::look_ahead(const Uid& reader, const std::stop_token& stop) const
    try {
  const auto database = store::Database::open(database_, store::OpenMode::read_only);
  if (!database) return {};
  const auto found = store::ReaderHand(**database).profile(reader);
  const auto address = mail::parse_address(found ? found->email : "");
  return address ? store::look_ahead(**database, *address, stop) : store::KeptMentions{};
} catch (const std::exception& error) {  // then the erasure looks at all of them
  spdlog::warn("{}", error.what());
  return {};
}

}  // namespace postrider::daemon
