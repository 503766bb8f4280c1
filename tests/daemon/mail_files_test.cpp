// Messages in files: daemon/mail_files.h.
#include "daemon/mail_files.h"

#include <doctest/doctest.h>

#include "support/temporary_folder.h"

using namespace postrider;

namespace {

std::vector<std::string> messages_in(const std::string& bytes) {
  const test::TemporaryFolder folder;
  std::vector<std::string> messages;
  CHECK(daemon::each_message(
      folder.write("file", bytes),
      [&](const auto&, std::string_view message) { messages.emplace_back(message); }));
  return messages;
}

}  // namespace

TEST_CASE("a message is handed over as it is, with or without a line end at its end") {
  for (const std::string message :
       {"Subject: a\n\nb", "Subject: a\n\nb\n", "Subject: a\r\n\r\nb\r\n", "Subject: a\n\n",
        "Subject: a\n\nb\n\n"})
    CHECK(messages_in(message) == std::vector{message});
}

TEST_CASE("an mbox's messages are handed over without what is the mbox's") {
  CHECK(messages_in("From a Mon\nSubject: a\n\n>From b\n\nFrom b Tue\nSubject: b\n\nlast") ==
        std::vector<std::string>{"Subject: a\n\nFrom b\n", "Subject: b\n\nlast"});
}
