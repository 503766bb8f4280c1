// GET and POST /subscribe: the way in. Whatever comes of a sign-up, its answer is the same: it
// tells nobody whether an address is known.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rate.h"
#include "daemon/http/door.h"
#include "daemon/http/registrar.h"

namespace postrider::daemon::http {

struct SubscribeTerms {
  struct Offer {
    std::string key;
    std::string name;  // for readers
  };
  std::vector<Offer> offers;  // lists that anybody may join
  std::string url;            // of the page, for the evidence
  bool plain_forms = true;    // without our signature, or too young or old
  Duration least_age{};       // of our form
  Duration greatest_age{};
  std::vector<std::string> disposable;              // domains, sorted
  std::map<std::string, std::string> consent = {};  // by language: what our page says of it
  Rate per_network{}, plain_per_network{};          // by our form and by others: what 429 tells
};

std::unique_ptr<const Door> make_subscribe_door(std::shared_ptr<const Premises> premises,
                                                std::shared_ptr<Registrar> registrar,
                                                SubscribeTerms terms);

}  // namespace postrider::daemon::http
