#include "daemon/mailbox/imap_words.h"

#include <doctest/doctest.h>
#include <numeric>

using namespace postrider::daemon::mailbox;

TEST_CASE("an IMAP folder's name is quoted, and in modified UTF-7") {
  CHECK(imap_folder("INBOX") == R"("INBOX")");
  CHECK(imap_folder(R"(a "b" \c)") == R"("a \"b\" \\c")");
  CHECK(imap_folder("Tom & Jerry") == R"("Tom &- Jerry")");
  // RFC 3501 §5.1.3's own examples
  CHECK(imap_folder("~peter/mail/台北/日本語") == R"("~peter/mail/&U,BTFw-/&ZeVnLIqe-")");
  CHECK(imap_folder("Rückläufer") == R"("R&APw-ckl&AOQ-ufer")");
  CHECK(imap_folder("😀") == R"("&2D3eAA-")");
}

TEST_CASE("IMAP numbers are written as sets of ranges, a hundred in each") {
  using Sets = std::vector<std::string>;
  CHECK(imap_sets({}).empty());
  CHECK(imap_sets(std::vector<std::uint32_t>{5}) == Sets{"5"});
  CHECK(imap_sets(std::vector<std::uint32_t>{1, 2, 3, 5, 8, 9}) == Sets{"1:3,5,8:9"});
  std::vector<std::uint32_t> many(150);
  std::iota(many.begin(), many.end(), 1U);
  CHECK(imap_sets(many) == Sets{"1:100", "101:150"});
}

TEST_CASE("numbers are found in IMAP's lines") {
  CHECK(imap_number("* OK [UIDVALIDITY 3857529045] UIDs valid", "[UIDVALIDITY") == 3857529045U);
  CHECK(imap_number("* ok [uidvalidity 7]", "[UIDVALIDITY") == 7);
  CHECK(imap_number("* OK [UIDVALIDITY 99999999999]", "[UIDVALIDITY") == std::nullopt);
  CHECK(imap_number("* OK [UIDNEXT 7]", "[UIDVALIDITY") == std::nullopt);
  CHECK(imap_count("* 23 EXISTS", "EXISTS") == 23);
  CHECK(imap_count("* 23 exists", "EXISTS") == 23);
  CHECK(imap_count("* OK EXISTS", "EXISTS") == std::nullopt);
  CHECK(imap_count("* 1 FETCH (UID 2)", "FETCH") == 1);
  CHECK(imap_count("23 EXISTS", "EXISTS") == std::nullopt);
  CHECK(imap_literal("* 1 FETCH (BODY[] {310}") == 310);
  CHECK(imap_literal("* 1 FETCH (BODY[] {0}") == 0);
  CHECK(imap_literal("* 1 FETCH (BODY[] {-1}") == std::nullopt);
  CHECK(imap_literal("* 1 FETCH (BODY[] {}") == std::nullopt);
  CHECK(imap_literal("* 1 FETCH (UID 3)") == std::nullopt);
  CHECK(imap_literal("* 1 FETCH (BODY[] {99999999999999999999}") == std::nullopt);
}

TEST_CASE("a FETCH response is read whatever its order and what else is in it") {
  const auto read = [](std::string_view text, std::vector<std::string> literals) {
    const auto fetch = parse_imap_fetch(text, std::move(literals));
    return std::to_string(fetch.uid.value_or(0)) + ":" + fetch.body.value_or("none");
  };
  CHECK(read("* 1 FETCH (UID 5 BODY[]<0> {4} )", {"mail"}) == "5:mail");
  CHECK(read("* 1 FETCH (BODY[] {4}  UID 5)", {"mail"}) == "5:mail");
  CHECK(read("* 1 FETCH (FLAGS (\\Seen \\Recent) body[] {4}  uid 5)", {"mail"}) == "5:mail");
  CHECK(read(R"(* 1 FETCH (UID 5 BODY[]<0> "a \"b\" \\"))", {}) == "5:a \"b\" \\");
  CHECK(read("* 1 FETCH (UID 5 BODY[] NIL)", {}) == "5:none");
  CHECK(read("* 1 FETCH (UID 5 BODY[] \"\")", {}) == "5:");
  // A literal in what we did not ask for is not the body.
  CHECK(read("* 1 FETCH (ENVELOPE (\"d\" {3}  ((NIL)) NIL) UID 5 BODY[] {4} )", {"sub", "mail"}) ==
        "5:mail");
  CHECK(read("* 1 FETCH (UID 5)", {}) == "5:none");
  CHECK(read("* 1 FETCH (FLAGS (\\Seen))", {}) == "0:none");
  for (const auto* broken :
       {"* 1 FETCH", "* 1 FETCH (", "* 1 FETCH (BODY[]", "* 1 FETCH (((", "* 1 FETCH (BODY[] \"",
        "* 1 FETCH (A (B \"", "* 1 FETCH (\"", "* 1 FETCH (UID x)", "* 1 FETCH (BODY[] {4}"})
    CHECK(read(broken, {}) == "0:none");
}
