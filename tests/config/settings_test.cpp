#include "config/settings.h"

#include <doctest/doctest.h>

#include "config/sample_newsletter.h"
#include "support/certificate.h"
#include "support/text.h"
#include "support/variable.h"

using namespace postrider;
using namespace postrider::test;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// Makes a folder the current one for a test.
class Inside {
 public:
  explicit Inside(const std::filesystem::path& folder) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
  }
  ~Inside() { std::filesystem::current_path(before_); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  std::filesystem::path before_;
};

config::Settings loaded(std::string_view text) {
  auto settings = load(text);
  CAPTURE(settings ? "" : listing(settings.error()));
  REQUIRE(settings);
  return *settings;
}

config::Relay relay(std::string_view url_line) { return loaded(with_line(11, url_line)).relays[0]; }

}  // namespace

TEST_CASE("relays, domains and providers may have limits") {
  const auto settings = loaded(
      with_line(12,
                "rate = \"500/h\"\npriority = 2\n[[relay]]\nname = \"slow\"\nurl = \"file:b\"\n"
                "domains = [\"Slow.example\", \"bücher.example\"]\n[domains.\"GMAIL.com\"]\n"
                "connections = 10\nrate = \"20/s\"\n[pacing]\nproviders = [\"yahoo\"]"));
  CHECK(settings.relays[0].rate == Rate{500, hours(1)});
  CHECK(settings.relays[0].priority == 2);
  CHECK(settings.relays[0].domains.empty());
  CHECK_FALSE(settings.relays[1].rate);
  CHECK(settings.relays[1].domains ==
        std::vector<std::string>{"slow.example", "xn--bcher-kva.example"});
  CHECK(settings.domains[0].name == "gmail.com");
  CHECK(settings.domains[0].connections == 10);
  CHECK(settings.domains[0].rate == Rate{20, std::chrono::seconds(1)});
  CHECK(settings.pacing.providers == std::vector<std::string>{"yahoo"});
}

TEST_CASE("what is not written has its default") {
  const auto settings = loaded(R"([publication]
name = "The Report"
from = "joe@report.example"
base_url = "https://news.report.example/"
postal_address = "PO Box 1"
[lists.report]
[[relay]]
url = "file:outbox"
)");
  CHECK(settings.publication.language == "en");
  CHECK(settings.publication.timezone == "UTC");
  CHECK(settings.publication.max_lateness == hours(24));
  CHECK(settings.publication.undo_window == hours(0));
  CHECK(settings.publication.local_time_missed == MissedHour::at_once);
  CHECK(loaded(with_line(6, "local_time_missed = \"next_day\"")).publication.local_time_missed ==
        MissedHour::next_day);
  CHECK(loaded(with_line(6, "undo_window = \"10m\"")).publication.undo_window ==
        std::chrono::minutes(10));
  CHECK(settings.publication.reply_to.empty());
  CHECK(settings.lists[0].name == "report");
  CHECK(settings.relays[0].name == "primary");
  CHECK(settings.relays[0].connections == 4);
  CHECK(settings.retry.delays ==
        std::vector<Duration>{minutes(1), minutes(5), minutes(20), hours(1), hours(3)});
  CHECK(settings.retry.give_up_after == hours(48));
  CHECK(settings.retry.in_doubt == config::InDoubt::resend);
  CHECK(settings.dkim.domain.empty());
  CHECK(settings.http.listen.empty());
  CHECK(settings.log.level == "info");
}

TEST_CASE("paths start at the file's folder and come out absolute") {
  const TemporaryFolder folder, elsewhere;
  folder.write("postrider.toml", with_line(20, R"([storage]
database = "db/../ledger.db"
drafts = ")" + elsewhere.path().string() + R"("
[log])"));
  const Inside inside(folder.path());
  const auto settings = config::load_settings("postrider.toml");
  REQUIRE(settings);
  const auto here = std::filesystem::current_path();
  CHECK(settings->file == here / "postrider.toml");
  CHECK(settings->folder == here);
  CHECK(settings->storage.database == here / "ledger.db");
  CHECK(settings->storage.drafts == elsewhere.path());
  CHECK(settings->storage.theme == here / "theme");
  CHECK(settings->storage.secrets == here / "secrets");
}

TEST_CASE("the drafts folder has to be there, the theme's need not") {
  const TemporaryFolder folder;
  const auto told = [&](std::string_view storage) {
    const auto settings =
        config::load_settings(folder.write("postrider.toml", with_line(20, storage)));
    return settings ? std::string() : listing(settings.error());
  };
  const auto here = folder.path().string();
  CHECK(told("[storage]\ntheme = \"none\"\ndrafts = \"nope\"\n[log]") ==
        "f:22: storage.drafts: there is no folder " + here + "/nope; make it (mkdir \"" + here +
            "/nope\"), or write the folder you write in\n");
  CHECK(told("[log]").starts_with("f: storage.drafts: there is no folder " + here + "/drafts"));
  folder.write("nope", "a file");
  CHECK(told("[storage]\ndrafts = \"nope\"\n[log]").find("nope is no folder; write the") !=
        std::string::npos);
  std::filesystem::create_directory(folder.path() / "drafts");
  CHECK(told("[log]") == "");
}

TEST_CASE("how long a relay may take is set for each thing it is asked") {
  const auto set = relay(R"(url = "smtp://smtp.example"
connect_timeout = "1s"
command_timeout = "2s"
data_timeout = "3s"
block_timeout = "4s"
answer_timeout = "1h")")
                       .timeouts;
  CHECK(set.connect == std::chrono::seconds(1));
  CHECK(set.command == std::chrono::seconds(2));
  CHECK(set.data == std::chrono::seconds(3));
  CHECK(set.block == std::chrono::seconds(4));
  CHECK(set.answer == hours(1));
}

TEST_CASE("relays are found by their url") {
  const auto smtps = relay("url = \"smtps://SMTP.example\"");
  CHECK(smtps.kind == config::RelayKind::smtps);
  CHECK(smtps.host == "smtp.example");
  CHECK(smtps.port == 465);
  CHECK(relay("url = \"smtp://smtp.example/\"").port == 587);
  CHECK(relay("url = \"smtp://127.0.0.1:2525\"").port == 2525);
  CHECK(relay("url = \"smtp://[::1]:2525\"").host == "[::1]");
  CHECK(relay("url = \"smtp://localhost:2525\"\ntls = \"none\"").tls == config::Tls::none);
  CHECK(relay("url = \"file:/srv/outbox\"").directory == "/srv/outbox");
  CHECK(relay("url = \"file:///srv/outbox\"").directory == "/srv/outbox");
  CHECK(relay("url = \"file:out/box\"").directory.filename() == "box");
  CHECK(relay("url = \"file:out/box\"").directory.is_absolute());
}

TEST_CASE("listening addresses") {
  const auto listen = [](std::string_view line) { return loaded(with_line(17, line)).http; };
  CHECK(listen("listen = \"127.0.0.1:8025\"").host == "127.0.0.1");
  CHECK(listen("listen = \"127.0.0.1:8025\"").port == 8025);
  CHECK(listen("listen = \"[::1]:8025\"").host == "::1");
  CHECK(listen("listen = \"[2001:DB8::192.0.2.1]:8025\"").host == "2001:db8::192.0.2.1");
  CHECK(listen("listen = \"localhost:80\"").port == 80);
  CHECK(listen("listen = \"4u.example:80\"").host == "4u.example");
  CHECK(listen("listen = \"unix:/run/postrider/http.sock\"").unix_path ==
        "/run/postrider/http.sock");
  CHECK(listen("listen = \"unix:http.sock\"").unix_path.is_absolute());
  CHECK(listen("listen = \"\"").host.empty());
}

TEST_CASE("trusted proxies are addresses, networks and the unix socket's peers") {
  const auto http =
      loaded(with_line(17,
                       "listen = \"unix:http.sock\"\n"
                       "trusted_proxies = [\"127.0.0.1\", \"2001:db8::/32\", \"unix\"]"))
          .http;
  CHECK(http.trusted_proxies ==
        std::vector{parse_network("127.0.0.1").value(), parse_network("2001:db8::/32").value()});
  CHECK(http.trusts_unix_peers);
  CHECK_FALSE(loaded(newsletter).http.trusts_unix_peers);
}

TEST_CASE("a certificate and its key are paths from the file's folder") {
  const auto http = loaded(with_line(17,
                                     "listen = \"127.0.0.1:8025\"\ncertificate = "
                                     "\"tls/cert.pem\"\nkey = \"/etc/key.pem\""))
                        .http;
  CHECK(http.certificate.is_absolute());
  CHECK(http.certificate.filename() == "cert.pem");
  CHECK(http.key == "/etc/key.pem");
}

TEST_CASE("the sender's name and domain may be of any script") {
  auto text = with_line(3, "from = \"Jörg <joerg@bücher.example>\"");
  text.replace(text.find("domain = \"report.example\""), 25, "domain = \"xn--bcher-kva.example\"");
  CHECK(loaded(text).publication.from == "Jörg <joerg@bücher.example>");
}

TEST_CASE("base_url loses the slash at its end and keeps its path") {
  CHECK(
      loaded(with_line(4, "base_url = \"HTTPS://News.Example/Letters//\"")).publication.base_url ==
      "https://news.example/Letters");
  CHECK(loaded(with_line(4, "base_url = \"https://[::1]:8443\"")).publication.base_url ==
        "https://[::1]:8443");
}

TEST_CASE("saved segments have any name and are kept with their line") {
  const auto settings =
      loaded(with_line(7,
                       "[segments]\nkz = \"country = 'KZ'\"\nnot-kz = \"not segment('kz')\"\n"
                       "[lists.report]"));
  REQUIRE(settings.segments.size() == 2);
  CHECK(settings.segments[0].name == "kz");
  CHECK(settings.segments[0].expression == "country = 'KZ'");
  CHECK(settings.segments[1].name == "not-kz");
  CHECK(settings.segments[1].line == 9);
  const auto faults = listing(faults_of(
      with_line(7, "[segments]\n\"two words\" = \"age = 1\"\nadults = 18\n[lists.report]")));
  CHECK(faults.find(":8: segments.two words: is no name for a segment") != faults.npos);
  CHECK(faults.find(":9: segments.adults: is a number; write a condition as a text") !=
        faults.npos);
}

TEST_CASE("lists stand in the file's order") {
  const auto settings = loaded(with_line(7, "[lists.zebra]\n[lists.ant]\n[lists.report]"));
  REQUIRE(settings.lists.size() == 3);
  CHECK(settings.lists[0].key == "zebra");
  CHECK(settings.lists[1].key == "ant");
  CHECK(settings.find_list("report")->name == "The Report");
  CHECK(settings.find_list("nobody") == nullptr);
}

TEST_CASE("an http:// base_url is a warning with its line") {
  const auto settings = loaded(with_line(4, "base_url = \"http://127.0.0.1:8025\""));
  CHECK(settings.publication.base_url == "http://127.0.0.1:8025");
  REQUIRE(settings.warnings.size() == 1);
  CHECK(settings.warnings[0].line == 4);
  CHECK(settings.warnings[0].where == "publication.base_url");
}

TEST_CASE("without pages there is a warning that nobody answers the links") {
  const auto settings = loaded(with_line(17, ""));
  REQUIRE(settings.warnings.size() == 1);
  CHECK(settings.warnings[0].where == "http.listen");
}

TEST_CASE("reviewers are addresses, or tables that say whose mail they are shown") {
  const auto publication =
      loaded(with_line(6,
                       "approval = \"required\"\nreviewers = [\"ann@report.example\", "
                       "{ email = \"bob@report.example\", as = \"reader@example.org\" }]\n"
                       "preview_pause = \"1m\""))
          .publication;
  CHECK(publication.approval == config::Approval::required);
  REQUIRE(publication.reviewers.size() == 2);
  CHECK(publication.reviewers[0].email == "ann@report.example");
  CHECK(publication.reviewers[0].as == "");
  CHECK(publication.reviewers[1].email == "bob@report.example");
  CHECK(publication.reviewers[1].as == "reader@example.org");
  CHECK(publication.preview_pause == std::chrono::minutes(1));
}

TEST_CASE("a value that means off is taken for a feature that is to come") {
  const auto settings = loaded(R"([publication]
name = "The Report"
from = "joe@report.example"
base_url = "https://news.report.example"
postal_address = "PO Box 1"
approval = "front-matter"
reviewers = []
[lists.report]
double_opt_in = false
[[relay]]
url = "file:outbox"
rate = ""
priority = 0
domains = []
[domains."gmail.com"]
[bounces]
address = ""
[operator]
email = ""
on_event = ""
[http]
listen = "127.0.0.1:8025"
certificate = ""
)");
  CHECK(listing(settings.warnings) == "");
}

TEST_CASE("a command for events is a program with its words, without a shell; empty is none") {
  const auto words = [](const std::string& value) {
    return load(std::string(newsletter) + "[operator]\non_event = " + value + "\n")
        ->the_operator.on_event;
  };
  using Words = std::vector<std::string>;
  CHECK(words("\"notify  --title $HOME;\"") == Words{"notify", "--title", "$HOME;"});
  CHECK(words("[\"notify\", \"two words\"]") == Words{"notify", "two words"});
  CHECK(words("\"\"").empty());
}

TEST_CASE("a command for events that cannot be run is warned of; a path begins at the settings") {
  const auto settings = loaded(std::string(newsletter) + "[operator]\non_event = \"hooks/tell\"\n");
  const auto program = (settings.folder / "hooks/tell").string();
  CHECK(settings.the_operator.on_event == std::vector{program});
  CHECK(test::has(listing(settings.warnings), "operator.on_event: warning: there is no program '" +
                                                  program + "' that could be run"));
}

TEST_CASE("what an audience may change by is a percentage and a number of readers") {
  const auto guards = [](const std::string& lines) {
    return loaded(std::string(newsletter) + "[guards]\n" + lines).guards;
  };
  CHECK(guards("").audience_change == 30);
  CHECK(guards("").audience_change_readers == 100);
  CHECK(guards("audience_change = \"0%\"").audience_change == 0);
  CHECK(guards("audience_change = \"150%\"").audience_change == 150);
  CHECK(guards("audience_change_readers = 5000").audience_change_readers == 5000);
}

TEST_CASE("the operator has one address, which is not the one that mail comes back to") {
  const auto with = [](const std::string& email) {
    return load(std::string(newsletter) +
                "[bounces]\naddress = \"in@report.example\"\nmailbox = \"maildir:in\"\n[operator]\n"
                "email = \"" +
                email + "\"\n");
  };
  CHECK(load(newsletter)->the_operator.email.empty());
  CHECK(with("Joe@Bücher.example")->the_operator.email == "Joe@xn--bcher-kva.example");
  const auto faulty = with("In@report.example");
  REQUIRE_FALSE(faulty);
  REQUIRE(faulty.error().size() == 1);
  CHECK(faulty.error()[0].where == "operator.email");
  CHECK(faulty.error()[0].message.find("is [bounces] address") == 0);
}

TEST_CASE("a signature counts for a parent of From's domain, and with a warning for a child") {
  const auto dkim = [](std::string_view from, std::string_view domain) {
    auto text = with_line(3, "from = \"" + std::string(from) + "\"");
    const std::string written = "domain = \"report.example\"";
    text.replace(text.find(written), written.size(), "domain = \"" + std::string(domain) + "\"");
    return listing(faults_of(text));
  };
  CHECK(dkim("joe@news.report.example", "report.example") == "");
  CHECK(dkim("joe@report.example", "Report.Example") == "");
  CHECK(dkim("joe@report.example", "mail.report.example").find("warning: is below") !=
        std::string::npos);
  CHECK(dkim("joe@otherreport.example", "report.example").find("DMARC would not count") !=
        std::string::npos);
}

TEST_CASE("the second signature needs a selector of its own") {
  const auto faults = faults_of(with_line(15, "selector = \"a\"\ned25519_selector = \"a\""));
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].line == 16);
  CHECK(loaded(with_line(15, "selector = \"a\"\ned25519_selector = \"b\"")).dkim.ed25519_selector ==
        "b");
}

TEST_CASE("a selector without a domain does not pass unseen") {
  const auto told = [](std::string_view domain, std::string_view selectors) {
    auto text = with_line(14, domain);
    text.replace(text.find("selector = \"postrider\""), 22, selectors);
    return listing(faults_of(text));
  };
  constexpr std::string_view both = "selector = \"a\"\ned25519_selector = \"b\"";
  CHECK(told("", both) ==
        "f:16: dkim.ed25519_selector: signs nothing without a domain; write domain = "
        "\"report.example\" and a selector above it, or leave it out\n");
  CHECK(told("domain = \"\"", both) == told("", both));
  CHECK(told("", "selector = \"a\"").starts_with("f:15: dkim.selector: warning: signs nothing"));
  CHECK(told("domain = \"\"", "selector = \"a\"\ned25519_selector = \"\"") == "");
  CHECK(told("", "") == "");
}

TEST_CASE("a log-in by XOAUTH2 has a user and one source of tokens") {
  const NewsletterFolder folder;
  folder.write("secrets/token", "abc\n", 0600);
  const auto load_with = [&](const std::string& lines) {
    return config::load_settings(
        folder.write("postrider.toml", with_line(12, "auth = \"xoauth2\"\n" + lines)));
  };
  const auto faulty = [&](const std::string& lines) {
    const auto settings = load_with(lines);
    REQUIRE_FALSE(settings);
    REQUIRE(settings.error().size() == 1);
    return settings.error()[0].where + ": " + settings.error()[0].message;
  };
  const std::string user = "username = \"joe\"\n";
  const std::string file = "token_file = \"secrets/token\"\n";
  const std::string command = "token_command = [\"get\", \"a token\"]\n";

  CHECK(load_with(user + file)->relays[0].token_file.filename() == "token");
  CHECK(load_with(user + file)->relays[0].auth == config::Auth::xoauth2);
  CHECK(load_with(user + command)->relays[0].token_command ==
        std::vector<std::string>{"get", "a token"});
  CHECK(load_with(user + "token_command = \"get | head\"")->relays[0].token_command ==
        std::vector<std::string>{"/bin/sh", "-c", "get | head"});
  CHECK(faulty(file).starts_with("relay.main.auth: \"xoauth2\" needs a username"));
  CHECK(faulty(user).starts_with("relay.main.auth: \"xoauth2\" needs a token"));
  CHECK(faulty(user + file + command).starts_with("relay.main.token_command: does not go with"));
  CHECK(faulty(user + file + "password_file = \"p\"")
            .starts_with("relay.main.password_file: does not go with auth"));
  CHECK(faulty(user + "token_file = \"secrets/none\"").starts_with("relay.main.token_file: "));
  CHECK(faulty(user + "token_command = []").find("names no program") != std::string::npos);
  CHECK(faulty(user + "token_command = 5").find("a list of texts") != std::string::npos);
}

TEST_CASE("passwords") {
  const NewsletterFolder folder;
  const auto load_with = [&](std::string_view relay_lines) {
    return config::load_settings(folder.write("postrider.toml", with_line(12, relay_lines)));
  };
  const auto fault = [&](std::string_view relay_lines) {
    const auto settings = load_with(relay_lines);
    REQUIRE(!settings);
    REQUIRE(settings.error().size() == 1);
    CHECK(settings.error()[0].line == 13);
    CHECK(settings.error()[0].where == "relay.main.password_file");
    return settings.error()[0].message;
  };
  constexpr std::string_view by_file = "username = \"joe\"\npassword_file = \"secrets/pw\"";

  SUBCASE("come from a file that only its owner may read") {
    folder.write("secrets/pw", "correct horse\n", 0600);
    CHECK(load_with(by_file)->relays[0].password == "correct horse");
  }
  SUBCASE("are refused where others may read them") {
    folder.write("secrets/pw", "correct horse\n", 0644);
    CHECK(fault(by_file).find("chmod 600") != std::string::npos);
  }
  SUBCASE("are refused where they are missing, empty or several lines") {
    CHECK(fault(by_file).find("cannot be read") != std::string::npos);
    CHECK(fault(by_file).find("install -m 600 /dev/stdin " + folder.path().string()) !=
          std::string::npos);
    folder.write("secrets/pw", "\n", 0600);
    CHECK(fault(by_file).find("is empty") != std::string::npos);
    folder.write("secrets/pw", "one\ntwo\n", 0600);
    CHECK(fault(by_file).find("more than one line") != std::string::npos);
  }
  SUBCASE("never stand in a fault") {
    folder.write("secrets/pw", "hunter2\nhunter2\n", 0600);
    CHECK(fault(by_file).find("hunter2") == std::string::npos);
    const auto written = load_with("username = \"joe\"\npassword = \"hunter2\"");
    CHECK(listing(written.error()).find("hunter2") == std::string::npos);
  }
  SUBCASE("come as a systemd credential of the relay's name") {
    const TemporaryFolder credentials;
    credentials.write("main", "from systemd\n", 0440);
    const Variable variable("CREDENTIALS_DIRECTORY", credentials.path().string());
    CHECK(load_with("username = \"joe\"")->relays[0].password == "from systemd");
  }
}

TEST_CASE("a ca_file holds certificates") {
  const NewsletterFolder folder;
  const auto told = [&](std::string_view content) {
    folder.write("ca.pem", content);
    const auto settings = config::load_settings(
        folder.write("postrider.toml", with_line(12, "ca_file = \"ca.pem\"")));
    return settings ? settings->relays[0].ca_file.filename().string() : listing(settings.error());
  };
  CHECK(told(certificate) == "ca.pem");
  for (const auto wrong :
       {"", "hi", "-----BEGIN CERTIFICATE-----\nhi\n-----END CERTIFICATE-----"}) {
    const auto fault = told(wrong);
    CAPTURE(fault);
    CHECK(fault.starts_with("f:12: relay.main.ca_file: "));
    CHECK(fault.find("certificate") < fault.find("; write the path of a PEM file"));
  }
}

TEST_CASE("a password in clear goes to this machine only") {
  const NewsletterFolder folder;
  folder.write("pw", "secret", 0600);
  const auto faults = [&](std::string_view url, std::string_view tls) {
    const auto text =
        with_line(11, "url = \"" + std::string(url) + "\"\ntls = \"" + std::string(tls) +
                          "\"\nusername = \"joe\"\npassword_file = \"pw\"");
    auto settings = config::load_settings(folder.write("postrider.toml", text));
    return listing(settings ? settings->warnings : settings.error());
  };
  CHECK(faults("smtp://127.0.0.1:25", "none") == "");
  CHECK(faults("smtp://[::1]:25", "none") == "");
  CHECK(faults("smtp://smtp.example", "required") == "");
  CHECK(faults("smtp://smtp.example", "none").starts_with("f:12: relay.main.tls: \"none\" would"));
  CHECK(faults("smtp://127.0.0.1.evil.example", "none").starts_with("f:12: relay.main.tls: \"no"));
  CHECK(faults("smtp://smtp.example", "opportunistic").starts_with("f:12: relay.main.tls: warn"));
}

TEST_CASE("keys that a folder has no use for are a warning") {
  const auto settings = loaded(with_line(11, "url = \"file:outbox\"\nusername = \"joe\""));
  REQUIRE(settings.warnings.size() == 1);
  CHECK(settings.warnings[0].line == 12);
  CHECK(settings.relays[0].username.empty());
}

TEST_CASE("settings are found by name, by the environment, then here") {
  const TemporaryFolder folder;
  const Inside inside(folder.path());
  CHECK(config::find_settings("my.toml").value() == "my.toml");
  if (!std::filesystem::exists("/etc/postrider/postrider.toml"))
    CHECK(config::find_settings({}).error().message.find("postrider init") != std::string::npos);
  folder.write("postrider.toml", newsletter);
  CHECK(config::find_settings({}).value() == "postrider.toml");
  const Variable variable("POSTRIDER_CONFIG", "/srv/other.toml");
  CHECK(config::find_settings({}).value() == "/srv/other.toml");
  CHECK(config::find_settings("my.toml").value() == "my.toml");
}
