#include "mail/failure_words.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"
#include "mail/failure_patterns.h"
#include "mail/pattern_match.h"
#include "mail/status_code.h"
#include "support/source.h"

using namespace postrider;
using namespace postrider::mail;

namespace {

/// The lines of tests/data/refusals.txt: reason, tab, what a server says.
std::vector<std::pair<std::string, std::string>> refusals() {
  std::ifstream file(test::source_folder() / "tests/data/refusals.txt");
  std::vector<std::pair<std::string, std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    const auto tab = line.find('\t');
    if (line.empty() || line.front() == '#') continue;
    REQUIRE_MESSAGE(tab != std::string::npos, line);
    lines.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  return lines;
}

/// Texts that the pattern stands for: each alternative once, with the first of all others.
std::vector<std::string> examples(std::string_view pattern) {
  if (pattern.empty()) return {""};
  std::vector<std::string> heads;
  std::size_t length = 1;
  if (pattern.front() == '{') {
    length = pattern.find('}') + 1;
    return examples(std::string(pattern_group(pattern.substr(0, length))) +
                    std::string(pattern.substr(length)));
  }
  if (pattern.front() == '(') {
    int depth = 0;
    std::size_t begin = 1;
    for (length = 0; length < pattern.size(); ++length) {
      if (pattern[length] == '(') ++depth;
      if (pattern[length] == ')') --depth;
      if (depth > 1 || (pattern[length] != '|' && depth > 0)) continue;
      for (const auto& one : examples(pattern.substr(begin, length - begin))) heads.push_back(one);
      begin = length + 1;
      if (depth == 0) break;
    }
    ++length;
  } else if (pattern.front() == '*') {
    heads = {"x"};
  } else if (pattern.front() == '?') {
    heads = {"something"};
  } else {
    heads = {std::string(1, pattern.front())};
  }
  const auto tails = examples(pattern.substr(length));
  std::vector<std::string> all;
  for (const auto& head : heads) all.push_back(head + tails.front());
  for (std::size_t i = 1; i < tails.size(); ++i) all.push_back(heads.front() + tails[i]);
  return all;
}

std::string first_rule(const FailurePattern& row, int code) {
  std::string rules;
  const auto pattern = row.words;
  for (const auto& example : examples(pattern)) {
    const auto domain = row.domain.empty() ? "x.example" : row.domain;
    const auto verdict = judge_failure(code, "", "x " + example + " y", domain);
    if (verdict.rule == pattern) return example;
    rules += std::string(verdict.rule) + " takes '" + example + "'\n";
  }
  FAIL_CHECK(std::string(pattern) << " is dead:\n" << rules);
  return {};
}

void check_form(const FailurePattern& pattern) {
  CAPTURE(pattern.words);
  CHECK_FALSE(pattern.source.empty());
  CHECK(std::count(pattern.words.begin(), pattern.words.end(), '(') ==
        std::count(pattern.words.begin(), pattern.words.end(), ')'));
  CHECK(pattern.words.find("  ") == std::string_view::npos);
  CHECK(pattern.words == to_lower(pattern.words));
  for (const auto& example : examples(pattern.words)) {
    CHECK(example.size() >= 3);
    CHECK_MESSAGE(example != "something", "a pattern begins with letters");
  }
}

}  // namespace

TEST_CASE("servers' refusals are judged by their words") {
  for (const auto& [reason, said] : refusals()) {
    CAPTURE(said);
    const auto verdict = judge_failure(0, "", said, "a.example");
    CAPTURE(verdict.rule);
    CHECK(verdict.reason == reason);
  }
}

TEST_CASE("every pattern is well-formed and matches something that no earlier one takes") {
  std::set<std::string_view> seen;
  for (const auto& patterns : {clear_patterns(), vague_patterns()}) {
    for (const auto& pattern : patterns) {
      check_form(pattern);
      first_rule(pattern, 550);
      CHECK_MESSAGE(seen.insert(pattern.words).second, pattern.words);
    }
  }
}

TEST_CASE("the words outweigh the digits where they are clear") {
  struct Case {
    int code;
    const char* status;
    const char* text;
    ReportKind kind;
    const char* reason;
  };
  for (const auto& one : std::vector<Case>{
           {552, "5.1.1", "user over quota", ReportKind::soft, "full"},
           {550, "5.7.1", "<joe@a.example>: user unknown", ReportKind::hard, "unknown_mailbox"},
           {550, "5.2.1", "no such user", ReportKind::hard, "unknown_mailbox"},
           {550, "5.0.0", "User unknown", ReportKind::hard, "unknown_mailbox"},
           {550, "5.2.1", "The user you are trying to contact is receiving mail too quickly",
            ReportKind::soft, "rate"},
           {554, "5.7.1", "<joe@a.example>: Relay access denied", ReportKind::policy, "relay"},
           {550, "5.4.1", "Recipient address rejected: Access denied. AS(201806281)",
            ReportKind::hard, "unknown_mailbox"},
           {554, "5.7.1", "<joe@a.example>: Recipient address rejected: Access denied",
            ReportKind::policy, "policy"},
           {550, "5.1.1", "Sender address rejected: user unknown", ReportKind::policy, "sender"},
           {550, "5.1.8", "sender verify failed: unknown user", ReportKind::policy, "sender"},
           {550, "5.1.7", "Invalid address", ReportKind::policy, "sender"},
           {450, "4.7.1", "<mx.b.example>: Helo command rejected: Host not found",
            ReportKind::policy, "reputation"},
       }) {
    CAPTURE(one.text);
    const auto verdict = judge_failure(one.code, one.status, one.text, "a.example");
    CHECK(verdict.kind == one.kind);
    CHECK(verdict.reason == one.reason);
  }
}

TEST_CASE("without words that are known the status decides, then the reply code") {
  struct Case {
    int code;
    const char* status;
    const char* text;
    ReportKind kind;
    const char* reason;
    const char* rule;
  };
  for (const auto& one : std::vector<Case>{
           {550, "5.1.1", "", ReportKind::hard, "unknown_mailbox", "1.1"},
           {550, "5.1.10", "x", ReportKind::hard, "unknown_mailbox", "1.10"},
           {0, "5.1.6", "x", ReportKind::hard, "moved", "1.6"},
           {0, "5.1.2", "x", ReportKind::hard, "bad_domain", "1.2"},
           {550, "5.7.17", "x", ReportKind::hard, "unknown_mailbox", "7.17"},
           {550, "5.7.18", "x", ReportKind::hard, "bad_domain", "7.18"},
           {550, "5.2.1", "mailbox unavailable", ReportKind::soft, "disabled", "2.1"},
           {550, "5.7.13", "x", ReportKind::soft, "disabled", "7.13"},
           {552, "5.2.2", "x", ReportKind::soft, "full", "2.2"},
           {550, "5.7.515", "x", ReportKind::policy, "authentication", "7.515"},
           {421, "5.7.32", "x", ReportKind::policy, "authentication", "7.32"},
           {550, "5.7.999", "x", ReportKind::policy, "policy", "7"},
           {550, "5.6.7", "x", ReportKind::content, "content", "6"},
           {552, "5.3.4", "x", ReportKind::content, "size", "3.4"},
           {0, "4.4.7", "x", ReportKind::soft, "expired", "4.7"},
           {552, "", "x", ReportKind::soft, "full", "reply 552"},
           {556, "5.0.0", "x", ReportKind::hard, "no_mail_domain", "reply 556"},
           {550, "", "x", ReportKind::soft, "unknown", ""},
           {554, "5.0.0", "x", ReportKind::soft, "unknown", ""},
           {550, "5.5.0", "Requested action not taken: mailbox unavailable", ReportKind::hard,
            "unknown_mailbox",
            "mailbox (? |)(is |)(unavailable|not available|unavaiable|unaviable|name not allowed|"
            "not allowed)"},
       }) {
    CAPTURE(one.code);
    CAPTURE(one.status);
    const auto verdict = judge_failure(one.code, one.status, one.text, "");
    CHECK(verdict.kind == one.kind);
    CHECK(verdict.reason == one.reason);
    CHECK(verdict.rule == one.rule);
  }
}

TEST_CASE("some words mean something else at some domains") {
  const auto reason = [](const char* text, const char* domain) {
    return judge_failure(550, "", text, domain).reason;
  };
  CHECK(reason("550 : User unknown", "ezweb.ne.jp") == "refused");
  CHECK(reason("550 : User unknown", "dct.au.com") == "refused");
  CHECK(reason("550 : User unknown", "notau.com") == "unknown_mailbox");
  CHECK(reason("550 <joe@au.com>: User unknown", "au.com") == "unknown_mailbox");
}

TEST_CASE("a temporary reply is hard by clear words alone") {
  const auto kind = [](int code, const char* status, const char* text) {
    return judge_failure(code, status, text, "a.example").kind;
  };
  CHECK(kind(450, "4.1.1", "x") == ReportKind::soft);
  CHECK(kind(450, "", "mailbox unavailable") == ReportKind::soft);
  CHECK(kind(450, "5.1.1", "x") == ReportKind::soft);
  CHECK(kind(0, "4.1.2", "x") == ReportKind::soft);
  CHECK(kind(450, "4.1.1", "User unknown in local recipient table") == ReportKind::hard);
  CHECK(kind(0, "4.4.3",
             "Host or domain name not found. Name service error: Host not found, try again") ==
        ReportKind::soft);
}

TEST_CASE("digits are taken from the text where the caller has none") {
  CHECK(judge_failure(0, "", "said: 550-5.1.1 x", "").rule == "1.1");
  CHECK(judge_failure(0, "", "Sorry (#5.2.2)", "").reason == "full");
}

TEST_CASE("a text is folded to the words that patterns know") {
  CHECK(folded_words("", "") == " ");
  CHECK(folded_words("550-5.1.1 The account\r\n550 5.1.1 <Joe@A.example> \"gone\"", "") ==
        " the account @ gone ");
  CHECK(folded_words("550-Unbekannter  Empf\xC3\xA4nger", "") == " unbekannter empfanger ");
  CHECK(folded_words("\xD0\x9F\xD0\x9E it\xE2\x80\x99s", "") == " \xD0\xBF\xD0\xBE it's ");
  CHECK(folded_words("host A.example. is not a.example.org", "a.example") ==
        " host ~ is not a.example.org ");
  CHECK(folded_words("192.0.2.5 5.1.1.1", "") == " 192.0.2.5 5.1.1.1 ");
}

TEST_CASE("a pattern matches gaps, words and alternatives") {
  CHECK(begins_with_pattern("user joe unknown", "user ? unknown"));
  CHECK_FALSE(begins_with_pattern("user joe is unknown", "user ? unknown"));
  CHECK(begins_with_pattern("quota was exceeded", "quota * exceed"));
  CHECK_FALSE(begins_with_pattern("quota " + std::string(60, 'x') + " exceed", "quota * exceed"));
  CHECK(begins_with_pattern("no such box", "no such (user|(mail|)box)"));
  CHECK_FALSE(begins_with_pattern("no such", "no such (user|box)"));
}

TEST_CASE("hostile text ends soon") {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "user user account quota mailbox ";
  CHECK(judge_failure(550, "", text, "a.example").kind == ReportKind::soft);
  CHECK(judge_failure(550, "", std::string(1 << 20, '\xFF'), "").reason == "unknown");
}

TEST_CASE("status codes are found in words, other numbers are none") {
  const auto found = [](const char* text) {
    const auto [code, status] = find_status_code(text);
    return std::to_string(code) + " " + status;
  };
  CHECK(found("host mx said: 550-5.1.1 no such user") == "550 5.1.1");
  CHECK(found("Sorry, no mailbox here by that name. (#5.1.1)") == "0 5.1.1");
  CHECK(found("550 IP 5.7.1.100 is listed") == "550 ");
  CHECK(found("192.0.2.55 at 10.5.1.1 in 2026, port 5500, v4.1.1x") == "0 ");
  CHECK(found("<<< 452 4.2.2 over quota") == "452 4.2.2");
  CHECK(found("#< #5.1.1 SMTP; 550 x>") == "550 5.1.1");
  CHECK(found("599 580 5.1234.1") == "0 ");
}
