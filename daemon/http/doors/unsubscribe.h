// GET and POST /unsubscribe/TOKEN: the way out. A POST is enough, whatever its body says (RFC
// 8058); a GET changes nothing, since programs follow links.
#pragma once

#include <memory>

#include "daemon/http/door.h"
#include "daemon/http/members.h"

namespace postrider::daemon::http {

std::unique_ptr<const Door> make_unsubscribe_door(std::shared_ptr<const Premises> premises,
                                                  std::shared_ptr<Members> members);

}  // namespace postrider::daemon::http
