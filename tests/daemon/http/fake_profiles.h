// One reader behind the preference centre, who notes what is asked of her.
#pragma once

#include <string>
#include <vector>

#include "daemon/http/profiles.h"

namespace postrider::test {

class FakeProfiles final : public daemon::http::Profiles {
 public:
  Instant now() override { return time; }
  std::optional<Profile> find(const Uid& reader) override {
    return reader == uid ? profile : std::nullopt;
  }
  void choose(const Uid&, const Choices& choices, Done done) override {
    chosen.push_back(choices);
    if (writable) {
      profile->name = choices.name;
      profile->language = choices.language;
      profile->time_zone = choices.time_zone;
      profile->paused_until = choices.paused_until;
      for (auto& list : profile->lists)
        list.on =
            choices.joins.contains(list.key) || (list.on && !choices.leaves.contains(list.key));
    }
    done(writable);
  }
  std::string data_of(const Uid&) override { return "{\"email\": \"ann@a.example\"}\n"; }
  void ask_at(const Uid&, const mail::Address& address, Done done) override {
    asked.push_back(address.str());
    done(writable);
  }
  std::optional<std::string> asked_address(const TokenClaims& claims) override {
    return claims.context == notice ? new_address : std::nullopt;
  }
  void take_address(const TokenClaims& claims, Done done) override {
    taken.push_back(claims);
    if (writable && new_address) profile->email = *new_address;
    done(writable);
  }
  void ask_to_erase(const Uid&, Done done) override {
    ++erasures_asked;
    done(writable);
  }
  bool asked_to_erase(const TokenClaims& claims) override { return claims.context == notice; }
  void erase(const Uid&, Done done) override {
    if (writable) profile.reset();
    done(writable);
  }
  std::string trouble() override { return why; }

  Uid uid{1, 2, 3};
  Instant time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 28)};
  std::optional<Profile> profile =
      Profile{"ann@a.example",
              "Ann <b>",
              "de",
              "",
              {},
              "America/New_York",
              {{"report", "The Report", true}, {"digest", "The \"Digest\"", false}}};
  std::uint64_t notice = 77;
  std::optional<std::string> new_address = "ann@new.example";
  std::vector<Choices> chosen;
  std::vector<std::string> asked;
  std::vector<TokenClaims> taken;
  int erasures_asked = 0;
  bool writable = true;
  std::string why;
};

}  // namespace postrider::test
