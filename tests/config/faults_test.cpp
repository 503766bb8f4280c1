#include <doctest/doctest.h>

#include "config/sample_newsletter.h"

using namespace postrider;
using namespace postrider::test;

namespace {

/// Line `line` of the newsletter becomes `text`; then there is this one fault on that line.
struct Case {
  int line;
  std::string_view text;
  std::string_view where;
  std::string_view message;  // a part of it
};

const Case cases[] = {
    // publication
    {2, "name = \"\"", "publication.name", "is empty"},
    {2, "name = \"  \"", "publication.name", "is empty"},
    {2, "name = 7", "publication.name", "is a number; write a text between double quotes"},
    {2, "name = [\"The Report\"]", "publication.name", "is a list"},
    {2, "name = true", "publication.name", "is true or false"},
    {2, "name = 2022-01-10", "publication.name", "is a date or a time"},
    {2, "name = 1.5", "publication.name", "is a number with a fraction"},
    {2, "name = { a = 1 }", "publication.name", "is a table"},
    {2, "name = \"The\\nReport\"", "publication.name", "line break"},
    {2, "name = \"The\\u0007Report\"", "publication.name", "control character"},
    {3, "from = \"Joe Webster\"", "publication.from", "Joe Webster <joe@report.example>"},
    {3, "from = \"joe@\"", "publication.from", "; write an address such as"},
    {3, "from = \"Joe <joe@report.example>\\r\\nBcc: eve@report.example\"", "publication.from", ""},
    {3, "from = \"Jörg <jörg@report.example>\"", "publication.from", "without them, such as"},
    {3, "from = \"жук@report.example\"", "publication.from", "other than ASCII before the @"},
    {4, "base_url = \"news.report.example\"", "publication.base_url", "no http:// or https://"},
    {4, "base_url = \"ftp://news.report.example\"", "publication.base_url", "no http:// or"},
    {4, "base_url = \"https://\"", "publication.base_url", "no valid host"},
    {4, "base_url = \"https:///news\"", "publication.base_url", "no valid host"},
    {4, "base_url = \"https://a..b\"", "publication.base_url", "no valid host"},
    {4, "base_url = \"https://news.example:0\"", "publication.base_url", "no valid host"},
    {4, "base_url = \"https://news.example:99999\"", "publication.base_url", "no valid host"},
    {4, "base_url = \"https://news.example/?a=b\"", "publication.base_url", "query or a fragment"},
    {4, "base_url = \"https://news.example/#top\"", "publication.base_url", "query or a fragment"},
    {4, "base_url = \"https://joe@news.example\"", "publication.base_url", "has a user in it"},
    {4, "base_url = \"https://news.example/a b\"", "publication.base_url", "no address may have"},
    {4, "base_url = \"https://news.example/<script>\"", "publication.base_url", "no address may"},
    {4, "base_url = \"https://новости.example\"", "publication.base_url", "no address may have"},
    {4, "base_url = \"https://[::g]\"", "publication.base_url", "no valid host"},
    {4, "base_url = \"https://192.0.2.1.2\"", "publication.base_url", "no valid host"},
    {5, "postal_address = \"\"", "publication.postal_address", "is empty"},
    {6, "timezone = \"Mars/Phobos\"", "publication.timezone", "is no time zone"},
    {6, "timezone = \"../../etc/passwd\"", "publication.timezone", "is no time zone"},
    {6, "language = \"English\"", "publication.language", "is no language tag"},
    {6, "language = \"en_US\"", "publication.language", "is no language tag"},
    {6, "language = \"\"", "publication.language", "is no language tag"},
    {6, "language = \"e\"", "publication.language", "is no language tag"},
    {6, "language = \"de-\"", "publication.language", "is no language tag"},
    {6, "language = \"de-a\"", "publication.language", "is no language tag"},
    {6, "language = \"de-AT-Latn\"", "publication.language", "is no language tag"},
    {6, "language = \"de-x\"", "publication.language", "is no language tag"},
    {6, "language = \"de-12345678901\"", "publication.language", "is no language tag"},
    {6, "max_lateness = \"24\"", "publication.max_lateness", "is no span of time"},
    {6, "max_lateness = \"0s\"", "publication.max_lateness", "is no span of time"},
    {6, "max_lateness = \"-1h\"", "publication.max_lateness", "is no span of time"},
    {6, "max_lateness = \"9999999999999999999h\"", "publication.max_lateness",
     "is no span of time"},
    {6, "max_lateness = \"500d\"", "publication.max_lateness", "over a year"},
    {6, "max_lateness = 24", "publication.max_lateness", "is a number; write a text"},
    {6, "local_time_missed = \"never\"", "publication.local_time_missed",
     "\"never\" is unknown; write \"at_once\" or \"next_day\""},
    {6, "undo_window = \"10\"", "publication.undo_window", "is no span of time"},
    {6, "undo_window = \"-1m\"", "publication.undo_window", "is no span of time"},
    {6, "reply_to = \"editors\"", "publication.reply_to", "; write an address such as"},
    {6, "reply_to = \"jörg@report.example\"", "publication.reply_to", "SMTPUTF8"},
    {6, "timezon = \"UTC\"", "publication.timezon", "did you mean 'timezone'?"},
    {6, "colour = \"red\"", "publication.colour", "known ones are: name, from"},
    {6, "password = \"secret\"", "publication.password", "secrets do not stand in the settings"},
    // lists
    {8, "nam = \"The Report\"", "lists.report.nam", "did you mean 'name'?"},
    {8, "name = \"\"", "lists.report.name", "is empty"},
    {7, "[lists.\"two words\"]", "lists.two words", "is no name for a list"},
    {7, "[lists.\"<b>\"]", "lists.<b>", "is no name for a list"},
    {7, "[lists.\"\"]", "lists.", "is no name for a list"},
    // relay
    {10, "name = \"../main\"", "relay.name", "is no name"},
    {10, "name = \"\"", "relay.name", "is no name"},
    {11, "url = \"smtp.example\"", "relay.main.url", "is no way out; write"},
    {11, "url = \"http://smtp.example\"", "relay.main.url", "is no way out"},
    {11, "url = \"smtps://\"", "relay.main.url", "is no host"},
    {11, "url = \"smtps://smtp.example:x\"", "relay.main.url", "is no port"},
    {11, "url = \"smtps://smtp.example:\"", "relay.main.url", "is no port"},
    {11, "url = \"smtps://smtp.example:65536\"", "relay.main.url", "is no port"},
    {11, "url = \"smtps://smtp.example/inbox\"", "relay.main.url", "is no host"},
    {11, "url = \"smtps://joe:secret@smtp.example\"", "relay.main.url", "has a user in it"},
    {11, "url = \"smtps://smtp.example\\r\\nRSET\"", "relay.main.url", "is no way out"},
    {11, "url = \"smtps://[::1\"", "relay.main.url", "is no host"},
    {11, "url = \"smtps://[:::]\"", "relay.main.url", "is no host"},
    {11, "url = \"smtps://192.0.2.256\"", "relay.main.url", "is no host"},
    {11, "url = \"file:\"", "relay.main.url", "names no folder"},
    {12, "connections = 0", "relay.main.connections", "0 is out of range; write a whole number"},
    {12, "connections = 2001", "relay.main.connections", "from 1 to 2,000"},
    {12, "connections = -1", "relay.main.connections", "-1 is out of range"},
    {12, "connections = \"4\"", "relay.main.connections", "is a text; write a whole number"},
    {12, "connections = 4.0", "relay.main.connections", "is a number with a fraction"},
    {12, "connections = 9223372036854775807", "relay.main.connections", "is out of range"},
    {12, "messages_per_connection = 0", "relay.main.messages_per_connection", "out of range"},
    {12, "connect_timeout = \"0s\"", "relay.main.connect_timeout", "is no span of time"},
    {12, "data_timeout = \"999ms\"", "relay.main.data_timeout", "write a span from 1s to 1h"},
    {12, "answer_timeout = \"61m\"", "relay.main.answer_timeout", "61m is out of range"},
    {12, "tls = \"maybe\"", "relay.main.tls", "is unknown; write \"required\""},
    {12, "tls = \"none\"", "relay.main.tls", "smtps:// is always TLS"},
    {12, "ca_file = \"missing.pem\"", "relay.main.ca_file", "missing.pem is no file"},
    {12, "username = \"joe\"", "relay.main.username", "needs a password; add password_file"},
    {12, "password_file = \"secret\"", "relay.main.password_file", "needs a username"},
    {12, "auth = \"kerberos\"", "relay.main.auth", "write \"password\" or \"xoauth2\""},
    {12, "token_file = \"t\"", "relay.main.token_file", "needs auth = \"xoauth2\""},
    {12, "token_command = \"t\"", "relay.main.token_command", "needs auth = \"xoauth2\""},
    {12, "password = \"secret\"", "relay.main.password", "write password_file"},
    {12, "conections = 4", "relay.main.conections", "did you mean 'connections'?"},
    // dkim
    {14, "domain = \"report..example\"", "dkim.domain", "is no DNS name"},
    {14, "domain = \"-report.example\"", "dkim.domain", "is no DNS name"},
    {14, "domain = \"other.example\"", "dkim.domain", "write \"report.example\""},
    {14, "domain = \"example\"", "dkim.domain", "write \"report.example\""},
    {14, "domain = \"port.example\"", "dkim.domain", "write \"report.example\""},
    {15, "selector = \"\"", "dkim.selector", "is empty"},
    {15, "selector = \"../key\"", "dkim.selector", "is no DNS name"},
    {15, "selector = \"a b\"", "dkim.selector", "is no DNS name"},
    // http
    {17, "listen = \"8025\"", "http.listen", "is no address to listen on; write HOST:PORT"},
    {17, "listen = \":8025\"", "http.listen", "is no address to listen on; write HOST:PORT"},
    {17, "listen = \"*:8025\"", "http.listen", "is no address to listen on; write HOST:PORT"},
    {17, "trusted_proxies = [\"10.0.0.1/8\"]", "http.trusted_proxies", "no bits behind the prefix"},
    {17, "trusted_proxies = [\"localhost\"]", "http.trusted_proxies", "is no address or network"},
    {17, "listen = \"127.0.0.1\"", "http.listen", "is no address to listen on; write HOST:PORT"},
    {17, "listen = \"127.0.0.1:0\"", "http.listen", "is no address to listen on; write HOST:PORT"},
    {17, "listen = \"::1:8025\"", "http.listen", "is no address to listen on; write HOST:PORT"},
    {17, "listen = \"[::::::]:8025\"", "http.listen", "is no address to listen on"},
    {17, "listen = \"[::1\\u0000]:8025\"", "http.listen", "is no address to listen on"},
    {17, "listen = \"[1.2.3.4]:8025\"", "http.listen", "is no address to listen on"},
    {17, "listen = \"[::1.2.3]:8025\"", "http.listen", "is no address to listen on"},
    {17, "listen = \"999.1.1.1:8025\"", "http.listen", "is no address to listen on"},
    {17, "listen = \"127.1:8025\"", "http.listen", "is no address to listen on"},
    {17, "listen = \"8025:8025\"", "http.listen", "is no address to listen on"},
    {17, "listen = \"unix:\"", "http.listen", "names no socket"},
    {17, "listen = 8025", "http.listen", "is a number"},
    // retry
    {19, "delays = []", "retry.delays", "is empty; write at least one"},
    {19, "delays = \"1m\"", "retry.delays", "is a text; write a list"},
    {19, "delays = [\"1m\", 5]", "retry.delays", "is a number; write each item"},
    {19, "delays = [\"1m\", \"soon\"]", "retry.delays", "\"soon\" is no span of time"},
    {19, "delays = [\"0s\"]", "retry.delays", "is no span of time"},
    {19, "give_up_after = \"never\"", "retry.give_up_after", "is no span of time"},
    {19, "in_doubt = \"ask\"", "retry.in_doubt", "write \"resend\" or \"hold\""},
    // pacing
    {12, "rate = \"100\"", "relay.main.rate", "is no rate; write a whole number and a unit"},
    {12, "priority = -1", "relay.main.priority", "0"},
    {12, "domains = [\"not a domain\"]", "relay.main.domains", "is no domain"},
    {18, "[domains.\"gmail.com\"]\nrate = \"fast\"\n[retry]", "domains.gmail.com.rate",
     "is no rate"},
    {18, "[domains.\"gmail.com\"]\nconnections = 0\n[retry]", "domains.gmail.com.connections", "1"},
    {18, "[pacing]\nproviders = [\"gogle\"]\n[retry]", "pacing.providers", "did you mean 'google'"},
    // log, and sections
    {21, "level = \"loud\"", "log.level", "is no level; write trace"},
    {20, "[logs]", "logs", "is no known section; did you mean 'log'?"},
    {20, "[colours]\n[log]", "colours", "is no known section; known ones are: publication"},
    // bounces
    // approval
    {6, "approval = \"always\"", "publication.approval", "write \"front-matter\""},
    {6, "reviewers = \"a@report.example\"", "publication.reviewers", "write a list of addresses"},
    {6, "reviewers = [\"ann\"]", "publication.reviewers", ""},
    {6, "reviewers = [7]", "publication.reviewers", "has a number; write a list"},
    {6, "reviewers = [\"a@report.example\", { email = \"A@report.example\" }]",
     "publication.reviewers", "is there twice"},
    {6, "reviewers = [{ as = \"b@report.example\" }]", "publication.reviewers", "without email"},
    {6, "reviewers = [{ email = \"a@report.example\", name = \"Ann\" }]", "publication.reviewers",
     "'name' is no key of a reviewer"},
    {6, "preview_pause = \"0s\"", "publication.preview_pause", ""},
    {8, "double_opt_in = \"yes\"", "lists.report.double_opt_in", "write true or false"},
    {17, "certificate = \"cert.pem\"", "http.certificate", "stands alone"},
    // guards
    {18, "[guards]\naudience_change = \"30\"\n[retry]", "guards.audience_change", "\"30%\""},
    {18, "[guards]\naudience_change = \"-5%\"\n[retry]", "guards.audience_change", "\"30%\""},
    {18, "[guards]\naudience_change = \"1001%\"\n[retry]", "guards.audience_change", "\"1000%\""},
    {18, "[guards]\naudience_change = 30\n[retry]", "guards.audience_change", "write a text"},
    {18, "[guards]\naudience_change_readers = -1\n[retry]", "guards.audience_change_readers", "0"},
    // schedule
    {8, "schedule = []", "lists.report.schedule", "is empty; leave it out, or write"},
    {8, "schedule = \"Monday 8:00\"", "lists.report.schedule", "did you mean \"Mon 08:00\"?"},
    {8, "schedule = \"weekly\"", "lists.report.schedule", "write one such as \"Mon 08:00\""},
    {8, "schedule = [\"Mon 08:00\", \"day 32 09:00\"]", "lists.report.schedule",
     "\"day 32 09:00\""},
    {8, "schedule = [8]", "lists.report.schedule", "is a number; write each item as a text"},
    {8, "schedule = 8", "lists.report.schedule", "is a number; write \"Mon 08:00\", or a list"},
    {8, "skip = 2022-12-26T08:00:00\nschedule = \"Mon 08:00\"", "lists.report.skip",
     "is a date or a time; write days such as"},
    {8, "skip = \"26.12.\"\nschedule = \"Mon 08:00\"", "lists.report.skip", "no day of the"},
    {8, "timezone = \"EDT\"\nschedule = \"Mon 08:00\"", "lists.report.timezone", "no time zone"},
    {8, "remind = \"soon\"\nschedule = \"Mon 08:00\"", "lists.report.remind", "no span of time"},
    {8, "skip = [\"2022-12-26\"]", "lists.report.skip", "no use without a schedule"},
    {8, "timezone = \"UTC\"", "lists.report.timezone", "no use without a schedule"},
    {8, "remind = \"24h\"", "lists.report.remind", "no use without a schedule"},
    // operator
    {18, "[operator]\nemail = \"joe\"\n[retry]", "operator.email", "joe"},
    {18, "[operator]\nemail = \"a@b.example, c@d.example\"\n[retry]", "operator.email", "c@d"},
    {18, "[operator]\nemail = [\"a@b.example\"]\n[retry]", "operator.email", "text"},
    {18, "[operator]\non_event = 7\n[retry]", "operator.on_event", "list"},
    {18, "[operator]\non_event = []\n[retry]", "operator.on_event", "names no program"},
};

}  // namespace

TEST_CASE("a small file has no fault") { CHECK(listing(faults_of(newsletter)) == ""); }

TEST_CASE("each fault names its line and its whole key, and says what to write instead") {
  for (const auto& wrong : cases) {
    const auto faults = faults_of(with_line(wrong.line, wrong.text));
    CAPTURE(wrong.text);
    CAPTURE(listing(faults));
    Faults errors;
    for (const auto& fault : faults)
      if (fault.severity == Severity::error) errors.push_back(fault);
    REQUIRE(errors.size() == 1);
    const bool second_line = wrong.text.find("]\n") != std::string_view::npos &&
                             wrong.where.find('.') != std::string_view::npos;
    CHECK(errors[0].line == wrong.line + (second_line ? 1 : 0));
    CHECK(errors[0].where == wrong.where);
    CHECK(errors[0].message.find(wrong.message) != std::string::npos);
    CHECK(errors[0].message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a missing key is told on its section's line, with a line to add") {
  struct Missing {
    int line;
    std::string_view where;
    std::string_view example;
  };
  const Missing missing[] = {
      {2, "publication.name", "name = \"The Weekly Report\""},
      {3, "publication.from", "from = \"Joe Webster <joe@report.example>\""},
      {4, "publication.base_url", "base_url = \"https://news.report.example\""},
      {5, "publication.postal_address", "postal_address = \"PO Box 1, Washington DC\""},
      {11, "relay.main.url", "url = \"smtps://smtp.example:465\""},
      {15, "dkim.selector", "selector = \"postrider\""},
  };
  for (const auto& [line, where, example] : missing) {
    const auto faults = faults_of(with_line(line, ""));
    CAPTURE(listing(faults));
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].where == where);
    CHECK(faults[0].line == (line < 7 ? 1 : line < 13 ? 9 : 13));
    CHECK(faults[0].message == "is missing; add for example: " + std::string(example));
  }
}

TEST_CASE("a base_url has at most 255 octets") {
  const auto told = [](std::size_t length) {
    std::string url = "https://news.report.example/";
    url.resize(length, 'a');
    return listing(faults_of(with_line(4, "base_url = \"" + url + "\"")));
  };
  CHECK(told(255) == "");
  CHECK(told(256).find("publication.base_url: ") != std::string::npos);
  CHECK(told(256).find("is longer than 255 octets; write one such as") != std::string::npos);
  CHECK(told(2028).size() < 300);
}

TEST_CASE("a misspelt required key is one fault, not a second one for what is missing") {
  const auto faults = faults_of(with_line(11, "urls = \"smtps://smtp.example\""));
  REQUIRE(faults.size() == 1);
  CHECK(listing(faults) == "f:11: relay.main.urls: is no known key; did you mean 'url'?\n");
}

TEST_CASE("a misspelt section is one fault, and its keys are read all the same") {
  auto text = with_line(1, "[publicaton]");
  CHECK(listing(faults_of(text)) ==
        "f:1: publicaton: is no known section; did you mean 'publication'?\n");
  text.replace(text.find("timezone = \"UTC\""), 16, "timezone = \"ABC\"");
  CHECK(faults_of(text).size() == 2);
}

TEST_CASE("an empty file tells everything that has to be in one") {
  const auto faults = faults_of("");
  std::string keys;
  for (const auto& fault : faults) {
    CHECK(fault.line == 0);
    if (fault.severity == Severity::error) keys += fault.where + " ";
  }
  CHECK(keys ==
        "publication.name publication.from publication.base_url publication.postal_address lists "
        "relay ");
}

TEST_CASE("all faults are told in one go, in the file's order") {
  const auto faults = faults_of(R"([log]
level = "loud"
[publication]
name = 1
from = "nobody"
timezone = "Mars"
[[relay]]
url = "gopher://smtp.example"
conections = 3
)");
  const auto text = listing(faults);
  CAPTURE(text);
  std::vector<int> lines;
  for (const auto& fault : faults) lines.push_back(fault.line);
  CHECK(lines == std::vector<int>{2, 3, 3, 4, 5, 6, 8, 9, 0, 0});
}

TEST_CASE("a table where a section belongs, and the reverse") {
  CHECK(listing(faults_of(with_line(9, "[relay]"))) ==
        "f:9: relay: is no list of sections; write [[relay]] with two brackets on each side\n");
  CHECK(faults_of("publication = 1\n")[0].message ==
        "is a number; write it as a section: "
        "[publication]");
  CHECK(faults_of("relay = []\n")[0].where == "relay");
  CHECK(faults_of(with_line(7, "[lists]\nreport = 1\n[lists.other]"))[0].where == "lists.report");
  CHECK(faults_of("name = \"The Report\"\n" + std::string(newsletter))[0].message.starts_with(
      "stands in no section"));
}

TEST_CASE("relays that cannot stand together, and domains that are none, are told") {
  const auto only = [](int line, std::string_view text) {
    return listing(faults_of(with_line(line, text)));
  };
  CHECK(only(12, "domains = [\"slow.example\"]").find("leave domains out of one of them") !=
        std::string::npos);
  CHECK(only(12, "[[relay]]\nname = \"main\"\nurl = \"file:b\"")
            .starts_with("f:12: relay.main.name: is another relay's name too"));
  CHECK(only(18, "[domains.\"a@b\"]\n[retry]")
            .starts_with("f:18: domains.a@b: \"a@b\" is no domain"));
  CHECK(only(18, "[domains.\"Gmail.com\"]\n[domains.\"gmail.com\"]\n[retry]")
            .starts_with("f:19: domains.gmail.com: is the same domain as one above"));
}

TEST_CASE("a syntax error is one fault with its line") {
  for (const auto& [line, text] :
       {std::pair(2, "name = The Report"), std::pair(2, "name = \"The Report"),
        std::pair(3, "from"), std::pair(7, "[lists.report"), std::pair(6, "name = \"again\""),
        std::pair(13, "[publication]")}) {
    const auto faults = faults_of(with_line(line, text));
    CAPTURE(text);
    CAPTURE(listing(faults));
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].line == line);
    CHECK(faults[0].message.starts_with("is no valid TOML: "));
    CHECK(faults[0].message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a line that is no UTF-8 is named") {
  const auto faults = faults_of(with_line(6, "timezone = \"\xFF\""));
  CHECK(listing(faults) == "f:6: the line is no UTF-8; save the file as UTF-8\n");
}

TEST_CASE("hostile files end in a fault, not in the program's end") {
  std::string deep = "[a";
  for (int i = 0; i < 200'000; ++i) deep += ".a";
  CHECK(faults_of(deep + "]\n")[0].message.starts_with("the line is longer"));
  CHECK(faults_of("a = " + std::string(4000, '['))[0].line == 1);
  CHECK(faults_of(std::string("name\0 = 1\n", 10))[0].line == 1);
  CHECK(faults_of(std::string(2'000'000, '\n'))[0].message.starts_with("is larger than"));
}

TEST_CASE("dotted keys nested as deep as a line allows are unknown keys") {
  std::string deep = "[publication.a";
  while (deep.size() < 4000) deep += ".a";
  CHECK(faults_of(deep + "]\n")[0].where == "publication.a");
}

TEST_CASE("a file that is not there or no file is named") {
  const TemporaryFolder folder;
  const auto missing = config::load_settings(folder.path() / "postrider.toml");
  REQUIRE(missing.error().size() == 1);
  CHECK(missing.error()[0].file == (folder.path() / "postrider.toml").string());
  CHECK(missing.error()[0].message.starts_with("cannot be read"));
  CHECK(config::load_settings(folder.path()).error()[0].message == "is no regular file");
}

TEST_CASE("a relay without a name goes by the usual one") {
  auto text = with_line(10, "");
  text.replace(text.find("smtps://"), 8, "http://");
  const auto faults = faults_of(text);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].where == "relay.primary.url");
}
