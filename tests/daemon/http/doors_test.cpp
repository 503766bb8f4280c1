#include "daemon/http/doors.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/text.h"
#include "daemon/http/fake_profiles.h"
#include "support/temporary_folder.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::daemon::http;
using test::has;

namespace {

class FakeMembers final : public Members {
 public:
  std::optional<Member> find(const TokenClaims& claims) override {
    if (broken) throw std::runtime_error("the disk is gone");
    const auto found = members.find(claims.list);
    return found == members.end() ? std::nullopt : std::optional(found->second);
  }
  void leave(const Leaving& leaving, Left done) override {
    if (broken) return done(false, {});
    const auto found = members.find(leaving.claims.list);
    if (found == members.end()) return done(true, {});
    auto& member = found->second;
    if (writable && (member.subscribed || (leaving.all && member.on_others))) {
      left.push_back(leaving.claims);
      last = leaving;
      member.subscribed = false;
      member.left_at = time;
      member.left_several = leaving.all;
      if (leaving.all) member.on_others = false;
    }
    if (patient) return waiting.push_back([done, member] { done(true, member); });
    done(writable, writable ? std::optional(member) : std::nullopt);
  }
  Instant now() override { return time; }
  std::optional<Returning> find_return(const TokenClaims& claims) override {
    returns.push_back(claims);
    return way;
  }
  void come_back(const TokenClaims& claims, Done done) override {
    back.push_back(claims);
    if (writable) way->way = WayBack::taken;
    done(writable);
  }
  std::string trouble() override { return why; }

  std::map<std::uint64_t, Member> members{{1, {"Weekly <b>& \"more\"</b>", "de"}},
                                          {2, {"Monthly", ""}}};
  std::vector<TokenClaims> left;
  Leaving last;
  Instant time{std::chrono::seconds(1'000'000)};
  std::optional<Returning> way = Returning{"", WayBack::open};
  std::vector<TokenClaims> returns;
  std::vector<TokenClaims> back;
  std::vector<std::function<void()>> waiting;
  std::string why;
  bool writable = true;
  bool patient = false;
  bool broken = false;
};

struct DoorHouse {
  std::shared_ptr<const TokenKeys> keys = std::make_shared<TokenKeys>(
      std::vector<TokenKeys::Key>{{7, std::string(32, 'k')}, {6, std::string(32, 'o')}});
  std::shared_ptr<FakeMembers> fake = std::make_shared<FakeMembers>();
  FakeMembers& members = *fake;
  std::shared_ptr<test::FakeProfiles> profiles = std::make_shared<test::FakeProfiles>();
  test::TemporaryFolder theme;
  Handler handler = make_doors({"Tea & Cakes", "en", theme.path()}, keys, {fake, profiles}).value();

  Response ask(const Request& request) {
    std::optional<Response> answer;
    handler(request, [&](Response response) {
      CHECK_FALSE(answer);
      answer = std::move(response);
    });
    REQUIRE(answer);
    return *answer;
  }
  Response get(const std::string& path, const std::string& accept_language = "en") {
    return ask({"GET", path, "", accept_language, "", ""});
  }
  Response post(const std::string& path, const std::string& type = "",
                const std::string& body = "") {
    return ask({"POST", path, "", "en", type, body});
  }
  Response post_form(const std::string& path, const std::string& body) {
    return post(path, "application/x-www-form-urlencoded", body);
  }
  /// The way back that a page offers; empty: none.
  static std::string undo_on(const Response& page) {
    const auto at = page.body.find("../resubscribe/");
    return at == std::string::npos ? "" : page.body.substr(at + 2, 13 + 68);
  }
  std::string door(std::uint64_t list, Purpose purpose = Purpose::unsubscribe) const {
    return "/unsubscribe/" + keys->sign(purpose, {Uid{1, 2, 3}, list, 9});
  }
};

/// What a page shows that offers the button.
bool has_button(const Response& page) {
  return has(page.body, "<form") && has(page.body, "method=\"post\"") && has(page.body, "<button");
}

}  // namespace

TEST_CASE("a GET shows a button and unsubscribes nobody") {
  DoorHouse house;
  for (int i = 0; i < 3; ++i) {
    const auto page = house.get(house.door(2));
    CHECK(page.status == 200);
    CHECK(page.content_type == "text/html; charset=utf-8");
    CHECK(has_button(page));
    CHECK(has(page.body, "Monthly"));
    CHECK(has(page.body, "Tea &amp; Cakes"));
    CHECK_FALSE(has(page.body, "<script"));
  }
  CHECK(house.members.left.empty());
}

TEST_CASE("the button's form goes back to the very path, wherever a proxy has put it") {
  DoorHouse house;
  const auto page = house.get(house.door(2)).body;
  CHECK_FALSE(has(page, "action=\"/"));
  CHECK_FALSE(has(page, "action=\"http"));
}

TEST_CASE("a POST unsubscribes at once, whatever its body") {
  for (const auto& [type, body] : std::vector<std::pair<std::string, std::string>>{
           {"application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"},
           {"multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
            "One-Click\r\n--x--\r\n"},
           {"application/x-www-form-urlencoded", ""},
           {"", ""},
           {"text/plain", std::string("\0\xff<script>", 10)}}) {
    CAPTURE(type);
    DoorHouse house;
    const auto page = house.post(house.door(2), type, body);
    CHECK(page.status == 200);
    CHECK(has(page.body, "You will get no more e-mails of Monthly"));
    CHECK_FALSE(has(page.body, "<script"));
    REQUIRE(house.members.left.size() == 1);
    CHECK(house.members.left.front() == TokenClaims{Uid{1, 2, 3}, 2, 9});
  }
}

TEST_CASE("leaving twice is leaving once") {
  DoorHouse house;
  const auto first = house.post(house.door(2));
  const auto second = house.post(house.door(2));
  CHECK(second.status == 200);
  CHECK(second.body == first.body);
  CHECK(house.get(house.door(2)).body == first.body);
  CHECK(house.members.left.size() == 1);
}

TEST_CASE("doors stand below the path of base_url, whether a proxy takes it off or not") {
  DoorHouse house;
  house.handler = make_doors({"Tea", "en", house.theme.path(), "/news"}, house.keys,
                             {house.fake, house.profiles})
                      .value();
  CHECK(house.get(house.door(2)).status == 200);
  CHECK(house.get("/news" + house.door(2)).status == 200);
  CHECK(house.get("/news/healthz").status == 200);
  for (const std::string path : {"/news", "/news/", "/newsy/healthz", "/news/news/healthz"})
    CHECK(house.get(path).status == 404);
}

TEST_CASE("a reader of several lists is asked which to leave, one of a single list is not") {
  DoorHouse house;
  CHECK_FALSE(has(house.get(house.door(2)).body, "scope"));
  house.members.members.at(2).on_others = true;
  CHECK(has(house.get(house.door(2)).body, "name=\"scope\" value=\"all\""));
  const auto page = house.post_form(house.door(2), "scope=all");
  CHECK(house.members.last.all);
  CHECK(has(page.body, "no more e-mails of Tea &amp; Cakes"));
}

TEST_CASE("a one-click sender leaves the one list, whatever other lists there are") {
  DoorHouse house;
  house.members.members.at(2).on_others = true;
  house.post_form(house.door(2), "List-Unsubscribe=One-Click");
  CHECK_FALSE(house.members.last.all);
}

TEST_CASE("who left one list may leave the others from the page after it") {
  DoorHouse house;
  house.members.members.at(2).on_others = true;
  CHECK(has(house.post(house.door(2)).body, "name=\"scope\" value=\"all\""));
  const auto page = house.post_form(house.door(2), "scope=all");
  CHECK(house.members.left.size() == 2);
  CHECK_FALSE(has(page.body, "value=\"all\""));
}

TEST_CASE("a reason is kept in the reader's words, on one line and within bounds") {
  DoorHouse house;
  house.post_form(house.door(2), "reason=+too%0D%0Amany+%3Cb%3E+");
  CHECK(house.members.last.reason == "too  many <b>");
  DoorHouse other;
  other.post_form(other.door(2), "reason=" + std::string(3000, 'x'));
  CHECK(other.members.last.reason.size() == 1000);
}

TEST_CASE("a form that no browser sends still unsubscribes") {
  DoorHouse house;
  CHECK(house.post_form(house.door(2), "reason=%ff&scope=%zz").status == 200);
  CHECK(house.members.left.size() == 1);
  CHECK(house.members.last.reason.empty());
}

TEST_CASE("leaving can be taken back for an hour, by a form with a token of its own") {
  DoorHouse house;
  const auto undo = DoorHouse::undo_on(house.post(house.door(2)));
  REQUIRE_FALSE(undo.empty());
  CHECK(house.post("/unsubscribe/" + undo.substr(13)).status == 404);
  const auto page = house.get(undo);
  CHECK(page.status == 200);
  CHECK(has_button(page));
  CHECK(house.members.back.empty());
  const auto back = house.post(undo);
  CHECK(back.status == 200);
  CHECK_FALSE(has_button(back));
  REQUIRE(house.members.back.size() == 1);
  CHECK(house.members.back.front() == TokenClaims{Uid{1, 2, 3}, 2, 1'000'000 + 3600});
  CHECK(house.post(undo).body == back.body);
  CHECK(house.members.back.size() == 1);
}

TEST_CASE("after an hour the way back is neither offered nor open") {
  DoorHouse house;
  const auto undo = DoorHouse::undo_on(house.post(house.door(2)));
  house.members.time += std::chrono::hours(1);
  CHECK(DoorHouse::undo_on(house.get(house.door(2))).empty());
  CHECK(house.post(undo).status == 410);
  CHECK(house.get(undo).status == 410);
  CHECK(house.members.back.empty());
}

TEST_CASE("leaving all lists is taken back for all of them") {
  DoorHouse house;
  house.members.members.at(2).on_others = true;
  house.post(DoorHouse::undo_on(house.post_form(house.door(2), "scope=all")));
  REQUIRE(house.members.back.size() == 1);
  CHECK(house.members.back.front().list == 0);
}

TEST_CASE("where something else has happened since, there is no way back") {
  DoorHouse house;
  const auto undo = DoorHouse::undo_on(house.post(house.door(2)));
  house.members.way->way = WayBack::closed;
  CHECK(house.post(undo).status == 410);
  house.members.way.reset();
  CHECK(house.post(undo).status == 404);
  CHECK(house.members.back.empty());
}

TEST_CASE("coming back that cannot be written is said so") {
  DoorHouse house;
  const auto undo = DoorHouse::undo_on(house.post(house.door(2)));
  house.members.writable = false;
  CHECK(house.post(undo).status == 503);
  house.members.why = "full";
  CHECK(house.post(undo).status == 503);
}

TEST_CASE("a token of a retired key still opens") {
  DoorHouse house;
  const TokenKeys retired({{6, std::string(32, 'o')}});
  const auto token = retired.sign(Purpose::unsubscribe, {Uid{1, 2, 3}, 2, 9});
  CHECK(house.get("/unsubscribe/" + token).status == 200);
}

TEST_CASE("whatever is no token of this door gets 404 and changes nothing") {
  DoorHouse house;
  const auto good = house.door(2);
  const auto other = house.door(1);
  std::vector<std::string> paths{"/unsubscribe/",
                                 "/unsubscribe",
                                 "/unsubscribe//",
                                 "/unsubscribe/" + inert_token(),
                                 house.door(2, Purpose::message_id),
                                 house.door(3),
                                 good.substr(0, good.size() - 1),
                                 good + "A",
                                 good + "=",
                                 good + "/",
                                 good + "%00",
                                 "/unsubscribe//" + good.substr(13),
                                 "/Unsubscribe/" + good.substr(13),
                                 good.substr(0, 50) + other.substr(50),
                                 other.substr(0, 50) + good.substr(50),
                                 "/unsubscribe/" + std::string(68, 'A'),
                                 "/unsubscribe/%3Cscript%3E",
                                 "/unsubscribe/<script>alert(1)</script>",
                                 "/unsubscribe/../healthz",
                                 "/",
                                 "/favicon.ico",
                                 "/healthz/",
                                 "/admin/"};
  const TokenKeys forger({{7, std::string(32, 'f')}});
  paths.push_back("/unsubscribe/" + forger.sign(Purpose::unsubscribe, {Uid{1, 2, 3}, 2, 9}));
  for (const auto& path : paths) {
    CAPTURE(path);
    CHECK(house.get(path).status == 404);
    const auto page = house.post(path, "application/x-www-form-urlencoded", "<script>");
    CHECK(page.status == 404);
    CHECK_FALSE(has(page.body, "script"));
    CHECK(page.body == house.get("/").body);
  }
  CHECK(house.members.left.empty());
}

TEST_CASE("every changed octet of a token is noticed") {
  DoorHouse house;
  const auto good = house.door(2);
  for (std::size_t i = 13; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK(house.post(bad).status == 404);
  }
  CHECK(house.members.left.empty());
}

TEST_CASE("other methods are told which there are") {
  DoorHouse house;
  for (const std::string method : {"PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "post", "BREW"}) {
    CAPTURE(method);
    const auto answer = house.ask({method, house.door(2), "", "", "", ""});
    CHECK(answer.status == 405);
    CHECK(answer.allow == "GET, HEAD, POST");
    CHECK(house.ask({method, "/healthz", "", "", "", ""}).allow == "GET, HEAD");
  }
  CHECK(house.post("/healthz").status == 405);
  CHECK(house.members.left.empty());
}

TEST_CASE("what cannot be written now is said so, and can be tried again") {
  DoorHouse house;
  SUBCASE("as the write fails") { house.members.writable = false; }
  SUBCASE("as is known beforehand") { house.members.why = "database or disk is full"; }
  const auto page = house.post(house.door(2));
  CHECK(page.status == 503);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK_FALSE(has(page.body, "disk"));
  house.members.writable = true;
  house.members.why.clear();
  CHECK(house.post(house.door(2)).status == 200);
  CHECK_FALSE(house.members.members.at(2).subscribed);
}

TEST_CASE("a database that cannot be read is 503, not the end") {
  DoorHouse house;
  house.members.broken = true;
  CHECK(house.get(house.door(2)).status == 503);
  CHECK(house.post(house.door(2)).status == 503);
  house.members.broken = false;
  CHECK(house.get(house.door(2)).status == 200);
}

TEST_CASE("the answer waits for the disk, and outlives a reload of the doors") {
  DoorHouse house;
  house.members.patient = true;
  std::optional<Response> answer;
  house.handler({"POST", house.door(2), "", "", "", ""},
                [&](Response response) { answer = std::move(response); });
  CHECK_FALSE(answer);
  house.handler = nullptr;
  // What waits holds the doors, and thereby those whom it waits for.
  std::exchange(house.members.waiting, {}).front()();
  REQUIRE(answer);
  CHECK(answer->status == 200);
}

TEST_CASE("a list's name is text, not HTML") {
  DoorHouse house;
  const auto page = house.get(house.door(1)).body;
  CHECK(has(page, "Weekly &lt;b&gt;&amp; &quot;more&quot;&lt;/b&gt;"));
  CHECK_FALSE(has(page, "<b>"));
}

TEST_CASE("the language is the reader's own, then the browser's, then the publication's") {
  DoorHouse house;
  const auto speaks = [](const Response& page, const std::string& language) {
    return has(page.body, "<html lang=\"" + language + "\"");
  };
  CHECK(speaks(house.get(house.door(1), "fr"), "de"));
  CHECK(speaks(house.get(house.door(2), "fr-CA, en;q=0.5"), "fr"));
  CHECK(speaks(house.get(house.door(2), "it"), "en"));
  CHECK(speaks(house.get(house.door(2), ""), "en"));
  CHECK(speaks(house.get("/nothing", "ru"), "ru"));
  house.members.members.at(2).language = "xx";
  CHECK(speaks(house.get(house.door(2), "zh-CN"), "zh"));
}

TEST_CASE("seven languages have pages of their own, each in its direction") {
  DoorHouse house;
  std::map<std::string, std::string> seen;
  for (const std::string language : {"en", "de", "fr", "es", "ru", "zh", "ar"}) {
    CAPTURE(language);
    house.members.members.at(2) = {"Monthly", language};
    const auto page = house.get(house.door(2)).body;
    CHECK(is_utf8(page));
    CHECK(has(page, language == "ar" ? "dir=\"rtl\"" : "dir=\"ltr\""));
    CHECK_FALSE(has(page, "{{"));
    CHECK(seen.emplace(page.substr(page.find("<body")), language).second);
  }
}

TEST_CASE("a theme's own page takes the built-in one's place") {
  DoorHouse house;
  house.theme.write("unsubscribe.html.mustache",
                    "<form method=\"post\"><button>{{list.name}}!</button></form>");
  house.handler =
      make_doors({"Tea", "en", house.theme.path()}, house.keys, {house.fake, house.profiles})
          .value();
  CHECK(has(house.get(house.door(2)).body, "<button>Monthly!</button>"));
}

TEST_CASE("a faulty override is an error with its place") {
  DoorHouse house;
  house.theme.write("unsubscribe.html.mustache", "fine\n{{#words}}\n");
  const auto doors =
      make_doors({"Tea", "en", house.theme.path()}, house.keys, {house.fake, house.profiles});
  REQUIRE_FALSE(doors);
  CHECK(has(to_string(doors.error().front()), "unsubscribe.html.mustache:2"));
}

TEST_CASE("health is said to machines") {
  DoorHouse house;
  const auto well = house.get("/healthz");
  CHECK(well.status == 200);
  CHECK(well.content_type == "application/json");
  CHECK(nlohmann::json::parse(well.body) == nlohmann::json{{"status", "ok"}});
  house.members.why = "disk \"full\"\n\xff";
  const auto ill = house.get("/healthz");
  CHECK(ill.status == 503);
  const auto said = nlohmann::json::parse(ill.body);
  CHECK(said["status"] == "trouble");
  CHECK(has(said["reason"].get<std::string>(), "disk \"full\"\n"));
}

TEST_CASE("the pages can be written out to be looked at") {
  const char* const out = std::getenv("POSTRIDER_PAGES_OUT");
  if (!out) return;
  DoorHouse house;
  for (const std::string language : {"en", "de", "fr", "es", "ru", "zh", "ar"}) {
    const auto write = [&](const std::string& name, const Response& page) {
      std::ofstream(std::filesystem::path(out) / (name + "." + language + ".html")) << page.body;
    };
    house.members.members.at(2) = {"The Monthly Report", language};
    write("unsubscribe", house.get(house.door(2)));
    house.members.why = "full";
    write("try_later", house.post(house.door(2)));
    house.members.why.clear();
    write("unsubscribed", house.post(house.door(2)));
    write("not_found", house.get("/", language));
  }
}

TEST_CASE("a webhook is for POST alone, and not there without its provider") {
  struct FakeWebhooks final : Webhooks {
    bool has(std::string_view provider) const override { return provider == "ses"; }
    void tell(std::string_view provider, const Request& request, Answer answer) override {
      told.push_back(std::string(provider) + " " + request.body);
      answer(status);
    }
    int status = 200;
    std::vector<std::string> told;
  };
  DoorHouse house;
  CHECK(house.post("/webhooks/ses").status == 404);
  const auto webhooks = std::make_shared<FakeWebhooks>();
  DoorsOptions options{"Tea & Cakes", "en", house.theme.path()};
  options.base_path = "/news";
  house.handler =
      make_doors(options, house.keys,
                 {.members = house.fake, .profiles = house.profiles, .webhooks = webhooks})
          .value();
  CHECK(house.post("/webhooks/ses", "text/plain", "{}").status == 200);
  CHECK(house.post("/news/webhooks/ses", "text/plain", "[]").status == 200);
  CHECK(webhooks->told == std::vector<std::string>{"ses {}", "ses []"});
  for (const auto* const path : {"/webhooks/", "/webhooks/sendgrid", "/webhooks/ses/", "/webhooks"})
    CHECK(house.post(path).status == 404);
  const auto wrong = house.get("/webhooks/ses");
  CHECK(wrong.status == 405);
  CHECK(wrong.allow == "POST");
  for (const int status : {400, 403, 413, 503}) {
    webhooks->status = status;
    const auto answer = house.post("/webhooks/ses");
    CHECK(answer.status == status);
    CHECK(answer.body.empty());
  }
}
