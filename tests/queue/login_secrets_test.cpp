#include "queue/login_secrets.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "queue/smtp_dialogue.h"

using namespace postrider;
using queue::LoginSecrets;

namespace {

const std::string password = "correct horse 7";
const auto secrets = LoginSecrets::of_password("joe", password);

}  // namespace

TEST_CASE("a password is hidden in a server's words, as it is and as each AUTH writes it") {
  const auto plain = base64(std::string("\0joe\0", 5) + password);
  for (const auto& said : {password, plain, base64(password)}) {
    const auto hidden = secrets.hidden("cannot make sense of " + said + ", sorry");
    CHECK(hidden == "cannot make sense of ***, sorry");
  }
  CHECK(secrets.hidden("AUTH PLAIN " + plain.substr(0, plain.find('='))) == "AUTH PLAIN ***");
}

TEST_CASE("the beginning of a password is hidden where the server's words were cut off in it") {
  CHECK(secrets.hidden("no such command: correct hor") == "no such command: ***");
  CHECK(secrets.hidden("this is correct") == "this is correct");
}

TEST_CASE("an access token is hidden, alone and in what XOAUTH2 makes of it") {
  const auto hiding = LoginSecrets::of_token("joe", "ya29.token");
  CHECK(hiding.hidden("Bearer ya29.token is old") == "Bearer *** is old");
  const auto sent = base64("user=joe\1auth=Bearer ya29.token\1\1");
  CHECK(hiding.hidden("what is " + sent + "?") == "what is ***?");
}

TEST_CASE("a password too short to be told from other words spoils none") {
  const auto hiding = LoginSecrets::of_password("joe", "ok");
  CHECK(hiding.hidden("2.0.0 ok, queued") == "2.0.0 ok, queued");
}

TEST_CASE("where nobody logs in, a server's words stay as they are") {
  CHECK(LoginSecrets().hidden("250 2.0.0 ok") == "250 2.0.0 ok");
}

TEST_CASE("a server that repeats the log-in it refuses is heard without it") {
  queue::SmtpDialogue dialogue(secrets);
  dialogue.take("535 5.7.8 bad: AUTH PLAIN " + base64(std::string("\0joe\0", 5) + password) +
                "\r\n");
  CHECK(dialogue.last_line().find("535 5.7.8 bad: AUTH PLAIN ***") == 0);
}
