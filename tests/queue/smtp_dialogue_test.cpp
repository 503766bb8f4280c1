#include "queue/smtp_dialogue.h"

#include <doctest/doctest.h>

using namespace postrider::queue;

TEST_CASE("a server's offers are those of its last EHLO, in any spelling") {
  SmtpDialogue dialogue;
  for (const char* line : {"220 mx.example ESMTP\r\n", "250-mx.example\r\n", "250-STARTTLS\r\n",
                           "250-dsn\r\n", "250 SIZE 1000\r\n", "220 2.0.0 go ahead\r\n"})
    dialogue.take(line);
  CHECK_FALSE(dialogue.offers().starttls);
  for (const char* line : {"250-mx.example\r\n", "250-Pipelining\r\n", "250-SMTPUTF8\r\n",
                           "250-8BITMIME\r\n", "250 size 5000\r\n"})
    dialogue.take(line);
  const auto& offers = dialogue.offers();
  CHECK(offers.pipelining);
  CHECK(offers.smtputf8);
  CHECK(offers.eight_bit_mime);
  CHECK_FALSE(offers.dsn);
  CHECK(offers.size == 5000);
}

TEST_CASE("a refusal's words are kept printable, those of XOAUTH2 decoded") {
  SmtpDialogue dialogue;
  dialogue.take("535 5.7.8 no\x1b[2J\r\n");
  CHECK(dialogue.last_line().starts_with("535 5.7.8 no"));
  CHECK(dialogue.last_line().find('\x1b') == std::string::npos);
  dialogue.take("334 eyJzdGF0dXMiOiI0MDAifQ==\r\n");
  CHECK(dialogue.last_line() == "334 {\"status\":\"400\"}");
  dialogue.take("\r\n");
  CHECK(dialogue.last_line().starts_with("334"));
}
