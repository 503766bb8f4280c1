#include "daemon/proof.h"

#include <doctest/doctest.h>

#include "daemon/segments.h"
#include "daemon/slugs.h"
#include "store/sqlite.h"
#include "support/temporary_folder.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::daemon;
using test::has;

namespace {

/// A newsletter's folder without a settings file, and with a database where one is wanted.
struct Paper {
  Paper() {
    settings.publication.name = "News";
    settings.publication.base_url = "https://n.example";
    settings.publication.postal_address = "PO Box 1";
    settings.publication.language = "en";
    add_list("report");
    settings.storage.drafts = folder.path() / "drafts";
    settings.storage.theme = folder.path() / "theme";
  }

  void add_list(const std::string& key) {
    settings.lists.emplace_back();
    settings.lists.back().key = settings.lists.back().name = key;
  }
  void draft(const std::string& name, const std::string& front = "",
             const std::string& body = "Hello.\n") const {
    folder.write("drafts/" + name, "---\ntitle: A\n" + front + "---\n" + body);
  }
  std::string slug_faults(store::Ledger* ledger = nullptr) const {
    return lines(check_slugs(all_drafts(settings), settings, ledger));
  }
  static std::string lines(const Faults& faults) {
    std::string all;
    for (const auto& fault : faults) all += to_string(fault) + "\n";
    return all;
  }

  test::TemporaryFolder folder;
  config::Settings settings;
};

}  // namespace

TEST_CASE("two drafts with one slug are told, both by name, and without a database") {
  Paper paper;
  paper.draft("a.md");
  paper.draft("b.md", "slug: a\n");
  paper.draft("c.md");
  CHECK(
      paper.slug_faults() ==
      "drafts/a.md:1: slug: 'a' is the slug of drafts/b.md too; give this draft a slug of its own\n"
      "drafts/b.md:3: slug: 'a' is the slug of drafts/a.md too; give this draft a slug of its "
      "own\n");
}

TEST_CASE("a slug that was sent from another file is an error; an edit of the same file is told") {
  Paper paper;
  auto database =
      store::Database::open(paper.folder.path() / "postrider.db", store::OpenMode::read_write);
  REQUIRE(database);
  store::Ledger ledger(**database);
  ledger.know_lists({"report"});
  paper.draft("a.md");
  const auto hash =
      templates::read_draft(paper.settings.storage.drafts / "a.md", paper.settings.storage.drafts)
          ->hash;
  store::DraftRecord record;
  record.slug = "a";
  record.title = "A";
  record.path = "a.md";
  record.source_hash = hash;
  record.lists = {"report"};
  ledger.put_draft(record, "daemon", Instant{});
  CHECK(paper.slug_faults(&ledger).empty());
  (*database)->execute("UPDATE issues SET started_at = 1");
  CHECK(paper.slug_faults(&ledger).empty());
  paper.draft("a.md", "author: B\n");
  CHECK(has(paper.slug_faults(&ledger), "drafts/a.md:1: slug: warning: 'a' was sent already"));
  std::filesystem::remove(paper.settings.storage.drafts / "a.md");
  paper.draft("b.md", "toc: true\nslug: a\n");
  CHECK(has(paper.slug_faults(&ledger),
            "drafts/b.md:4: slug: 'a' was sent already, from a.md, and a slug is sent once"));
}

TEST_CASE("a theme's mistakes are found without a draft, in all its themes and languages") {
  Paper paper;
  CHECK(prove_themes(paper.settings).empty());
  paper.folder.write("theme/issue.html.mustache", "\n{{wrong}}");
  paper.folder.write("theme/winter/issue.text.mustache", "{{#wrong}}");
  paper.folder.write("theme/languages/de.yaml", "unsubcribe: \"Weg\"\n");
  const auto told = Paper::lines(prove_themes(paper.settings));
  CHECK(has(told, "theme/issue.html.mustache:2: "));
  CHECK(has(told, "theme/winter/issue.text.mustache:1: "));
  CHECK(has(told, "theme/languages/de.yaml:1: unsubcribe: "));
}

TEST_CASE("a theme's mistake hides none of the draft's") {
  Paper paper;
  paper.draft("a.md", "", "TODO\n");
  for (const char* text : {"{{wrong}}", "\xFF"}) {
    paper.folder.write("theme/issue.html.mustache", text);
    const auto proof =
        prove(paper.settings.storage.drafts / "a.md", paper.settings, {{}, {"report"}});
    CHECK_FALSE(proof.good());
    CHECK(has(Paper::lines(proof.faults), "theme/issue.html.mustache"));
    CHECK(has(Paper::lines(proof.faults), "drafts/a.md:4: TODO is left"));
  }
}

TEST_CASE("lists that are missing are told on a draft's first line") {
  Paper paper;
  paper.add_list("digest");
  paper.draft("a.md");
  const auto proof =
      prove(paper.settings.storage.drafts / "a.md", paper.settings, {{}, {"report"}});
  CHECK(has(Paper::lines(proof.faults), "drafts/a.md:1: lists: is missing"));
}

TEST_CASE("an address on the publication's own pages is judged with its host") {
  Paper paper;
  paper.draft("a.md", "", "[about us]({{publication.base_url}}/about)\n");
  CHECK(prove(paper.settings.storage.drafts / "a.md", paper.settings, {{}, {"report"}})
            .faults.empty());
}

TEST_CASE("a theme that there is not is told where the draft names it") {
  Paper paper;
  paper.draft("a.md", "theme: nosuch\n");
  const auto proof = prove(paper.settings.storage.drafts / "a.md", paper.settings, {});
  CHECK(Paper::lines(proof.faults).find("drafts/a.md:3: theme: there is no theme 'nosuch'") == 0);
}

TEST_CASE("a draft's segment is checked with its place, and spelled out") {
  Paper paper;
  paper.settings.segments = {{"kz", "country = 'KZ'", 7}, {"wrong", "contry = 'KZ'", 8}};
  const templates::Known known{{"country"}, {"report"}, {}, {"last-week"}};
  const auto proof = [&](const std::string& text) {
    paper.draft("a.md", "segment: " + text + "\n");
    return prove(paper.settings.storage.drafts / "a.md", paper.settings, known);
  };
  const auto faulty = proof("contry = 'KZ'");
  CHECK(has(Paper::lines(faulty.faults),
            "drafts/a.md:3: segment: column 1: no reader has an attribute 'contry'; did you mean "
            "'country'?\n"));
  CHECK(faulty.has_faulty_segment());
  CHECK(has(Paper::lines(proof("got('last-weak')").faults),
            "segment: column 5: there is no issue 'last-weak'"));
  for (const auto& [text, told] :
       {std::pair{"country = 'KZ' and got('last-week')", "country = 'KZ' and got('last-week')"},
        {"kz", "kz (country = 'KZ')"},
        {"on('report')", "on('report')"}}) {
    const auto good = proof(text);
    CHECK(good.faults.empty());
    CHECK(in_words(*good.segment) == told);
  }
  paper.settings.file = "postrider.toml";
  CHECK(Paper::lines(check_saved_segments(paper.settings, terms_of(paper.settings, known))) ==
        "postrider.toml:8: segments.wrong: column 1: no reader has an attribute 'contry'; did you "
        "mean 'country'?\n");
}

TEST_CASE("what was left in a draft's text is a warning that tells what becomes of its issue") {
  Paper paper;
  paper.draft("a.md", "", "It costs XXX euros.\n");
  const auto proof = prove(paper.settings.storage.drafts / "a.md", paper.settings, {});
  CHECK(proof.good());
  REQUIRE(proof.leftovers.size() == 1);
  CHECK(proof.leftovers[0].message == "'XXX' is left in the text");
  CHECK(has(Paper::lines(proof.faults),
            "a.md:4: warning: 'XXX' is left in the text; an issue is held for that\n"));
  paper.draft("b.md");
  CHECK(prove(paper.settings.storage.drafts / "b.md", paper.settings, {}).leftovers.empty());
}

TEST_CASE("what is left in a text is told and holds nothing where the settings say so") {
  Paper paper;
  paper.settings.guards.leftovers = false;
  paper.draft("a.md", "", "It costs XXX euros.\n");
  const auto proof = prove(paper.settings.storage.drafts / "a.md", paper.settings, {});
  CHECK(proof.leftovers.empty());
  CHECK(Paper::lines(proof.faults) == "drafts/a.md:4: warning: 'XXX' is left in the text\n");
}
