// GET and POST /preferences/TOKEN: what a reader gets and is called, pauses, and the ways to
// another address, to the data and to its erasure. A GET changes nothing.
#pragma once

#include <memory>

#include "daemon/http/door.h"
#include "daemon/http/profiles.h"

namespace postrider::daemon::http {

std::unique_ptr<const Door> make_preferences_door(std::shared_ptr<const Premises> premises,
                                                  std::shared_ptr<Profiles> profiles);

}  // namespace postrider::daemon::http
