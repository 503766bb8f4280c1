// GET and POST /erase/TOKEN: the reader says, by the mail that asked, that everything is to be
// erased. A GET changes nothing: link scanners erase nobody.
#pragma once

#include <memory>

#include "daemon/http/door.h"
#include "daemon/http/profiles.h"

namespace postrider::daemon::http {

std::unique_ptr<const Door> make_erase_door(std::shared_ptr<const Premises> premises,
                                            std::shared_ptr<Profiles> profiles);

}  // namespace postrider::daemon::http
