#pragma once
#include <string>
#include <vector>
#include "mail/message.h"
namespace postrider::mail {
struct PlainFailure { std::string recipient; std::string status; int code = 0; std::string text; std::string rule; };
inline std::vector<PlainFailure> plain_failures(const Message&) { return {}; }
}
