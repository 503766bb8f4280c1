// The doors that lead in: the sign-up page and the confirmation.
#include <doctest/doctest.h>

#include "daemon/http/doors.h"
#include "support/temporary_folder.h"
#include "support/text.h"
#include "templates/theme.h"

using namespace postrider;
using namespace postrider::daemon::http;
using namespace std::chrono_literals;
using subscribers::Confirmation;
using test::has;

namespace {

class FakeRegistrar final : public Registrar {
 public:
  struct Taken {
    subscribers::SignUp sign_up;
    bool own_form;
  };

  void sign_up(subscribers::SignUp sign_up, const std::optional<IpAddress>&, bool own_form,
               std::function<void(std::optional<subscribers::SignUpAnswer>)> done) override {
    taken.push_back({std::move(sign_up), own_form});
    done(answer);
  }
  Confirmation look(const TokenClaims& claims) override {
    return claims.context == 7 ? found : Confirmation{};
  }
  void confirm(const TokenClaims&, const std::optional<IpAddress>&,
               std::function<void(std::optional<Confirmation>)> done) override {
    ++confirmed;
    done(found);
  }
  Instant now() const override { return time; }
  std::string trouble() override { return {}; }

  std::vector<Taken> taken;
  std::optional<subscribers::SignUpAnswer> answer = subscribers::SignUpAnswer::taken;
  Confirmation found{Confirmation::State::open, {"report"}, "en"};
  int confirmed = 0;
  Instant time{1'700'000'000s};
};

struct SignUpHouse {
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{7, std::string(32, 'k')}});
  std::shared_ptr<FakeRegistrar> registrar = std::make_shared<FakeRegistrar>();
  DoorsOptions options;
  Handler handler;

  SignUpHouse() {
    options.publication = "Tea & Cakes";
    options.language = "en";
    options.sign_up = {{{"report", "Weekly <Report>"}, {"digest", "Digest"}},
                       "https://n.example/subscribe",
                       true,
                       3s,
                       24h,
                       {"throwaway.example"}};
    options.list_names = {{"report", "Weekly <Report>"}};
    open();
  }
  void open() { handler = make_doors(options, keys, {nullptr, nullptr, registrar}).value(); }

  Response ask(const std::string& method, const std::string& path, const std::string& body = "",
               const std::string& language = "en", const std::string& query = "",
               const std::string& type = "application/x-www-form-urlencoded") {
    std::optional<Response> answer;
    handler({method, path, query, language, type, body},
            [&](Response response) { answer = std::move(response); });
    REQUIRE(answer);
    return *answer;
  }
  Response post(const std::string& body) { return ask("POST", "/subscribe", body); }
  /// The signed field of our own form, made so long ago.
  std::string form(std::chrono::seconds age) const {
    const auto at =
        std::chrono::duration_cast<std::chrono::seconds>(registrar->time.time_since_epoch() - age);
    return "&form=" +
           keys->sign(Purpose::sign_up_form,
                      {{}, 0, static_cast<std::uint64_t>(std::chrono::milliseconds(at).count())});
  }
  std::string confirm_path(std::uint64_t context = 7) const {
    return "/confirm/" + keys->sign(Purpose::confirm, {Uid{1}, 0, context});
  }
};

}  // namespace

TEST_CASE("the sign-up page offers the lists, in every language") {
  SignUpHouse house;
  for (const auto& language : templates::built_in_languages()) {
    const auto page = house.ask("GET", "/subscribe", "", language);
    CHECK(page.status == 200);
    CHECK(has(page.body, "<html lang=\"" + language + "\""));
    CHECK(has(page.body, "value=\"report\""));
    CHECK(has(page.body, "Weekly &lt;Report&gt;"));
    CHECK(has(page.body, "name=\"form\" value=\""));
    CHECK_FALSE(has(page.body, "{{"));
  }
  CHECK(has(house.ask("GET", "/subscribe", "", "ar").body, "dir=\"rtl\""));
}

TEST_CASE("a link to the page fills in what it names, and nothing that is no list") {
  SignUpHouse house;
  const auto page = house.ask("GET", "/subscribe", "", "en", "list=digest&list=x&email=a%22b").body;
  CHECK(has(page, "value=\"digest\" checked"));
  CHECK_FALSE(has(page, "value=\"report\" checked"));
  CHECK(has(page, "value=\"a&quot;b\""));
}

TEST_CASE("a sign-up by our own page carries what it agreed to") {
  SignUpHouse house;
  const auto page =
      house.post("email=Ann%40A.example&name=Ann&list=report&website=" + house.form(10s));
  CHECK(page.status == 200);
  CHECK(has(page.body, "Please check your mail"));
  REQUIRE(house.registrar->taken.size() == 1);
  const auto& [sign_up, own] = house.registrar->taken[0];
  CHECK(own);
  CHECK(sign_up.address.str() == "Ann@a.example");
  CHECK(sign_up.name == "Ann");
  CHECK(sign_up.lists == std::vector<std::string>{"report"});
  CHECK(has(sign_up.consent.how, "You agree to get Tea & Cakes by e-mail"));
  CHECK(sign_up.consent.where == "https://n.example/subscribe");
}

TEST_CASE("a form that came too fast, too late or without our signature counts as a plain one") {
  SignUpHouse house;
  for (const auto& form : {house.form(1s), house.form(25h), house.form(-60s), std::string(),
                           std::string("&form=forged")}) {
    house.registrar->taken.clear();
    CHECK(house.post("email=ann@a.example&list=report" + form).status == 200);
    REQUIRE(house.registrar->taken.size() == 1);
    CHECK_FALSE(house.registrar->taken[0].own_form);
  }
}

TEST_CASE("where plain forms are not taken, the page asks for one more try") {
  SignUpHouse house;
  house.options.sign_up.plain_forms = false;
  house.open();
  const auto page = house.post("email=ann@a.example&list=report");
  CHECK(page.status == 400);
  CHECK(has(page.body, "send it once more"));
  CHECK(house.registrar->taken.empty());
  CHECK(house.post("email=ann@a.example&list=report" + house.form(5s)).status == 200);
}

TEST_CASE(
    "a program that fills the field nobody sees gets the usual answer, and nothing comes of it") {
  SignUpHouse house;
  const auto page = house.post("email=ann@a.example&list=report&website=x" + house.form(10s));
  CHECK(page.status == 200);
  CHECK(page.body == house.post("email=ann@a.example&list=report" + house.form(10s)).body);
  CHECK(house.registrar->taken.size() == 1);
}

TEST_CASE("what is missing or wrong is told beside its field, and what was typed stays") {
  SignUpHouse house;
  const auto told = [&](const std::string& body) {
    const auto page = house.post(body);
    CHECK(page.status == 400);
    CHECK(house.registrar->taken.empty());
    return page.body;
  };
  CHECK(has(told("list=report"), "Please enter your e-mail address."));
  const auto bad = told("email=%3Cscript%3E&name=Ann&list=digest");
  CHECK(has(bad, "aria-describedby=\"email_problem\" aria-invalid=\"true\""));
  CHECK(has(bad, "value=\"&lt;script&gt;\""));
  CHECK(has(bad, "value=\"Ann\""));
  CHECK(has(bad, "value=\"digest\" checked"));
  CHECK(has(told("email=a@throwaway.example&list=report"), "this provider"));
  CHECK(has(told("email=a@mail.throwaway.example&list=report"), "this provider"));
  CHECK(has(told("email=a@b.example"), "choose at least one"));
  CHECK(has(told("email=a@b.example&list=secret"), "choose at least one"));
  CHECK(has(told("email=a@b.example&list=report&name=http://evil.example"), "without a web"));
  CHECK(has(told("email=a@b.example&list=report&name=" + std::string(201, 'x')), "too long"));
}

TEST_CASE("the focus is at the first fault, and only there") {
  SignUpHouse house;
  for (const auto& [body, first] :
       {std::pair{"email=x&name=a@b.example", "<fieldset aria-describedby=\"list_problem\""},
        std::pair{"email=x&list=report&name=a@b.example", "<input id=\"email\""},
        std::pair{"email=a@b.example&list=report&name=a@b.example", "<input id=\"name\""}}) {
    CAPTURE(body);
    const auto page = house.post(body).body;
    const auto focus = page.find(" autofocus");
    REQUIRE(focus != page.npos);
    CHECK(page.find(" autofocus", focus + 1) == page.npos);
    CHECK(page.substr(page.rfind('<', focus)).starts_with(first));
  }
  CHECK_FALSE(has(house.ask("GET", "/subscribe").body, " autofocus"));
}

TEST_CASE("the only list need not be named") {
  SignUpHouse house;
  house.options.sign_up.offers.resize(1);
  house.open();
  CHECK(house.post("email=a@b.example").status == 200);
  CHECK(house.post("email=a@b.example&list=secret").status == 400);
}

TEST_CASE("without a public list there is no sign-up") {
  SignUpHouse house;
  house.options.sign_up.offers.clear();
  house.open();
  CHECK(house.ask("GET", "/subscribe").status == 404);
  CHECK(house.post("email=a@b.example&list=report").status == 404);
}

TEST_CASE("a sign-up of another type than a form's is told what is wanted") {
  SignUpHouse house;
  for (const auto* type : {"multipart/form-data; boundary=x", "application/json", ""}) {
    const auto answer =
        house.ask("POST", "/subscribe", "email=a@b.example&list=report", "en", "", type);
    CHECK(answer.status == 415);
    CHECK(answer.body == "A sign-up is a form of the type application/x-www-form-urlencoded.\n");
  }
  const auto* spelt = "Application/X-WWW-Form-URLencoded; charset=UTF-8";
  CHECK(house.ask("POST", "/subscribe", "email=a@b.example&list=report", "en", "", spelt).status ==
        200);
  CHECK(house.registrar->taken.size() == 1);
}

TEST_CASE("too many sign-ups, or a disk that cannot be written, are told") {
  SignUpHouse house;
  house.options.sign_up.per_network = {60, 1h};
  house.options.sign_up.plain_per_network = {7, 1min};
  house.open();
  house.registrar->answer = subscribers::SignUpAnswer::limited;
  const auto page = house.post("email=a@b.example&list=digest&name=Ann");
  CHECK(page.status == 429);
  CHECK(page.retry_after == 9s);
  CHECK(has(page.body, "role=\"alert\">There were too many sign-ups from your network."));
  CHECK(has(page.body, "value=\"a@b.example\""));
  CHECK(has(page.body, "value=\"Ann\""));
  CHECK(has(page.body, "value=\"digest\" checked"));
  CHECK(house.post("email=a@b.example&list=digest" + house.form(10s)).retry_after == 60s);
  house.registrar->answer.reset();
  CHECK(house.post("email=a@b.example&list=report").status == 503);
}

TEST_CASE("a GET of a confirmation shows a button and confirms nobody; a POST confirms") {
  SignUpHouse house;
  const auto page = house.ask("GET", house.confirm_path());
  CHECK(page.status == 200);
  CHECK(has(page.body, "<form method=\"post\"><button"));
  CHECK(has(page.body, "Weekly &lt;Report&gt;"));
  CHECK(house.registrar->confirmed == 0);
  const auto done = house.ask("POST", house.confirm_path());
  CHECK(done.status == 200);
  CHECK(has(done.body, "You are subscribed"));
  CHECK(house.registrar->confirmed == 1);
}

TEST_CASE("a confirmation that is over leads to the sign-up page, if there is one") {
  SignUpHouse house;
  CHECK(has(house.ask("GET", house.confirm_path(8)).body, "<form action=\"../subscribe\">"));
  house.options.sign_up.offers.clear();
  house.open();
  CHECK_FALSE(has(house.ask("GET", house.confirm_path(8)).body, "<form"));
}

TEST_CASE("used, expired and forged confirmations are answered kindly, and change nothing") {
  SignUpHouse house;
  CHECK(house.ask("POST", house.confirm_path(8)).status == 410);
  CHECK(has(house.ask("GET", house.confirm_path(8)).body, "sign up once more"));
  CHECK(house.ask("POST", "/confirm/forged").status == 404);
  const auto other = house.keys->sign(Purpose::unsubscribe, {Uid{1}, 0, 7});
  CHECK(house.ask("POST", "/confirm/" + other).status == 404);
  house.registrar->found.state = Confirmation::State::done;
  CHECK(has(house.ask("POST", house.confirm_path()).body, "You are subscribed"));
  CHECK(house.registrar->confirmed == 0);
}
