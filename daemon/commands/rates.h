// How much came back, for `issue show` and `status`; and what a breaker holds back.
#pragma once

#include <string>
#include <vector>

#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "store/breakers.h"
#include "store/rates.h"

namespace postrider::daemon::commands {

/// {"hard": {"readers", "share"}, "bounced": …, "complaints": {…, "over": null, "aim" or "limit"}}
Json json_rates(const store::Returned& returned);
/// An array of {"domain", "mails", and these}.
Json json_rates(const std::vector<store::ReturnedOfDomain>& domains);
Json json_breaker(const store::Breaker& breaker);

void print_rates(const store::Returned& returned);
void print_rates(const std::vector<store::ReturnedOfDomain>& domains);

/// "12 complaints, 0.35 %, where …": what is over a limit, with the limit; empty: nothing is.
std::string over_limit_in_words(const store::Returned& returned);

/// "Suppressions at a.example are held back since 8:00, of 12 readers by now; what set it off: …"
std::string breaker_in_words(const store::Breaker& breaker, const Newsletter& newsletter);

}  // namespace postrider::daemon::commands
