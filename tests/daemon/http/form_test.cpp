#include "daemon/http/form.h"

#include <doctest/doctest.h>
#include <random>

#include "base/text.h"

using namespace postrider;
using namespace postrider::daemon::http;

namespace {

constexpr std::string_view urlencoded = "application/x-www-form-urlencoded";

Form form_of(std::string_view body) {
  auto form = Form::parse(urlencoded, body);
  REQUIRE(form);
  return *form;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<std::uint8_t>(c);
    out += "%" + hex(std::span(&octet, 1));
  }
  return out;
}

}  // namespace

TEST_CASE("a browser's form is read") {
  const auto form = form_of("name=J%C3%B6rg+%26+Anna&list=a&list=b&empty=&flag");
  CHECK(form.value("name") == "Jörg & Anna");
  CHECK(form.values("list") == std::vector<std::string_view>{"a", "b"});
  CHECK(form.value("empty").empty());
  CHECK(form.has("empty"));
  CHECK(form.has("flag"));
  CHECK_FALSE(form.has("nothing"));
  CHECK(form.value("nothing").empty());
}

TEST_CASE("the type may have parameters and any case") {
  CHECK(Form::parse("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "a=b")->value("a") == "b");
}

TEST_CASE("outer blanks are no part of a value") {
  CHECK(form_of("a=+x+y%09").value("a") == "x y");
}

TEST_CASE("any other body has no fields") {
  for (const std::string_view type : {"", "text/plain", "multipart/form-data; boundary=x"}) {
    CAPTURE(type);
    const auto form = Form::parse(type, "a=b");
    REQUIRE(form);
    CHECK_FALSE(form->has("a"));
  }
}

TEST_CASE("what no browser sends is refused") {
  for (const std::string body : {"a=%", "a=%4", "a=%zz", "%=a", "a=%00", "a=%ff", "%00=a"}) {
    CAPTURE(body);
    CHECK_FALSE(Form::parse(urlencoded, body));
  }
}

TEST_CASE("fields have limits in number, name and value") {
  const auto many = [](std::size_t count) {
    std::string body;
    for (std::size_t i = 0; i < count; ++i) body += "a=b&";
    return body;
  };
  CHECK(Form::parse(urlencoded, many(Form::most_fields)));
  CHECK_FALSE(Form::parse(urlencoded, many(Form::most_fields + 1)));
  CHECK(Form::parse(urlencoded, "a=" + std::string(Form::longest_value, 'x')));
  CHECK_FALSE(Form::parse(urlencoded, "a=" + std::string(Form::longest_value + 1, 'x')));
  CHECK_FALSE(Form::parse(urlencoded, std::string(Form::longest_name + 1, 'x') + "=a"));
}

TEST_CASE("whatever text is encoded comes back, and whatever octets come are read or refused") {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string octets(random() % 40, '\0');
    for (auto& c : octets)
      c = random() % 3 == 0 ? "%&=+;a\xC3\xA9"[random() % 8] : static_cast<char>(random());
    if (const auto form = Form::parse(urlencoded, octets)) {
      for (const auto part : split(octets, '&'))
        for (const auto value : form->values(part.substr(0, part.find('=')))) CHECK(is_utf8(value));
    }
    const auto form = Form::parse(urlencoded, "x=" + encoded(octets));
    const bool is_text = is_utf8(octets) && octets.find('\0') == std::string::npos;
    REQUIRE(form.has_value() == is_text);
    if (is_text) CHECK(form->value("x") == trim(octets));
  }
}
