#include "queue/window.h"

#include <doctest/doctest.h>

using postrider::queue::Window;

TEST_CASE("a window begins as wide as it may be, and never is wider or shut") {
  Window window(20);
  CHECK(window.width() == 20);
  window.succeeded();
  CHECK(window.width() == 20);
  for (int i = 0; i < 1000; ++i) window.failed(20);
  CHECK(window.width() == 1);
}

TEST_CASE("failures narrow it from what was in use, and successes widen it again") {
  Window window(1000);
  window.failed(10);
  CHECK(window.width() == 9);
  int successes = 0;
  while (window.width() < 20) {
    window.succeeded();
    ++successes;
  }
  CHECK(successes > 100);
  CHECK(successes < 250);
}

TEST_CASE("a tenth of failures, as by greylisting, does not narrow it") {
  Window window(8);
  for (int i = 0; i < 1000; ++i)
    if (i % 10 == 0)
      window.failed(8);
    else
      window.succeeded();
  CHECK(window.width() == 8);
}
