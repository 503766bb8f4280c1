// A year of a newsletter in two minutes: the real daemon, killed and restarted, with a clock that
// is moved and put wrong, the real store and the relay that writes files; and books beside it that
// know none of its code (books.h). POSTRIDER_YEAR_SEED=n: another year, or the same again;
// POSTRIDER_YEAR_READERS=n: of a smaller list.
#include "year/year.h"

#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <iostream>

using namespace postrider;

namespace {

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

void tell(const year::Year& year, std::chrono::steady_clock::time_point begun) {
  const auto& counts = year.books().counts();
  std::cout << "  " << year.books().issues().size() << " issues, " << counts.mails << " mails, "
            << counts.copies << " second copies of " << counts.in_doubt << " in doubt, "
            << counts.left_on_the_way << " left on the way, " << counts.bounced << " bounced, "
            << counts.other_mails << " other mails\n ";
  for (const auto& [event, times] : year.events()) std::cout << " " << event << " " << times << ",";
  std::cout << "\n  "
            << std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                                begun)
                   .count()
            << " s\n";
}

}  // namespace

TEST_CASE("in a year each reader gets exactly what the ledger says, and what was promised") {
  const auto begun = std::chrono::steady_clock::now();
  const auto seed = from_environment("POSTRIDER_YEAR_SEED", 1);
  std::cout << "a year by POSTRIDER_YEAR_SEED=" << seed << "\n";
  year::Year year(seed, from_environment("POSTRIDER_YEAR_READERS", 5000));
  year.run(52, 12);
  tell(year, begun);
  std::size_t told = 0;
  for (const auto& fault : year.books().faults())
    if (++told <= 30) MESSAGE(fault);
  CHECK(year.books().faults().size() == 0);
  // At most one mail in doubt for each thread that sends, and kill.
  const auto crashes = year.events().contains("crash") ? year.events().at("crash") : 0;
  CHECK(year.books().counts().in_doubt <= crashes * year::relays);
}
