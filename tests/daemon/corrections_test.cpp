#include "store/corrections.h"

#include <doctest/doctest.h>

#include "daemon/proof.h"
#include "guards/press.h"
#include "support/text.h"

using namespace postrider;
using test::has;

TEST_CASE("an erratum whose command was cut off is gathered by the daemon, and lacks no draft") {
  test::Press press;
  press.have_readers(5);
  press.publish("weekly", "Weekly", "The price is 10 euros.");
  press.house.database->execute(
      "UPDATE deliveries SET state = 3, due = NULL, attempts = 1, version = 1");
  press.house.database->execute("UPDATE issue_sums SET accepted = 5, pending = 0");
  store::Corrections corrections(*press.house.database);
  const auto erratum = corrections.begin_erratum(
      {"weekly", {1}, "note", "/elsewhere/note.md", "hash", test::House::content(), {}}, "operator",
      press.house.clock.now());
  REQUIRE(erratum);
  press.publisher.drafts_listed({"weekly.md"});
  press.tasks.run_until([&] {
    press.publisher.tick();
    return !corrections.erratum_in_part();
  });
  const auto row = press.issue("note");
  CHECK(row.sums == queue::IssueSums{.pending = 5});
  CHECK_FALSE(row.missing);
}

TEST_CASE("an erratum's file says nothing of readers and time, and need not say a title") {
  test::TemporaryFolder folder;
  const auto settings = test::Press::settings_in(folder.path());
  const auto prove = [&](const std::string& text) {
    folder.write("my note.md", text);
    return daemon::prove_erratum(folder.path() / "my note.md", settings,
                                 daemon::known_names(settings, nullptr), "Correction: Weekly",
                                 "weekly-erratum-1");
  };
  const auto good = prove("It is 12 euros, {{subscriber.email}}.\n");
  REQUIRE(good.good());
  CHECK(good.issue->subject == "Correction: Weekly");
  CHECK(good.draft->slug == "weekly-erratum-1");
  CHECK(has(good.issue->text, "It is 12 euros"));
  const auto bad = prove("---\nsend_at: now\nlists: [report]\n---\n\nSorry.\n");
  CHECK_FALSE(bad.good());
  CHECK(bad.faults.size() == 2);
  CHECK_FALSE(prove("Hello {{subscriber.nmae}}.\n").good());
}
