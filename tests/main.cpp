#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "support/source.h"

namespace postrider::test {

std::filesystem::path source_folder() { return POSTRIDER_SOURCE; }

}  // namespace postrider::test
