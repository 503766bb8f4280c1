#include "templates/notice.h"

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "support/text.h"
#include "templates/check_theme.h"

namespace postrider::templates {

using test::has;

namespace {

const PublicationText publication{"Lamp & <News>", "https://n.example", "PO Box 1", "en"};
const std::string url = "https://n.example/confirm/TOKEN";

Theme theme_in(const std::string& language) { return load_theme("default", {}, language).value(); }

NoticeHead head() {
  return {*mail::parse_mailbox("Joe <joe@report.example>"),
          {},
          *mail::parse_address("a@b.example"),
          Instant{},
          "ID",
          ListHead{"report", "The Report", 1}};
}

}  // namespace

TEST_CASE("every notice has its words in every language, and their names filled in") {
  for (const auto& language : built_in_languages()) {
    const auto theme = theme_in(language);
    for (const auto* kind : {"confirm", "already_subscribed", "change_address", "address_changed",
                             "erase", "ask_leave"}) {
      CAPTURE(language + " " + kind);
      const std::string button = std::string("mail_") + kind + "_button";
      const bool linked = theme.words.contains(button);
      const auto notice =
          render_notice({kind, "The Report", linked ? url : ""}, theme, publication);
      REQUIRE(notice);
      CHECK_FALSE(notice->subject.empty());
      CHECK_FALSE(has(notice->html + notice->text + notice->subject, "{{"));
      CHECK(has(notice->text, url) == linked);
    }
  }
}

TEST_CASE("an Arabic notice is written from right to left") {
  const auto notice = render_notice({"confirm", "List", url}, theme_in("ar"), publication);
  CHECK(has(notice->html, "<html lang=\"ar\" dir=\"rtl\">"));
}

TEST_CASE("names in a notice are text in its HTML and as they are in its text") {
  const auto notice = render_notice({"confirm", "<b>List", url}, theme_in("en"), publication);
  CHECK(has(notice->html, "&lt;b&gt;List"));
  CHECK_FALSE(has(notice->html, "<b>"));
  CHECK(has(notice->text, "<b>List"));
  CHECK(has(notice->html, "href=\"" + url + "\""));
}

TEST_CASE("a notice says that no person wrote it, and names no way to unsubscribe") {
  const auto notice = render_notice({"confirm", "The Report", url}, theme_in("en"), publication);
  const auto mail = notice_message(*notice, head(), {}).str();
  CHECK(has(mail, "\r\nAuto-Submitted: auto-generated\r\n"));
  CHECK(has(mail, "\r\nList-Id: The Report\r\n <report.report.example>\r\n"));
  CHECK(has(mail, "\r\nMessage-ID: <ID@report.example>\r\n"));
  CHECK_FALSE(has(mail, "List-Unsubscribe"));
}

TEST_CASE("a notice without HTML is text alone") {
  const auto mail = notice_message({"Subject", "", "One line\n"}, head(), {}).str();
  CHECK(has(mail, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
  CHECK(has(mail, "\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
  CHECK(mail.ends_with("\r\n\r\nOne line\r\n"));
}

TEST_CASE("no name begins a header field of its own") {
  const auto notice =
      render_notice({"confirm", "List\r\nBcc: x@y.example", url}, theme_in("en"), publication);
  const auto mail = notice_message(*notice, head(), {}).str();
  CHECK_FALSE(has(mail.substr(0, mail.find("\r\n\r\n")), "\nBcc:"));
}

TEST_CASE("a theme whose notices have no link is told") {
  for (const auto* name : {"notice.html.mustache", "notice.text.mustache"}) {
    test::TemporaryFolder folder;
    folder.write(name, "{{notice.text}}");
    const auto theme = load_theme("default", folder.path(), "en");
    const auto faults = check_theme(*theme, publication);
    REQUIRE(faults.size() == 1);
    CHECK(has(to_string(faults[0]), std::string("theme/") + name + ":1: has no {{notice.url}}"));
  }
}

}  // namespace postrider::templates
