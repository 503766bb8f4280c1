#include "daemon/aside.h"

#include <doctest/doctest.h>
#include <future>
#include <memory>

using namespace postrider::daemon;

TEST_CASE("what is done aside is done in order, and to its end but for what is told to stop") {
  std::string done;
  std::promise<void> begun;
  {
    Aside aside;
    aside.run([&](const std::stop_token& stop) {
      begun.set_value();
      while (!stop.stop_requested()) std::this_thread::yield();
      done += "first";
    });
    aside.run([&](const std::stop_token& stop) { done += stop.stop_requested() ? " second" : ""; });
    begun.get_future().wait();
  }
  CHECK(done == "first second");
}
