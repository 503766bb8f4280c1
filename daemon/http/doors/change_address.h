// GET and POST /change-address/TOKEN: the new address says that it is the reader's. A GET changes
// nothing: link scanners confirm nobody.
#pragma once

#include <memory>

#include "daemon/http/door.h"
#include "daemon/http/profiles.h"

namespace postrider::daemon::http {

std::unique_ptr<const Door> make_change_address_door(std::shared_ptr<const Premises> premises,
                                                     std::shared_ptr<Profiles> profiles);

}  // namespace postrider::daemon::http
