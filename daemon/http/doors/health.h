// GET /healthz: whether the daemon can do its work, for machines: 200 or 503, and JSON.
#pragma once

#include <memory>

#include "daemon/http/door.h"
#include "daemon/http/members.h"

namespace postrider::daemon::http {

std::unique_ptr<const Door> make_health_door(std::shared_ptr<Members> members);

}  // namespace postrider::daemon::http
