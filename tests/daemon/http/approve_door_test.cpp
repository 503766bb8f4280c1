// The reviewers' door: a GET shows, a POST approves, and no other link opens it.
#include <doctest/doctest.h>

#include "daemon/http/doors.h"
#include "support/temporary_folder.h"
#include "support/text.h"
#include "templates/theme.h"

using namespace postrider;
using namespace postrider::daemon::http;
using test::has;

namespace {

struct FakeReviews final : Reviews {
  Review look(const TokenClaims& claims) override { return claims.list == 5 ? review : Review{}; }
  void approve(const TokenClaims&, Approved approved) override {
    if (writable) {
      ++approvals;
      review.state = State::approved;
      review.by = "ann@report.example";
    }
    approved(writable, review);
  }

  Review review{.state = State::open,
                .title = "Tea & <Cakes>",
                .version = "abcdef012345",
                .readers = "The Report",
                .time = "2022-01-10 14:00 UTC"};
  bool writable = true;
  int approvals = 0;
};

struct ReviewHouse {
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{7, std::string(32, 'k')}});
  std::shared_ptr<FakeReviews> reviews = std::make_shared<FakeReviews>();
  test::TemporaryFolder theme;
  Handler handler = make_doors({"Tea & Cakes", "en", theme.path()}, keys,
                               {.members = nullptr, .profiles = nullptr, .reviews = reviews})
                        .value();

  Response ask(const std::string& method, const std::string& path,
               const std::string& language = "en") {
    std::optional<Response> answer;
    handler({method, path, "", language, "", ""},
            [&](Response response) { answer = std::move(response); });
    REQUIRE(answer);
    return *answer;
  }
  std::string path(Purpose purpose = Purpose::approve, std::uint64_t issue = 5) const {
    return "/approve/" + keys->sign(purpose, {Uid{1}, issue, 0});
  }
};

}  // namespace

TEST_CASE("a GET shows what is to be approved, with a button, and approves nothing") {
  ReviewHouse house;
  for (const auto& language : templates::built_in_languages()) {
    const auto page = house.ask("GET", house.path(), language);
    CHECK(page.status == 200);
    for (const auto* part : {"Tea &amp; &lt;Cakes&gt;", "abcdef012345", "The Report",
                             "2022-01-10 14:00 UTC", "<form method=\"post\"><button"})
      CHECK(has(page.body, part));
    CHECK_FALSE(has(page.body, "{{"));
    CHECK_FALSE(has(page.body, "<script"));
  }
  CHECK(house.reviews->approvals == 0);
}

TEST_CASE("what is due goes out as soon as it is approved, and the page says so") {
  ReviewHouse house;
  house.reviews->review.time = "";
  CHECK(has(house.ask("GET", house.path()).body, "at once, as soon as you approve it"));
}

TEST_CASE("a POST approves, once, and says by whom") {
  ReviewHouse house;
  for (int i = 0; i < 2; ++i) {
    const auto page = house.ask("POST", house.path());
    CHECK(page.status == 200);
    CHECK(has(page.body, "ann@report.example"));
    CHECK_FALSE(has(page.body, "<form"));
  }
  CHECK(house.reviews->approvals == 1);
}

TEST_CASE("a link of an older version approves nothing and says what has happened") {
  ReviewHouse house;
  house.reviews->review.state = Reviews::State::over;
  for (const auto* method : {"GET", "POST"}) {
    const auto page = house.ask(method, house.path());
    CHECK(page.status == 410);
    CHECK(has(page.body, "newer preview"));
    CHECK_FALSE(has(page.body, "<form"));
  }
  CHECK(house.reviews->approvals == 0);
}

TEST_CASE("forged links, and those of other doors or issues, open nothing") {
  ReviewHouse house;
  auto forged = house.path();
  forged.back() = forged.back() == 'A' ? 'Q' : 'A';
  for (const auto& path :
       {forged, house.path(Purpose::unsubscribe), house.path(Purpose::confirm),
        house.path(Purpose::approve, 6), "/approve/" + inert_token(), std::string("/approve/")})
    for (const auto* method : {"GET", "POST"}) CHECK(house.ask(method, path).status == 404);
  CHECK(house.reviews->approvals == 0);
}

TEST_CASE("where it cannot be written now, nothing is said to be approved") {
  ReviewHouse house;
  house.reviews->writable = false;
  CHECK(house.ask("POST", house.path()).status == 503);
}
