#include "mail/wire_text.h"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <random>

using namespace postrider::mail;

namespace {

/// The obvious way to say what may go out as it is.
bool may_go_out(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && text.substr(i + 1, 1) != "\n") return false;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
    if (text[i] == '.' && (i == 0 || text[i - 1] == '\n')) return false;
  }
  return true;
}

bool has_eight_bits(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c < 0; });
}

}  // namespace

TEST_CASE("however a text is put together, it is known whether it may go out as it is") {
  std::mt19937 random(1);
  const auto pick = [&](unsigned below) { return random() % below; };
  int plain = 0;
  for (int round = 0; round < 20'000; ++round) {
    WireText text;
    std::string whole;
    for (auto pieces = pick(6); pieces > 0; --pieces) {
      std::string piece;
      for (auto letters = pick(5); letters > 0; --letters)
        piece += std::array{"a", "\r\n", "\r\n", "b", ".", "\r", "\n", "\xC3\xA9"}[pick(8)];
      whole += piece;
      if (pick(2) == 0)
        text.append(piece);
      else
        text.append(WireText(piece));
    }
    CAPTURE(whole);
    REQUIRE(text.str() == whole);
    REQUIRE(text.is_plain() == may_go_out(whole));
    REQUIRE(text.is_eight_bit() == has_eight_bits(whole));
    REQUIRE(WireText(whole).is_plain() == may_go_out(whole));
    plain += text.is_plain() ? 1 : 0;
  }
  CHECK(plain > 1000);
}

TEST_CASE("a text in need of it has its dots doubled, and no end of a message is hidden in it") {
  CHECK(WireText(std::string(".one\r\n.\r\n..two\r\n")).dot_stuffed() ==
        "..one\r\n..\r\n...two\r\n");
  CHECK(WireText(std::string("one\n.\nMAIL\r.\r\n")).dot_stuffed() ==
        "one\r\n..\r\nMAIL\r\n..\r\n");
  CHECK(WireText(std::string("a.b\r\n")).dot_stuffed() == "a.b\r\n");
}

TEST_CASE("a long piece is there once, in all texts that have it") {
  const WireText fixed(std::string(5'000, 'x') + "\r\n");
  WireText ann, ben;
  for (auto* const text : {&ann, &ben}) {
    text->append(std::string_view("Hello\r\n"));
    text->append(fixed);
    text->append(std::string_view("bye\r\n"));
  }
  REQUIRE(ann.pieces().size() == 3);
  CHECK(ann.pieces()[1].data() == fixed.pieces()[0].data());
  CHECK(ben.pieces()[1].data() == fixed.pieces()[0].data());
  CHECK(ann.str() == "Hello\r\n" + fixed.str() + "bye\r\n");
  CHECK(ann.size() == ann.str().size());
}
