// Whether a person's message asks to leave a list: by nothing but such a phrase for its subject, or
// for its first paragraph. What it quotes, our own footer say, is not its own. Whatever says more
// is for people to read.
#pragma once

#include "mail/message.h"

namespace postrider::mail {

bool asks_to_leave(const Message& message);

}  // namespace postrider::mail
