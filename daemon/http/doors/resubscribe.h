// GET and POST /resubscribe/TOKEN: takes leaving back, for an hour. As with leaving, a POST is
// enough, and a GET changes nothing.
#pragma once

#include <memory>

#include "daemon/http/door.h"
#include "daemon/http/members.h"

namespace postrider::daemon::http {

std::unique_ptr<const Door> make_resubscribe_door(std::shared_ptr<const Premises> premises,
                                                  std::shared_ptr<Members> members);

}  // namespace postrider::daemon::http
