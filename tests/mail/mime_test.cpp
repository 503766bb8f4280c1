#include "mail/mime.h"

#include <doctest/doctest.h>
#include <random>

#include "base/text.h"
#include "mail/relaxed_body.h"
#include "support/quoted_printable.h"

using namespace postrider;
using namespace postrider::mail;
using postrider::test::decoded;
using postrider::test::relaxed_body;

namespace {

std::string encoded(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  append_quoted_printable(out, text, column);
  return out;
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> pieces{
      "a",  "word", " ", "  ",   "\n", ".",   "\n.",
      "\t", "=",    "ж", "中国", "🎉", " \n", std::string(90, 'x')};
  std::string text;
  for (auto count = random() % 80; count > 0; --count) text += pieces[random() % pieces.size()];
  return text;
}

}  // namespace

TEST_CASE("quoted-printable comes back as it was, in lines of at most 76 octets") {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto text = random_text(random);
    const auto out = encoded(text);
    CHECK(decoded(out) == text);
    for (const auto line : split(out, '\n')) CHECK(line.size() <= 77);  // with its CR
  }
}

TEST_CASE("encoded text needs no dot-stuffing and is its own relaxed form") {
  std::mt19937 random(2);
  for (int i = 0; i < 1000; ++i) {
    const auto out = encoded(random_text(random) + "x\n");
    CHECK_FALSE(out.starts_with('.'));
    CHECK(out.find("\n.") == std::string::npos);
    CHECK(relaxed_body(out) == out);
  }
}

TEST_CASE("text encoded in pieces reads like text encoded at once") {
  std::mt19937 random(3);
  for (int i = 0; i < 1000; ++i) {
    const auto text = random_text(random);
    const auto cut = text.empty() ? 0 : random() % text.size();
    std::string out;
    std::size_t column = 0;
    append_quoted_printable(out, std::string_view(text).substr(0, cut), column);
    append_quoted_printable(out, std::string_view(text).substr(cut), column);
    CHECK(decoded(out) == text);
    for (const auto line : split(out, '\n')) CHECK(line.size() <= 77);
  }
}

TEST_CASE("a soft line break never splits an escape") {
  for (std::size_t length = 70; length < 80; ++length) {
    const auto out = encoded(std::string(length, 'x') + "жж");
    CHECK(decoded(out) == std::string(length, 'x') + "жж");
    CHECK(out.find("=\r\n") != std::string::npos);
  }
}

TEST_CASE("images come in lines of 76") {
  const auto out = base64_lines(std::string(200, 'x'));
  for (const auto line : split(out, '\n')) CHECK(line.size() <= 77);
  CHECK(out.ends_with("==\r\n") == (200 % 3 == 1));
}
