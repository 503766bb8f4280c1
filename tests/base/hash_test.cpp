#include "base/hash.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace postrider;

TEST_CASE("SHA-256 gives the sums of FIPS 180-4") {
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a hash can be kept after a fixed beginning and continued twice") {
  Sha256Stream beginning;
  beginning.update("Hello, ");
  auto one = beginning;
  auto two = beginning;
  one.update("Ada");
  two.update("Bob");
  Sha256Stream whole;
  whole.update("Hello, Ada");
  CHECK(one.finish() == whole.finish());
  CHECK(two.finish() != one.finish());
}
