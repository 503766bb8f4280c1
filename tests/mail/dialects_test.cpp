#include "mail/dialects.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "mail/dialect_forms.h"
#include "support/source.h"

using namespace postrider;
using namespace postrider::mail;

namespace {

std::vector<PlainFailure> told(const std::string& text, const std::string& fields = "") {
  return plain_failures(read_message(
      "From: MAILER-DAEMON@mx.example\nTo: bounces@report.example\n" + fields + "\n" + text));
}

std::string recipients(const std::vector<PlainFailure>& failures) {
  std::string all;
  for (const auto& one : failures) all += "[" + one.recipient + "|" + one.text + "]";
  return all;
}

}  // namespace

TEST_CASE("every form is shown by a file of the corpus") {
  std::set<std::string> shown;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_folder() / "tests/data/bounces")) {
    if (entry.path().extension() != ".eml") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    for (const auto& failure : plain_failures(read_message(bytes.str())))
      shown.insert(failure.rule);
  }
  for (const auto& form : report_forms()) {
    CHECK_MESSAGE(shown.contains(std::string(form.name)), form.name);
    CHECK_FALSE(form.source.empty());
    CHECK(to_lower(form.marks) == form.marks);
    CHECK(to_lower(form.labels) == form.labels);
    CHECK(form.labels.empty() == !(form.shapes & labelled));
  }
}

TEST_CASE("each recipient has the words that follow it; neighbours without words share them") {
  CHECK(recipients(told("This is the Postfix program at host mx.example.\n\n"
                        "<joe@a.example>: no such user\n"
                        "<ann@a.example>\n<sue@a.example>:\n  mailbox full,\n  try later\n")) ==
        "[joe@a.example|no such user][ann@a.example|mailbox full, try later]"
        "[sue@a.example|mailbox full, try later]");
}

TEST_CASE("a recipient named twice is one, and the sender and the reporter are none") {
  CHECK(
      recipients(told(
          "   ----- Transcript of session follows -----\n"
          "<bounces@report.example>\n<joe@a.example>\nfirst\n<JOE@a.example>... no such user\n")) ==
      "[joe@a.example|first ... no such user]");
}

TEST_CASE("what stands above the recipients is told of them where the form says so") {
  const auto found =
      told("Could not be delivered because of\n550 no such user\nTo:\n    joe@a.example\nBye\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].text == "Could not be delivered because of 550 no such user To: Bye");
  CHECK(found[0].code == 550);
}

TEST_CASE("running text names a recipient where it has one address alone") {
  CHECK(told("Your mail to joe@a.example bounced: no such user. Ask postmaster@a.example.\n")
            .at(0)
            .recipient == "joe@a.example");
  CHECK(told("Your mail to joe@a.example or ann@a.example bounced: no such user.\n")
            .at(0)
            .recipient.empty());
}

TEST_CASE("an address ends where the text around it begins") {
  const auto recipient = [](const std::string& text) { return told(text).at(0).recipient; };
  CHECK(recipient("550 joe@a.example...No such user\n") == "joe@a.example");
  CHECK(recipient("\xE6\x94\xB6\xE4\xBB\xB6\xE4\xBA\xBA\xEF\xBC\x9Ajoe@a.example\xEF\xBC\x89\n") ==
        "joe@a.example");
}

TEST_CASE("the returned message's words and addresses are not read") {
  CHECK(recipients(told(
            "Hi. This is the qmail-send program at mx.example.\n<joe@a.example>:\nno such user\n"
            "--- Below this line is a copy of the message.\n\nReturn-Path: <x@y.example>\n"
            "<ann@a.example>:\nmailbox full\n")) == "[joe@a.example|no such user]");
}

TEST_CASE("delays and arrivals are told from failures") {
  const auto fate = [](const std::string& text) { return told(text).at(0).fate; };
  CHECK(fate("<joe@a.example>: no such user") == Fate::failed);
  CHECK(fate("<joe@a.example>: busy. It will be retried for 2 days.") == Fate::delayed);
  CHECK(fate("Your message was successfully delivered to\n<joe@a.example>") == Fate::delivered);
}

TEST_CASE("only a mailer's words are read in an unknown form") {
  CHECK(recipients(told("joe@a.example: no such user\n")) == "[joe@a.example|no such user]");
  CHECK(
      plain_failures(read_message("From: ann@a.example\n\njoe@b.example: no such user\n")).empty());
  CHECK(plain_failures(read_message("From: ann@a.example\n\nFailure Reasons\njoe@b.example\n"))
            .empty());
}

TEST_CASE("hostile words end soon") {
  std::string text = "This is the mail system at host mx.example.\n";
  for (int i = 0; i < 20000; ++i) text += "<j" + std::to_string(i) + "@a.example>:\n";
  CHECK(told(text).size() <= 1000);
  CHECK(told(std::string(1 << 20, '<')).size() == 1);
  CHECK(told(std::string(1 << 20, '@')).size() == 1);
}
