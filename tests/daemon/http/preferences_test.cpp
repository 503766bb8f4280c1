#include "daemon/http/doors/preferences.h"

#include <doctest/doctest.h>

#include "base/time_zone.h"
#include "daemon/http/door.h"
#include "daemon/http/doors/change_address.h"
#include "daemon/http/doors/erase.h"
#include "daemon/http/fake_profiles.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::daemon::http;
using test::has;

namespace {

using ListKeys = std::set<std::string>;

struct PreferencesHouse {
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{7, std::string(32, 'k')}});
  std::shared_ptr<const Premises> premises =
      std::make_shared<const Premises>(Premises{Pages::load("Tea", "en", {}).value(), keys});
  std::shared_ptr<test::FakeProfiles> profiles = std::make_shared<test::FakeProfiles>();
  std::unique_ptr<const Door> preferences = make_preferences_door(premises, profiles);
  std::unique_ptr<const Door> change_address = make_change_address_door(premises, profiles);
  std::unique_ptr<const Door> erase = make_erase_door(premises, profiles);

  Response ask(const Door& door, const std::string& token, const std::string& method,
               const std::string& body = "") const {
    std::optional<Response> answer;
    const Request request{method, "", "", "fr", "application/x-www-form-urlencoded", body};
    door.answer({request, token, parse_ip("192.0.2.7")},
                [&](Response response) { answer = std::move(response); });
    REQUIRE(answer);
    return *answer;
  }
  std::string token(Purpose purpose, std::uint64_t context = 77) const {
    return keys->sign(purpose, {profiles->uid, 0, context});
  }
  Response get() const { return ask(*preferences, token(Purpose::preferences), "GET"); }
  Response post(const std::string& body) const {
    return ask(*preferences, token(Purpose::preferences), "POST", body);
  }
  Response change(const std::string& method, std::uint64_t context = 77) const {
    return ask(*change_address, token(Purpose::change_address, context), method);
  }
};

}  // namespace

TEST_CASE("the preference centre shows what is, in the reader's language, and changes nothing") {
  const PreferencesHouse house;
  const auto page = house.get();
  CHECK(page.status == 200);
  CHECK(has(page.body, "<html lang=\"de\""));
  CHECK(has(page.body, "ann@a.example"));
  CHECK(has(page.body, "value=\"Ann &lt;b&gt;\""));
  CHECK(has(page.body, "value=\"report\" checked>"));
  CHECK(has(page.body, "value=\"digest\">"));
  CHECK(has(page.body, "name=\"shown\" value=\"report\">"));
  CHECK(has(page.body, "The &quot;Digest&quot;"));
  CHECK(has(page.body, "value=\"de\" lang=\"de\" selected>Deutsch"));
  CHECK(house.profiles->chosen.empty());
}

TEST_CASE("another door's token does not open it") {
  const PreferencesHouse house;
  for (const auto purpose : {Purpose::unsubscribe, Purpose::resubscribe, Purpose::change_address})
    CHECK(house.ask(*house.preferences, house.token(purpose), "POST", "action=save").status == 404);
  CHECK(house.profiles->chosen.empty());
}

TEST_CASE("what a reader chooses is saved, and the page speaks the chosen language") {
  const PreferencesHouse house;
  const auto page = house.post(
      "action=save&shown=report&list=digest&name=+Ann%0AMiller+&language=ar&time_zone=Europe%"
      "2FBerlin&"
      "paused_until=2026-12-24");
  CHECK(page.status == 200);
  CHECK(has(page.body, "dir=\"rtl\""));
  CHECK(has(page.body, "role=\"status\""));
  REQUIRE(house.profiles->chosen.size() == 1);
  const auto& chosen = house.profiles->chosen.front();
  CHECK(chosen.name == "Ann Miller");
  CHECK(chosen.language == "ar");
  CHECK(chosen.time_zone == "Europe/Berlin");
  CHECK(chosen.joins == ListKeys{"digest"});
  CHECK(chosen.leaves == ListKeys{"report"});
  CHECK(chosen.from == "192.0.2.7");
  CHECK(chosen.issue == 77);
  REQUIRE(chosen.paused_until);
  CHECK(rfc3339(*chosen.paused_until) == "2026-12-23T23:00:00Z");
  CHECK(has(page.body, "value=\"2026-12-24\""));
}

TEST_CASE("a page that is older than what is changes only what was changed on it") {
  const PreferencesHouse house;
  house.profiles->profile->lists[0].on = false;  // left by another way
  house.post("action=save&shown=report&list=report&name=Bea");
  const auto& chosen = house.profiles->chosen.front();
  CHECK(chosen.name == "Bea");
  CHECK(chosen.joins.empty());
  CHECK(chosen.leaves.empty());
  house.post("action=save&shown=report+digest&list=digest");
  CHECK(house.profiles->chosen.back().joins.empty());
  CHECK(house.profiles->chosen.back().leaves == ListKeys{"report"});
}

TEST_CASE("what a form does not name stays") {
  const PreferencesHouse house;
  house.profiles->profile->paused_until = parse_rfc3339("2026-12-24T15:30:00Z").value();
  house.post("action=save&time_zone=Europe%2FBerlin");
  const auto& chosen = house.profiles->chosen.front();
  CHECK(chosen.name == "Ann <b>");
  CHECK(chosen.language == "de");
  CHECK(chosen.paused_until);
  CHECK(chosen.joins.empty());
  CHECK(chosen.leaves.empty());
  house.post("action=save&list=digest");
  CHECK(house.profiles->chosen.back().time_zone == "Europe/Berlin");
  CHECK(house.profiles->chosen.back().joins == ListKeys{"digest"});
  CHECK(house.profiles->chosen.back().leaves.empty());
}

TEST_CASE("a faulty form comes back with its boxes, and with what was shown first") {
  const PreferencesHouse house;
  const auto page = house.post("action=save&shown=report&list=digest&time_zone=Mars%2FBase").body;
  CHECK(has(page, "name=\"shown\" value=\"report\">"));
  CHECK(has(page, "value=\"digest\" checked>"));
  CHECK_FALSE(has(page, "value=\"report\" checked>"));
}

TEST_CASE("a day is the publication's where the reader's time zone is unknown") {
  const PreferencesHouse house;
  house.post("action=save&paused_until=2026-12-24");
  REQUIRE(house.profiles->chosen.size() == 1);
  CHECK(rfc3339(*house.profiles->chosen.front().paused_until) == "2026-12-24T05:00:00Z");
}

TEST_CASE("a pause that somebody set to the hour is not moved by saving the page") {
  const PreferencesHouse house;
  house.profiles->profile->paused_until = parse_rfc3339("2026-12-24T15:30:00Z").value();
  house.post("action=save&paused_until=2026-12-24");
  CHECK(rfc3339(*house.profiles->chosen.front().paused_until) == "2026-12-24T15:30:00Z");
  house.post("action=save&paused_until=");
  CHECK_FALSE(house.profiles->chosen.back().paused_until);
}

TEST_CASE("what cannot be saved is told beside its field, and nothing is changed") {
  const PreferencesHouse house;
  for (const auto& [field, told, typed] :
       {std::tuple{"time_zone=Mars%2FBase", "id=\"time_zone_problem\"", "Mars/Base"},
        std::tuple{"time_zone=..%2Fetc%2Fpasswd", "id=\"time_zone_problem\"", "../etc/passwd"},
        std::tuple{"paused_until=yesterday", "id=\"pause_problem\"", "yesterday"},
        std::tuple{"paused_until=2026-11-01", "id=\"pause_problem\"", "2026-11-01"},
        std::tuple{"paused_until=2999-01-01", "id=\"pause_problem\"", "2999-01-01"},
        std::tuple{"paused_until=2026-13-41", "id=\"pause_problem\"", "2026-13-41"}}) {
    CAPTURE(field);
    const auto page = house.post("action=save&name=Bea&" + std::string(field));
    CHECK(page.status == 422);
    CHECK(has(page.body, told));
    CHECK(has(page.body, "aria-invalid=\"true\" autofocus"));
    CHECK(has(page.body, "value=\"Bea\""));
    CHECK(has(page.body, std::string("value=\"") + typed + "\""));
  }
  CHECK(house.profiles->chosen.empty());
}

TEST_CASE("what a stranger types comes back as text") {
  const PreferencesHouse house;
  CHECK_FALSE(has(house.post("action=save&time_zone=%22%3E%3Cscript%3E").body, "<script"));
  CHECK_FALSE(has(house.post("action=address&email=%22%3E%3Cscript%3E").body, "<script"));
}

TEST_CASE("a language that there are no pages in stays, as long as none is chosen instead") {
  const PreferencesHouse house;
  house.profiles->profile->language = "pt-BR";
  CHECK(has(house.get().body, "value=\"pt-BR\" lang=\"pt-BR\" selected>"));
  house.post("action=save&language=pt-BR");
  house.post("action=save&language=xx");
  house.post("action=save&language=");
  CHECK(house.profiles->chosen[0].language == "pt-BR");
  CHECK(house.profiles->chosen[1].language == "pt-BR");
  CHECK(house.profiles->chosen[2].language.empty());
}

TEST_CASE("a POST that is no form of the page's changes nothing, and says so") {
  const PreferencesHouse house;
  for (const auto* body : {"", "action=steal", "name=Bea", "action=save&name=%ff",
                           "action=save&list=nope", "action=save&shown=report&list=nope"}) {
    CAPTURE(body);
    const auto page = house.post(body);
    CHECK(page.status == 400);
    CHECK(has(page.body, "role=\"alert\">Noch wurde nichts gespeichert. Bitte lesen Sie"));
    CHECK(has(page.body, "value=\"report\" checked>"));
  }
  CHECK(house.profiles->chosen.empty());
}

TEST_CASE("the data come as a file") {
  const PreferencesHouse house;
  const auto answer = house.post("action=export");
  CHECK(answer.content_type == "application/json");
  CHECK(answer.file_name == "my-data.json");
  CHECK(has(answer.body, "ann@a.example"));
}

TEST_CASE("another address is asked first, and what is none is told") {
  const PreferencesHouse house;
  CHECK(house.post("action=address&email=ann%40new.example").status == 200);
  CHECK(house.profiles->asked == std::vector<std::string>{"ann@new.example"});
  for (const auto* email : {"", "ann", "j%C3%B6rg%40a.example", "a%40b%40c"}) {
    CAPTURE(email);
    CHECK(house.post("action=address&email=" + std::string(email)).status == 422);
  }
  CHECK(house.profiles->asked.size() == 1);
}

TEST_CASE("erasure is asked about by mail first") {
  const PreferencesHouse house;
  CHECK(house.post("action=erase").status == 200);
  CHECK(house.profiles->erasures_asked == 1);
}

TEST_CASE("a reader is erased by the button of the mail's link, not by following it") {
  const PreferencesHouse house;
  const auto link = house.token(Purpose::erase);
  CHECK(has(house.ask(*house.erase, link, "GET").body, "<form"));
  CHECK(house.profiles->profile);
  CHECK(house.ask(*house.erase, house.token(Purpose::erase, 78), "POST").status == 410);
  CHECK(house.ask(*house.erase, house.token(Purpose::preferences), "POST").status == 404);
  CHECK(house.profiles->profile);
  house.profiles->writable = false;
  CHECK(house.ask(*house.erase, link, "POST").status == 503);
  house.profiles->writable = true;
  const auto page = house.ask(*house.erase, link, "POST");
  CHECK(page.status == 200);
  CHECK(has(page.body, "<html lang=\"de\""));
  CHECK_FALSE(house.profiles->profile);
  CHECK(house.ask(*house.erase, link, "POST").status == 404);
}

TEST_CASE("what cannot be written now is said so") {
  const PreferencesHouse house;
  house.profiles->writable = false;
  CHECK(house.post("action=save").status == 503);
  house.profiles->why = "full";
  CHECK(house.post("action=erase").status == 503);
  CHECK(house.profiles->erasures_asked == 0);
}

TEST_CASE("the new address confirms by a button, once") {
  const PreferencesHouse house;
  const auto page = house.change("GET");
  CHECK(page.status == 200);
  CHECK(has(page.body, "ann@new.example"));
  CHECK(has(page.body, "<button"));
  CHECK(house.profiles->taken.empty());
  CHECK(has(house.change("POST").body, "role=\"status\""));
  CHECK(house.change("POST").status == 200);
  CHECK(house.profiles->taken.size() == 1);
}

TEST_CASE("a confirmation that is too old, or whose address is gone, is over") {
  const PreferencesHouse house;
  CHECK(house.change("POST", 78).status == 410);
  house.profiles->new_address.reset();
  CHECK(house.change("GET").status == 410);
  CHECK(house.profiles->taken.empty());
}
