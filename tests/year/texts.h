// What is written in the year: the settings, and what a server that knows no such mailbox answers.
#pragma once

#include <string>

namespace postrider::year {

/// postrider.toml: the lists of calendar.h, and so many relays that write into outbox/.
std::string settings_text(int relays);

/// RFC 3464; `way_out`: the path of the link by which one leaves, which proves whose mail it is.
std::string report_text(const std::string& email, const std::string& way_out);

}  // namespace postrider::year
