#include "daemon/difference.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace postrider;
using daemon::difference;
using daemon::unified_difference;
using Lines = std::vector<std::string>;

TEST_CASE("a changed line is told with three lines around it") {
  CHECK(unified_difference("a\nb\nc\nd\ne\nf\ng\nh\n", "a\nb\nc\nd\nE\nf\ng\nh\n") ==
        Lines{"@@ -2,7 +2,7 @@", " b", " c", " d", "-e", "+E", " f", " g", " h"});
}

TEST_CASE("lines that come in or go are told where they stand") {
  CHECK(unified_difference("a\nb\n", "a\nnew\nb\n") ==
        Lines{"@@ -1,2 +1,3 @@", " a", "+new", " b"});
  CHECK(unified_difference("", "a\n") == Lines{"@@ -0,0 +1 @@", "+a"});
  CHECK(unified_difference("a\n", "") == Lines{"@@ -1 +0,0 @@", "-a"});
  CHECK(unified_difference("a\nb\nc\n", "b\nc\nd\n") ==
        Lines{"@@ -1,3 +1,3 @@", "-a", " b", " c", "+d"});
}

TEST_CASE("changes far from each other are two parts, near ones are one") {
  std::string before, one, two;
  for (int i = 1; i <= 30; ++i) {
    const auto line = std::to_string(i) + "\n";
    before += line;
    one += i == 10 || i == 15 ? "x\n" : line;
    two += i == 5 || i == 25 ? "x\n" : line;
  }
  const auto near = unified_difference(before, one);
  CHECK(std::count_if(near.begin(), near.end(),
                      [](const auto& line) { return line.starts_with("@@"); }) == 1);
  CHECK(near.front() == "@@ -7,12 +7,12 @@");
  const auto far = unified_difference(before, two);
  CHECK(far.front() == "@@ -2,7 +2,7 @@");
  CHECK(std::count(far.begin(), far.end(), "@@ -22,7 +22,7 @@") == 1);
}

TEST_CASE("the same is no difference") {
  CHECK(unified_difference("a\nb", "a\nb\n").empty());
  CHECK(difference({"S", "<p>a</p>", "a", {}}, {"S", "<p>a</p>", "a", {}}).empty());
}

TEST_CASE("subject, images and text are compared, and HTML where nothing else differs") {
  const templates::RenderedIssue before{"Old", "<p>a</p>", "a\n", {{"c@h", "image/png", "123"}}};
  auto after = before;
  after.subject = "New";
  auto lines = difference(before, after);
  CHECK(std::count(lines.begin(), lines.end(), "-Subject: Old") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "+Subject: New") == 1);
  after = before;
  after.images[0].bytes = "124";
  CHECK(difference(before, after).size() > 2);
  after = before;
  after.html = "<b>a</b>";
  lines = difference(before, after);
  CHECK(lines.front() == "The HTML part alone differs:");
  CHECK(lines.back() == "+<b>a</b>");
}

TEST_CASE("very long texts are told as replaced, quickly") {
  std::string before, after;
  for (int i = 0; i < 5000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  CHECK(unified_difference(before, after).size() == 10001);
}
