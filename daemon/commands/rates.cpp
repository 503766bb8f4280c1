#include "daemon/commands/rates.h"

#include <cmath>

#include "base/text.h"

namespace postrider::daemon::commands {

using store::Returned;
using subscribers::Complaints;
using subscribers::Share;

namespace {

Json json_share(const Share& share) {
  return {{"readers", share.readers}, {"share", std::round(share.value() * 1e6) / 1e6}};
}

/// "12, 0.35 %"; "-" for none.
std::string share_cell(const Share& share) {
  return share.readers == 0 ? "-" : with_thousands(share.readers) + ", " + store::percent(share);
}

}  // namespace

Json json_rates(const Returned& returned) {
  auto complaints = json_share(returned.complaint_share());
  const auto found = judge_complaints(returned.complaint_share());
  complaints["over"] = found == Complaints::well         ? Json(nullptr)
                       : found == Complaints::over_limit ? Json("limit")
                                                         : Json("aim");
  return {{"mails", returned.mails},
          {"hard", json_share(returned.share(&Returned::hard))},
          {"bounced", json_share(returned.share(&Returned::bounced))},
          {"complaints", complaints}};
}

Json json_rates(const std::vector<store::ReturnedOfDomain>& domains) {
  auto rows = Json::array();
  for (const auto& [domain, returned] : domains) {
    Json row{{"domain", domain}};
    row.update(json_rates(returned));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json json_breaker(const store::Breaker& breaker) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return {{"domain", or_null(breaker.domain)},
          {"issue", or_null(breaker.issue)},
          {"at", json_time(breaker.at)},
          {"reason", breaker.reason},
          {"withheld", breaker.withheld}};
}

void print_rates(const Returned& returned) {
  Table table({{"CAME BACK"}, {"READERS", Align::right}, {"SHARE", Align::right}});
  for (const auto& [label, share] : {std::pair{"gone (hard)", returned.share(&Returned::hard)},
                                     {"bounced, all", returned.share(&Returned::bounced)},
                                     {"complaints", returned.complaint_share()}})
    table.add({label, with_thousands(share.readers), store::percent(share)});
  table.print();
}

void print_rates(const std::vector<store::ReturnedOfDomain>& domains) {
  Table table({{"DOMAIN"},
               {"MAILS", Align::right},
               {"GONE (HARD)", Align::right},
               {"BOUNCED, ALL", Align::right},
               {"COMPLAINTS", Align::right}});
  for (const auto& [domain, returned] : domains)
    table.add({domain, with_thousands(returned.mails), share_cell(returned.share(&Returned::hard)),
               share_cell(returned.share(&Returned::bounced)),
               share_cell(returned.complaint_share())});
  table.print();
}

std::string over_limit_in_words(const Returned& returned) {
  if (!returned.is_over_a_limit()) return "";
  std::vector<std::string> words;
  const auto found = judge_complaints(returned.complaint_share());
  if (found != Complaints::well)
    words.push_back(counted(returned.complaints, "complaint") + ", " +
                    store::percent(returned.complaint_share()) + ", where large receivers " +
                    (found == Complaints::over_limit ? "refuse a sender from 0.3 % on"
                                                     : "ask for less than 0.1 %"));
  if (const auto gone = returned.share(&Returned::hard); returned.are_many_gone())
    words.push_back(counted(gone.readers, "reader") + " gone, " + store::percent(gone) +
                    ", where 5 % are many");
  return join(words, "; ");
}

std::string breaker_in_words(const store::Breaker& breaker, const Newsletter& newsletter) {
  const auto name = printable(breaker.name());
  const auto release = "`postrider bounce release " + name;
  return "Suppressions " + (breaker.domain.empty() ? "for issue " + name : "at " + name) +
         " are held back since " + newsletter.time(breaker.at) + ", of " +
         counted(breaker.withheld, "reader") + " by now; what set it off: " + breaker.reason +
         ". " + release + "` mails them on, with --suppress it suppresses them.";
}

}  // namespace postrider::daemon::commands
