#include "daemon/http/languages.h"

#include <doctest/doctest.h>
#include <vector>

using namespace postrider::daemon::http;

namespace {

const std::vector<std::string> known{"en", "de", "fr", "es", "ru", "zh", "ar", "pt-BR"};

std::string best(std::string_view field) { return accepted_language(field, known).value_or("-"); }

}  // namespace

TEST_CASE("a language is known by any case and by its beginning") {
  CHECK(find_language("de", known) == "de");
  CHECK(find_language("DE-at", known) == "de");
  CHECK(find_language("zh-Hant-TW", known) == "zh");
  CHECK(find_language("pt-br", known) == "pt-BR");
  CHECK_FALSE(find_language("pt", known));
  CHECK_FALSE(find_language("den", known));
  CHECK_FALSE(find_language("", known));
  CHECK_FALSE(find_language("-", known));
}

TEST_CASE("Accept-Language's greatest weight wins, and the first of equals") {
  CHECK(best("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5") == "fr");
  CHECK(best("en;q=0.8, de;q=0.9") == "de");
  CHECK(best("es, de") == "es");
  CHECK(best("it, ru ; q=0.3 ,en;q=0.299") == "ru");
  CHECK(best("AR") == "ar");
  CHECK(best("de;Q=1.000") == "de");
}

TEST_CASE("what is not wanted, unknown or malformed is not chosen") {
  CHECK(best("") == "-");
  CHECK(best("it") == "-");
  CHECK(best("de;q=0") == "-");
  CHECK(best("de;q=0.000, en;q=0.001") == "en");
  CHECK(best("*, de;q=0.5") == "-");
  CHECK(best("de;q=, fr;q=0.1") == "fr");
  CHECK(best("de;q=2, fr;q=0.1") == "fr");
  CHECK(best("de;q=0.1234, fr;q=0.1") == "fr");
  CHECK(best("de;q=-1, fr;q=0.1") == "fr");
  CHECK(best("de;level=1, fr;q=0.1") == "fr");
  CHECK(best(",,;;q=1,<script>,fr") == "fr");
  CHECK(best(std::string(8000, ',')) == "-");
}
