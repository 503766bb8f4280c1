#include "subscribers/staged_entry.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::subscribers;

TEST_CASE("an entry comes back as it was staged") {
  Entry entry{.email = "Ann@a.example", .name = std::string("A\0nn", 4)};
  entry.attributes = {{"country", "\"KZ\""}, {"", "1"}};
  entry.language = "de";
  entry.standing = Standing::complained;
  entry.since = Instant(Duration(5));
  entry.consent = {.opted_in_at = Instant(Duration(-1)),
                   .opted_in_from = "192.0.2.1",
                   .confirmed_at = {},
                   .confirmed_from = "",
                   .how = "form",
                   .where = "https://a.example/"};
  entry.suppressed = SuppressionReason::asked;
  entry.is_reader = false;
  entry.erased = Fingerprint{7, {1, 2, 3}};
  const auto back = unpack(pack({entry, 7, 9}));
  CHECK(back.row == 7);
  CHECK(back.line == 9);
  CHECK(back.entry.email == entry.email);
  CHECK(back.entry.name == entry.name);
  CHECK(back.entry.attributes == entry.attributes);
  CHECK(back.entry.language == entry.language);
  CHECK(back.entry.time_zone == entry.time_zone);
  CHECK(back.entry.standing == entry.standing);
  CHECK(back.entry.since == entry.since);
  CHECK(back.entry.consent == entry.consent);
  CHECK(back.entry.suppressed == entry.suppressed);
  CHECK(back.entry.is_reader == entry.is_reader);
  CHECK(back.entry.erased == entry.erased);
}
