#include "templates/message.h"

#include <atomic>
#include <doctest/doctest.h>
#include <set>
#include <thread>

#include "base/text.h"
#include "support/quoted_printable.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::templates;
using postrider::test::decoded;
using test::has;

namespace {

/// The content of the part that begins with "Content-Type: TYPE".
std::string part(std::string_view mail, const std::string& type) {
  const auto head = mail.find("Content-Type: " + type + "; charset");
  REQUIRE(head != std::string_view::npos);
  const auto begin = mail.find("\r\n\r\n", head) + 4;
  return decoded(mail.substr(begin, mail.find("\r\n--=_", begin) - begin));
}

struct Sheet {
  RenderedIssue issue{"Hello", "<p>{{subscriber.name}}</p>\n", "{{subscriber.name}}\n", {}};
  std::shared_ptr<const TokenKeys> keys =
      std::make_shared<TokenKeys>(std::vector<TokenKeys::Key>{{1, std::string(32, 'k')}});
  std::vector<mail::DkimSigner> signers;
  std::optional<mail::Address> returns;
  int token_key = -1;
  std::optional<Thread> thread;

  std::unique_ptr<MessageComposer> composer(Links links = Links::live) const {
    Masthead masthead{mail::parse_mailbox("Joe <joe@report.example>").value(),
                      {},
                      parse_rfc3339("2022-01-10T13:00:00Z").value(),
                      "weekly",
                      77,
                      "https://n.example",
                      false,
                      returns,
                      token_key,
                      thread};
    return std::move(*MessageComposer::make(issue, std::move(masthead), keys, signers, links));
  }

  static ListHead list() { return {"report", "The Report", 5}; }

  std::string compose(const std::string& name, const std::string& attributes = "{}",
                      const std::string& email = "ada@r.example") const {
    auto made = composer()->compose({Uid{1}, email, name, attributes}, list());
    REQUIRE(made);
    CHECK(made->text.is_plain());
    return made->text.str();
  }
};

std::string html_for(const std::string& html, const std::string& name,
                     const std::string& attributes = "{}") {
  Sheet sheet;
  sheet.issue.html = html;
  return part(sheet.compose(name, attributes), "text/html");
}

std::string text_for(const std::string& text, const std::string& name,
                     const std::string& attributes = "{}") {
  Sheet sheet;
  sheet.issue.text = text;
  return part(sheet.compose(name, attributes), "text/plain");
}

}  // namespace

TEST_CASE("the header's fields stand in their order, each once") {
  const auto mail = Sheet().compose("Ada");
  std::vector<std::string> names;
  for (const auto line : split(std::string_view(mail).substr(0, mail.find("\r\n\r\n")), '\n'))
    if (line[0] != ' ' && line[0] != '\t') names.emplace_back(line.substr(0, line.find(':')));
  CHECK(names == std::vector<std::string>{"From", "To", "Subject", "Date", "Message-ID", "List-Id",
                                          "List-Unsubscribe", "List-Unsubscribe-Post",
                                          "Feedback-ID", "Precedence", "MIME-Version",
                                          "Content-Type"});
}

TEST_CASE("a reader's values are escaped for where they stand") {
  const std::string name = "<b>\"O'Neil\" & {{email}}";
  CHECK(html_for("<p>{{subscriber.name}}</p>\n", name) ==
        "<p>&lt;b&gt;&quot;O&#39;Neil&quot; &amp; {{email}}</p>\n");
  CHECK(html_for("<p title=\"{{{subscriber.name}}}\">\n", name) ==
        "<p title=\"&lt;b&gt;&quot;O&#39;Neil&quot; &amp; {{email}}\">\n");
  CHECK(html_for("<a href=\"https://a.example/?n={{subscriber.name}}&x\">a</a>\n", "a b&c/é") ==
        "<a href=\"https://a.example/?n=a%20b%26c%2F%C3%A9&x\">a</a>\n");
  CHECK(text_for("Dear {{subscriber.name}},\n", name) == "Dear " + name + ",\n");
  CHECK(text_for("https://a.example/?n={{subscriber.name}} x\n", "a b") ==
        "https://a.example/?n=a%20b x\n");
}

TEST_CASE("a name with line breaks starts neither a field nor a line") {
  const auto mail = Sheet().compose("\r\nBcc: victim@a.example\r\n\r\n.\r\n");
  CHECK_FALSE(has(mail.substr(0, mail.find("\r\n\r\n")), "\nBcc:"));
  CHECK(part(mail, "text/plain") == "Bcc: victim@a.example    .\n");
}

TEST_CASE("sections are entered only where there is something") {
  const std::string html =
      "{{#subscriber.first_name}}Dear {{subscriber.first_name}}{{/subscriber.first_name}}"
      "{{^subscriber.first_name}}Dear reader{{/subscriber.first_name}}\n";
  CHECK(html_for(html, "Ada Lovelace") == "Dear Ada\n");
  CHECK(html_for(html, "") == "Dear reader\n");
  CHECK(html_for(html, "   ") == "Dear reader\n");
}

TEST_CASE("attributes of every type are told as people read them") {
  const std::string attributes =
      R"({"s":"Алматы","n":42,"t":true,"f":false,"e":"","z":null,"o":{"city":"Riga"},"l":["a","<b>"]})";
  const auto told = [&](const std::string& name) {
    return html_for("[{{subscriber.attributes." + name + "}}]\n", "", attributes);
  };
  CHECK(told("s") == "[Алматы]\n");
  CHECK(told("n") == "[42]\n");
  CHECK(told("t") == "[true]\n");
  CHECK(told("e") == "[]\n");
  CHECK(told("z") == "[]\n");
  CHECK(told("missing") == "[]\n");
  CHECK(told("o.city") == "[Riga]\n");
  const auto entered = [&](const std::string& name) {
    return html_for("{{#subscriber.attributes." + name + "}}yes{{/subscriber.attributes." + name +
                        "}}\n",
                    "", attributes) == "yes\n";
  };
  CHECK(entered("s"));
  CHECK(entered("n"));
  CHECK(entered("t"));
  CHECK_FALSE(entered("f"));
  CHECK_FALSE(entered("e"));
  CHECK_FALSE(entered("missing"));
}

TEST_CASE("a section on a reader's own list is repeated for each element") {
  CHECK(html_for("{{#subscriber.attributes.l}}<li>{{.}}</li>{{/subscriber.attributes.l}}\n", "",
                 R"({"l":["a","<b>",3]})") == "<li>a</li><li>&lt;b&gt;</li><li>3</li>\n");
}

TEST_CASE("a section on a reader's value has it as {{.}}") {
  const std::string attributes = R"({"x":"<b>","n":42,"t":true})";
  const auto told = [&](const std::string& name) {
    return text_for("{{#" + name + "}}[{{.}}]{{/" + name + "}}\n", "Ada", attributes);
  };
  CHECK(told("subscriber.attributes.x") == "[<b>]\n");
  CHECK(told("subscriber.attributes.n") == "[42]\n");
  CHECK(told("subscriber.attributes.t") == "[true]\n");
  CHECK(told("subscriber.name") == "[Ada]\n");
  CHECK(html_for("{{#subscriber.attributes.x}}[{{.}}]{{/subscriber.attributes.x}}\n", "",
                 attributes) == "[&lt;b&gt;]\n");
}

TEST_CASE("an attribute whose name has a dot is found, and a nested one otherwise") {
  const std::string line =
      "{{subscriber.attributes.address.city}}, {{subscriber.attributes.address}}\n";
  CHECK(text_for(line, "", R"({"address.city":"Riga","address":"Old Town 1"})") ==
        "Riga, Old Town 1\n");
  CHECK(text_for(line, "", R"({"address":{"city":"Riga"}})") == "Riga, \n");
  CHECK(text_for(line, "", R"({"address":"Old Town 1"})") == ", Old Town 1\n");
  CHECK(text_for("{{subscriber.attributes.a.b.c}}\n", "", R"({"a":{"b.c":"x"}})") == "x\n");
}

TEST_CASE("a section on an object is entered only by those who have it") {
  const std::string text =
      "{{#subscriber.attributes.o}}City {{subscriber.attributes.o.city}}"
      "{{/subscriber.attributes.o}}{{^subscriber.attributes.o}}Nowhere"
      "{{/subscriber.attributes.o}}\n";
  CHECK(text_for(text, "", R"({"o":{"city":"Riga"}})") == "City Riga\n");
  CHECK(text_for(text, "", R"({"x":1})") == "Nowhere\n");
}

TEST_CASE("broken attributes are none") {
  CHECK(html_for("[{{subscriber.attributes.x}}]\n", "", "{broken") == "[]\n");
}

TEST_CASE(
    "the unsubscribe address stands whole, in the header as in the text, and opens the door") {
  Sheet sheet;
  sheet.issue.text = "Leave: {{unsubscribe_url}}\n";
  sheet.issue.html = "<a href=\"{{unsubscribe_url}}\">leave</a>\n";
  const auto mail = sheet.compose("Ada");
  const auto text = part(mail, "text/plain");
  const auto url = text.substr(7, text.size() - 8);
  CHECK(has(mail, "List-Unsubscribe: <" + url + ">\r\n"));
  CHECK(part(mail, "text/html") == "<a href=\"" + url + "\">leave</a>\n");
  const std::string base = "https://n.example/unsubscribe/";
  REQUIRE(url.starts_with(base));
  const auto claims = sheet.keys->verify(Purpose::unsubscribe, url.substr(base.size()));
  REQUIRE(claims);
  CHECK(claims == TokenClaims{Uid{1}, 5, 77});
}

TEST_CASE("where mail comes back to, a mail may ask to leave, by a token of its own") {
  Sheet sheet;
  sheet.returns = mail::Address{"bounces", "report.example"};
  const auto mail = sheet.compose("Ada");
  const std::string before = ">,\r\n <mailto:bounces+",
                    behind = "@report.example?subject=unsubscribe>\r\n";
  const auto at = mail.find(before);
  REQUIRE(at != std::string::npos);
  const auto token = mail.substr(at + before.size(), return_token_length);
  CHECK(mail.substr(at + before.size() + return_token_length).starts_with(behind));
  CHECK(sheet.keys->verify_return(Purpose::leave_by_mail, token) == return_claims(77, Uid{1}));
  CHECK_FALSE(sheet.keys->verify_return(Purpose::returned, token));
}

TEST_CASE("a preview's mail has an address to leave by that does nothing") {
  Sheet sheet;
  sheet.returns = mail::Address{"bounces", "report.example"};
  const auto made =
      sheet.composer(Links::inert)->compose({Uid{1}, "a@r.example", "", ""}, Sheet::list());
  REQUIRE(made);
  const auto& out = made->text.str();
  const auto at = out.find("<mailto:bounces+");
  REQUIRE(at != std::string::npos);
  CHECK_FALSE(
      sheet.keys->verify_return(Purpose::leave_by_mail, out.substr(at + 16, return_token_length)));
}

TEST_CASE("a preview's links open nothing") {
  Sheet sheet;
  const auto made =
      sheet.composer(Links::inert)->compose({Uid{1}, "a@r.example", "", ""}, Sheet::list());
  REQUIRE(made);
  const auto& out = made->text.str();
  const auto at = out.find("/unsubscribe/") + 13;
  CHECK_FALSE(sheet.keys->verify(Purpose::unsubscribe, out.substr(at, 68)));
}

TEST_CASE("a Message-ID is the same at every try, and no other reader's") {
  const Sheet sheet;
  const auto composer = sheet.composer();
  const auto id = [&](std::uint8_t reader) {
    const auto made = composer->compose({Uid{reader}, "a@r.example", "", "{}"}, Sheet::list());
    REQUIRE(made);
    const auto& out = made->text.str();
    const auto at = out.find("Message-ID: ");
    return out.substr(at, out.find("\r\n", at) - at);
  };
  CHECK(id(1) == id(1));
  CHECK(id(1) != id(2));
}

TEST_CASE("what is spliced reads like what is rendered for one reader") {
  Sheet sheet;
  sheet.issue.html =
      "<p>.dots and  blanks \n{{#subscriber.name}}{{subscriber.name}}{{/subscriber.name}}</p>\n"
      "{{subscriber.email}} <a href=\"https://x.example/{{subscriber.email}}\">…</a>\n";
  for (const std::string name :
       {"", "Ada", "名前 with a very long tail that goes on and on and on"}) {
    const Reader reader{Uid{9}, "ada@r.example", name, "{}"};
    const auto composer = sheet.composer(Links::live);
    const auto made = composer->compose(reader, Sheet::list());
    REQUIRE(made);
    const auto& out = made->text.str();
    const auto read = composer->personalise(reader, Sheet::list());
    REQUIRE(read);
    CHECK(part(out, "text/html") == read->html);
    CHECK(part(out, "text/plain") == read->text);
  }
}

TEST_CASE("no line is over its limit, none begins with a dot, and every end is CRLF") {
  Sheet sheet;
  sheet.issue.html = std::string(5000, 'x') + "\n.\n..{{subscriber.name}}.\n";
  sheet.issue.subject = "A long subject with ümlauts " + std::string(120, 'u');
  const auto mail = sheet.compose(std::string(500, 'n'));
  for (const auto line : split(mail, '\n')) {
    CHECK(line.size() <= 999);
    CHECK_FALSE(line.starts_with('.'));
    CHECK((line.empty() || line.ends_with('\r')));
  }
}

TEST_CASE("a part that ends in a value ends its last line (RFC 2045 §6.7)") {
  Sheet sheet;
  sheet.issue.text = "Bye {{subscriber.name}}";
  for (const std::string name : {"Ada", ""}) {
    const auto mail = sheet.compose(name);
    CHECK_FALSE(has(mail, "=\r\n\r\n--=_"));
    CHECK(part(mail, "text/plain") == "Bye " + name + "\n");
    CHECK(has(mail, name + "\r\n\r\n--=_"));
  }
}

TEST_CASE("more variants than are kept are rendered all the same") {
  Sheet sheet;
  sheet.issue.html.clear();
  for (char c = 'a'; c < 'h'; ++c) {
    const auto name = std::string("subscriber.attributes.") + c;
    sheet.issue.html += "{{#" + name + "}}" + c + "{{/" + name + "}}";
  }
  sheet.issue.html += "\n";
  const auto composer = sheet.composer();
  for (unsigned bits = 0; bits < 128; ++bits) {
    std::string attributes = "{";
    std::string wanted;
    for (unsigned i = 0; i < 7; ++i) {
      if ((bits & (1u << i)) == 0) continue;
      const auto letter = static_cast<char>('a' + i);
      attributes += std::string(wanted.empty() ? "" : ",") + "\"" + letter + "\":true";
      wanted += letter;
    }
    const auto made =
        composer->compose({Uid{1}, "a@r.example", "", attributes + "}"}, Sheet::list());
    REQUIRE(made);
    const auto& out = made->text.str();
    CHECK(part(out, "text/html") == wanted + "\n");
    CHECK(out == sheet.compose("", attributes + "}", "a@r.example"));  // the first of a composer
  }
}

TEST_CASE("several threads compose at once") {
  Sheet sheet;
  sheet.issue.html =
      "{{#subscriber.name}}{{subscriber.name}}{{/subscriber.name}}{{subscriber.email}}\n";
  sheet.signers.push_back(
      mail::DkimSigner::make(mail::generate_dkim_key(mail::DkimAlgorithm::ed25519_sha256),
                             "report.example", "s")
          .value());
  const auto composer = sheet.composer();
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto name = i % 2 == 0 ? "" : "reader" + std::to_string(t);
        const auto made = composer->compose({Uid{1}, "a@r.example", name, "{}"}, Sheet::list());
        if (!made) return;
        if (part(made->text.str(), "text/html") == name + "a@r.example\n") ++right;
      }
    });
  }
  threads.clear();
  CHECK(right == 200);
}

TEST_CASE("images are sent inside the mail, beside the HTML that shows them") {
  Sheet sheet;
  const Image image{"9f86d0.1@news.example", "image/png", "not really a picture"};
  sheet.issue.images = {image};
  sheet.issue.html = "<img src=\"cid:" + image.name + "\" alt=\"a chart\">\n";
  const auto mail = sheet.compose("Ada");
  CHECK(has(mail, "Content-Type: multipart/related; type=\"text/html\""));
  CHECK(has(mail, "Content-ID: <9f86d0.1@news.example>\r\n"));
  CHECK(has(mail, base64("not really a picture")));
}

TEST_CASE("a template that cannot be rendered is told at once") {
  Sheet sheet;
  sheet.issue.html = "{{#subscriber.name}}never closed\n";
  Masthead masthead{mail::parse_mailbox("joe@report.example").value(), {}, Instant{}, "a", 1, ""};
  CHECK_FALSE(MessageComposer::make(sheet.issue, std::move(masthead), sheet.keys, {}));
}

TEST_CASE("an erratum's mail names the one that its reader got, whatever keys have come since") {
  Sheet sheet;
  const auto first = sheet.compose("Ada");
  CHECK_FALSE(has(first, "In-Reply-To"));
  const auto begin = first.find("Message-ID: ") + 12;
  const auto id = first.substr(begin, first.find("\r\n", begin) - begin);

  sheet.keys = std::make_shared<TokenKeys>(
      std::vector<TokenKeys::Key>{{2, std::string(32, 'n')}, {1, std::string(32, 'k')}});
  sheet.thread = Thread{77, "report.example", 1};
  const auto erratum = sheet.compose("Ada");
  CHECK(has(erratum, "In-Reply-To: " + id + "\r\n"));
  CHECK(has(erratum, "References: " + id + "\r\n"));
}

TEST_CASE("an issue's Message-IDs stay as they were when a new key signs") {
  Sheet sheet;
  sheet.token_key = 1;
  const auto id = sheet.composer()->compose({Uid{1}, "a@r.example", "", "{}"}, Sheet::list())->id;
  sheet.keys = std::make_shared<TokenKeys>(
      std::vector<TokenKeys::Key>{{2, std::string(32, 'n')}, {1, std::string(32, 'k')}});
  CHECK(sheet.composer()->compose({Uid{1}, "a@r.example", "", "{}"}, Sheet::list())->id == id);
}
