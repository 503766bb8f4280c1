// GET and POST /confirm/TOKEN: the answer to a confirmation's mail. A GET shows a button and
// changes nothing, since programs follow links.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "daemon/http/door.h"
#include "daemon/http/registrar.h"

namespace postrider::daemon::http {

/// `names`: of lists, for readers, by key.
std::unique_ptr<const Door> make_confirm_door(std::shared_ptr<const Premises> premises,
                                              std::shared_ptr<Registrar> registrar,
                                              std::map<std::string, std::string> names);

}  // namespace postrider::daemon::http
