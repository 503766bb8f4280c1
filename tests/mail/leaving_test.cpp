// Who asks to leave, and who only uses the word: mail/leaving.h.
#include "mail/leaving.h"

#include <doctest/doctest.h>

using namespace postrider::mail;

namespace {

bool leaves(const std::string& fields, const std::string& body) {
  return asks_to_leave(read_message("From: ann@a.example\n" + fields + "\n" + body));
}
bool by_subject(const std::string& subject) {
  return leaves("Subject: " + subject + "\n", "Good day,\n\nhere is more.\n");
}
bool by_text(const std::string& text) {
  return leaves("Subject: Re: Weekly\nContent-Type: text/plain; charset=utf-8\n", text);
}
bool by_html(const std::string& html) {
  return leaves("Subject: Re: Weekly\nContent-Type: text/html; charset=utf-8\n", html);
}

const std::string quoted =
    "On Mon, 10 Jan 2022 at 08:00, Joe <joe@report.example> wrote:\n"
    "> The week in brief.\n>\n> Unsubscribe: https://n.example/unsubscribe/abc\n> Unsubscribe\n";

}  // namespace

TEST_CASE("a phrase for the whole subject asks to leave, in many languages") {
  for (const auto* subject : {"unsubscribe",
                              "UNSUBSCRIBE",
                              " Unsubscribe! ",
                              "Please unsubscribe me.",
                              "abmelden",
                              "Bitte abmelden",
                              "Отписаться",
                              "ПОЖАЛУЙСТА, ОТПИШИТЕ МЕНЯ",
                              "退订",
                              "请退订。",
                              "取消訂閱",
                              "Se désabonner",
                              "DÉSABONNER",
                              "Darme de baja, por favor",
                              "إلغاء الاشتراك",
                              "\u200Fإلغاء الاشتراك\u200F",
                              "من فضلك إلغاء الاشتراك",
                              "“Unsubscribe”",
                              "配信停止",
                              "Remove me from your list, please",
                              "Remove me",
                              "Remove me please",
                              "Cancel subscription",
                              "opt-out",
                              "Opt out",
                              "STOP",
                              "=?utf-8?q?d=C3=A9sabonner?="})
    CHECK_MESSAGE(by_subject(subject), subject);
}

TEST_CASE("whatever says more or else does not") {
  for (const auto* subject :
       {"Re: unsubscribe", "Re: Unsubscribe", "unsubscribe?", "How do I unsubscribe",
        "Do not unsubscribe me", "unsubscribed", "unsubscribe my boss", "", "Weekly",
        "I nearly hit unsubscribe", "please", "bitte", "Fwd: unsubscribe", "resubscribe",
        "Never unsubscribe me!", "pleaseunsubscribe"})
    CHECK_FALSE_MESSAGE(by_subject(subject), subject);
}

TEST_CASE("so does a phrase that is the first paragraph of the text") {
  for (const std::string text :
       {"unsubscribe\n", "\n\n  Unsubscribe.  \n\n", "Bitte abmelden!\n-- \nAnn\n",
        "unsubscribe\n\nSent from my phone\n", "退订\n", "отписаться\r\n\r\nС уважением\r\n"})
    CHECK_MESSAGE(by_text(text), text);
  CHECK(by_text("Unsubscribe\n\n" + quoted));
  CHECK(by_text("Unsubscribe\n" + quoted));
  CHECK(by_text("Unsubscribe me please\n> The week in brief.\n"));
  CHECK_MESSAGE(by_text(quoted + "\nunsubscribe\n"), "below what it answers");
  CHECK(by_text("unsubscribe\n\n_____________\nFrom: Joe\nSent: Monday\n\nThe week\n"));
}

TEST_CASE("\"stop\" is one as the whole subject alone") {
  CHECK(by_subject("Stop!"));
  CHECK_FALSE(by_text("Stop!\n\nThat is not what happened.\n"));
  CHECK_FALSE(by_subject("Stop it"));
}

TEST_CASE("but not what is quoted: our own mails have the word, too") {
  CHECK_FALSE(by_text(quoted));
  CHECK_FALSE(by_text("\n\n" + quoted));
  CHECK_FALSE(by_text("Thank you!\n\n" + quoted));
  CHECK_FALSE_MESSAGE(by_text("> You get this because you are on the list.\nUnsubscribe\n"),
                      "a quoted line that was broken");
  CHECK_FALSE_MESSAGE(by_text("> You get this\n\nUnsubscribe\n> https://n.example/\n"),
                      "and among other quoted lines");
  CHECK_FALSE(by_text("-----Original Message-----\nFrom: Joe\n\nUnsubscribe\n"));
  CHECK_FALSE(by_text("From: Joe\nSent: Monday\n\nUnsubscribe\n"));
}

TEST_CASE("nor a paragraph that goes on, or a later one") {
  CHECK_FALSE(by_text("Unsubscribe\nis what I will never do.\n"));
  CHECK_FALSE(by_text("Good day,\n\nunsubscribe\n"));
  CHECK_FALSE(by_text("I read it all.\n\nUnsubscribe\n"));
  CHECK_FALSE(by_text("Unsubscribe\nthese people:\n\nAnn\n"));
  CHECK_FALSE(by_text(""));
  CHECK_FALSE(by_text("\n\n\n"));
}

TEST_CASE("in HTML what is quoted is told by its frame") {
  CHECK(by_html("<div dir=\"ltr\">Unsubscribe</div>"));
  CHECK(
      by_html("<p>D&eacute;sabonner</p><br><div class=\"gmail_quote\"><blockquote>The week"
              "</blockquote></div>"));
  CHECK_FALSE(by_html("<div><br></div><blockquote type=\"cite\"><p>Unsubscribe</p></blockquote>"));
  CHECK_FALSE(by_html("<div></div><div class=\"gmail_quote\"><div>Unsubscribe</div></div>"));
  CHECK_FALSE(by_html("<div></div><div id=\"divRplyFwdMsg\">From: Joe</div><p>Unsubscribe</p>"));
  CHECK(by_html("<div>Unsubscribe</div><div><br></div><div>Sent from my phone</div>"));
  CHECK_FALSE(by_html("<div>Unsubscribe</div><div>is a word that I like.</div>"));
}

TEST_CASE("the text of a mail in two forms is its plain one, and no attached mail's") {
  const auto in_parts = [](const std::string& type, const std::string& parts) {
    return leaves("Content-Type: " + type + "; boundary=b\n", parts + "--b--\n");
  };
  CHECK(in_parts("multipart/alternative",
                 "--b\n\nunsubscribe\n--b\nContent-Type: text/html\n\n<p>unsubscribe</p>\n"));
  CHECK_FALSE(in_parts("multipart/mixed",
                       "--b\n\nLook at this:\n--b\nContent-Type: message/rfc822\n\nSubject: "
                       "unsubscribe\n\nunsubscribe\n"));
}
