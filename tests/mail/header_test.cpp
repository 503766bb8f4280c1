#include "mail/header.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>

#include "base/text.h"

using namespace postrider;
using namespace postrider::mail;

namespace {

/// What a reader of RFC 2047 base64 words and folded text sees.
std::string decoded_words(std::string_view value) {
  std::string out;
  std::string blanks;  // since the last word: between two words they do not count
  bool after_word = false;
  while (!value.empty()) {
    if (value.starts_with("=?UTF-8?B?")) {
      const auto end = value.find("?=", 10);
      CHECK(end + 2 <= 75);
      auto url = std::string(value.substr(10, end - 10));
      url.erase(std::min(url.find('='), url.size()));  // padding
      for (auto& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
      std::vector<std::uint8_t> bytes;
      CHECK(from_base64url(url, bytes));
      const std::string word(bytes.begin(), bytes.end());
      CHECK_MESSAGE(is_utf8(word), "a character is split between two words");
      out += (after_word ? "" : blanks) + word;
      blanks.clear();
      value.remove_prefix(end + 2);
      after_word = true;
    } else if (value.starts_with("\r\n")) {
      value.remove_prefix(2);
    } else if (value[0] == ' ') {
      blanks += ' ';
      value.remove_prefix(1);
    } else {
      out += blanks + value[0];
      blanks.clear();
      value.remove_prefix(1);
      after_word = false;
    }
  }
  return out + blanks;
}

void check_lines(std::string_view value, std::size_t first_column) {
  std::size_t column = first_column;
  for (const auto line : split(value, '\n')) {
    const auto length = line.ends_with('\r') ? line.size() - 1 : line.size();
    CHECK(column + length <= 76);
    column = 0;
  }
}

}  // namespace

TEST_CASE("plain text stays as it is, long text is folded at blanks") {
  CHECK(encode_text("Hello, world", 9) == "Hello, world");
  const std::string words =
      "Kazakhstan unrest crushed; Ukraine talks this week and a good many words more";
  const auto folded = encode_text(words, 9);
  check_lines(folded, 9);
  CHECK(decoded_words(folded) == words);
}

TEST_CASE("words of any script come back, whatever their length, and split no character") {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"a", " ", "ж", "中", "🇰🇿", "é", "=?", "?=", "\"", "…"};
  for (int i = 0; i < 500; ++i) {
    std::string text = "ü";
    for (auto count = random() % 60; count > 0; --count) text += pieces[random() % pieces.size()];
    text += "ü";
    const auto encoded = encode_text(text, 9);
    check_lines(encoded, 9);
    CHECK(decoded_words(encoded) == text);
  }
}

TEST_CASE("what looks like an encoded word is encoded itself") {
  CHECK(decoded_words(encode_text("=?UTF-8?B?eA==?=", 9)) == "=?UTF-8?B?eA==?=");
  CHECK(encode_text("=?UTF-8?B?eA==?=", 9) != "=?UTF-8?B?eA==?=");
}

TEST_CASE("no value begins a field of its own") {
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = "x";
    for (auto count = random() % 40; count > 0; --count)
      bytes += "\r\n\t\0 :aB\x80\xFF\x7F"[random() % 12];
    std::string out;
    append_header(out, "Subject", encode_text(bytes, 9));
    append_header(out, "To", encode_mailbox({bytes, {"a", "b.example"}}, 4));
    append_header(out, "X", bytes);
    CHECK(out.find('\0') == std::string::npos);
    for (std::size_t at = 0; (at = out.find_first_of("\r\n", at)) != std::string::npos; at += 2) {
      REQUIRE(out.substr(at, 2) == "\r\n");
      const auto next = out.substr(at + 2, 3);
      CHECK((next.empty() || next[0] == ' ' || next.starts_with("To:") || next.starts_with("X:")));
    }
  }
}

TEST_CASE("no line is longer than 998 octets, whatever the value") {
  const auto longest = [](const std::string& text) {
    std::size_t length = 0;
    for (const auto line : split(text, '\n')) length = std::max(length, line.size());
    return length - 1;  // its CR
  };
  const std::string values[] = {std::string(998 - 3, 'a'),
                                std::string(998, 'a'),
                                std::string(5000, 'a'),
                                "a" + std::string(2000, ' ') + "b",
                                "ab " + std::string(600, ' ') + std::string(480, 'c'),
                                "ü" + std::string(3000, ' ') + "ü",
                                std::string(990, 'a') + "\r\n " + std::string(2000, 'b')};
  for (const auto& value : values) {
    CAPTURE(value.size());
    std::string out;
    append_header(out, "X", value);
    append_header(out, "Subject", encode_text(value, 9));
    append_header(out, "To", encode_mailbox({value, {"a", "b.example"}}, 4));
    CHECK(longest(out) <= 998);
  }
  CHECK(decoded_words(encode_text(values[3], 9)) == values[3]);
  std::string out;
  append_header(out, "X", values[0]);
  CHECK(out == "X: " + values[0] + "\r\n");
}

TEST_CASE("names are quoted or encoded where they must be") {
  const Address joe{"joe", "a.example"};
  CHECK(encode_mailbox({"Joe Webster", joe}, 6) == "Joe Webster <joe@a.example>");
  CHECK(encode_mailbox({"Webster, \"Joe\"", joe}, 6) == "\"Webster, \\\"Joe\\\"\" <joe@a.example>");
  CHECK(encode_mailbox({"", joe}, 6) == "joe@a.example");
  CHECK(decoded_words(encode_mailbox({"Jürgen", joe}, 6)) == "Jürgen <joe@a.example>");
}

TEST_CASE("dates are in UTC as RFC 5322 writes them") {
  CHECK(encode_date(parse_rfc3339("2022-01-03T08:05:09+01:00").value()) ==
        "Mon, 03 Jan 2022 07:05:09 +0000");
}
