#include "daemon/errands.h"

#include <doctest/doctest.h>
#include <future>
#include <stdexcept>

#include "store/house.h"

using namespace postrider;
using namespace postrider::test;

namespace {

/// Two errands that one commit settles: the writer is busy until both wait.
struct Errand : House {
  store::SqliteQueue queue{*database, policy(), clock.now()};
  std::vector<std::function<void()>> posted;  // the writer's thread's, until it has ended
  std::unique_ptr<queue::Writer> writer = std::make_unique<queue::Writer>(queue);

  void run_two(std::function<void(bool)> first, std::function<void(bool)> second) {
    const daemon::Errands errands(*database, *writer, [this](std::function<void()> task) {
      posted.push_back(std::move(task));
    });
    std::promise<void> is_busy, both_wait;
    writer->submit({[&is_busy, waits = both_wait.get_future().share()] {
                      is_busy.set_value();
                      waits.wait();
                    },
                    {},
                    {}});
    is_busy.get_future().wait();  // else the first of the two may go with it
    errands.run("one", [](store::Database&) {}, std::move(first));
    errands.run("two", [](store::Database&) {}, std::move(second));
    both_wait.set_value();
    writer.reset();
    for (const auto& task : posted) task();
  }
};

}  // namespace

TEST_CASE("who waits for errands is woken once for all that one commit has settled") {
  Errand errand;
  int told = 0;
  errand.run_two([&](bool written) { told += written ? 1 : 0; },
                 [&](bool written) { told += written ? 1 : 0; });
  CHECK(told == 2);
  CHECK(errand.posted.size() == 1);
}

TEST_CASE("one who cannot hear of an errand keeps no other from hearing") {
  Errand errand;
  bool told = false;
  errand.run_two([](bool) { throw std::runtime_error("deaf"); }, [&](bool) { told = true; });
  CHECK(told);
}
