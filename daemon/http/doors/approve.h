// GET and POST /approve/TOKEN: a reviewer's word on an issue. A GET changes nothing, since programs
// follow links; the token is good for one version of one issue.
#pragma once

#include <memory>

#include "daemon/http/door.h"
#include "daemon/http/reviews.h"

namespace postrider::daemon::http {

/// `reviews`: null: there are none.
std::unique_ptr<const Door> make_approve_door(std::shared_ptr<const Premises> premises,
                                              std::shared_ptr<Reviews> reviews);

}  // namespace postrider::daemon::http
