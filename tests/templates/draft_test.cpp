#include "templates/draft.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temporary_folder.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::templates;
using test::has;

namespace {

Draft parsed(const std::string& text, const std::string& file = "drafts/issue.md") {
  auto draft = parse_draft(text, file);
  if (!draft) FAIL(to_string(draft.error().front()));
  return std::move(*draft);
}

/// All faults, a line each.
std::string draft_faults(const std::string& text, const std::string& file = "drafts/issue.md") {
  const auto draft = parse_draft(text, file);
  if (draft) return "no fault";
  std::string lines;
  for (const auto& fault : draft.error()) lines += to_string(fault) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("a draft gives its front matter and the line on which its body begins") {
  const auto draft = parsed(
      "---\ntitle: \"Kazakhstan: calm\"\nsubtitle: After the storm\nstatus: ready\n"
      "lists: [report, digest]\nsend_at: 2022-01-10 08:00\nauthor: Joe\ndate: 2022-01-10\n"
      "toc: true\ntags: [weekly]\ntheme: plain\n---\n\nHello.\n");
  CHECK(draft.title == "Kazakhstan: calm");
  CHECK(draft.subtitle == "After the storm");
  CHECK(draft.ready);
  CHECK(draft.lists == std::vector<std::string>{"report", "digest"});
  CHECK(draft.send_at == SendAt(parse_local("2022-01-10 08:00").value()));
  CHECK(draft.date == "2022-01-10");
  CHECK(draft.toc);
  CHECK(draft.theme == "plain");
  CHECK(draft.slug == "issue");
  CHECK(draft.body == "\nHello.\n");
  CHECK(draft.body_line == 13);
}

TEST_CASE("a draft is not ready unless it says so") {
  CHECK_FALSE(parsed("---\ntitle: A\n---\n").ready);
  CHECK_FALSE(parsed("---\ntitle: A\nstatus: draft\n---\n").ready);
  CHECK(has(draft_faults("---\ntitle: A\nstatus: Ready\n---\n"),
            "drafts/issue.md:3: status: 'Ready' is unknown; write draft or ready"));
}

TEST_CASE("subject and description are other words for title and subtitle") {
  const auto draft = parsed("---\nsubject: A\ndescription: B\n---\n");
  CHECK(draft.title == "A");
  CHECK(draft.subtitle == "B");
}

TEST_CASE("a time is local, RFC 3339 or now") {
  CHECK(parsed("---\ntitle: A\nsend_at: now\n---\n").send_at == SendAt(SendNow{}));
  CHECK(parsed("---\ntitle: A\nsend_at: 2022-01-10T08:00:00+01:00\n---\n").send_at ==
        SendAt(parse_rfc3339("2022-01-10T07:00:00Z").value()));
  for (const char* wrong : {"tomorrow", "2022-13-01 08:00", "8", "[now]", "\"\""})
    CHECK(has(draft_faults(std::string("---\ntitle: A\nsend_at: ") + wrong + "\n---\n"),
              "issue.md:3: send_at: "));
}

TEST_CASE("a time has every figure, and a day of the calendar") {
  for (const char* wrong :
       {"2022-1-5 8:0", "-2022-01-10 08:00", "2022-01-10T08:00:00+99:99",
        "2022-01-10T08:00:00+24:00", "2022-01-10T08:00:00+01:60", "2022-02-30 08:00",
        "2022-01-10 8:00", "22-01-10 08:00", "2022-01-10 08:00:00.", "2022-01-10"}) {
    CAPTURE(wrong);
    CHECK(has(draft_faults(std::string("---\ntitle: A\nsend_at: ") + wrong + "\n---\n"),
              "issue.md:3: send_at: "));
  }
  const SendAt eight(parse_rfc3339("2022-01-10T08:00:00Z").value());
  for (const char* right : {"2022-01-10t08:00:00z", "2022-01-10T08:00Z",
                            "2022-01-10 09:00:00+01:00", "2022-01-10T08:00:00.000Z"})
    CHECK(parsed(std::string("---\ntitle: A\nsend_at: ") + right + "\n---\n").send_at == eight);
}

TEST_CASE("a date is a day of the calendar") {
  for (const char* wrong :
       {"2022-02-31", "2022-13-01", "2021-02-29", "10.1.2022", "yesterday", "2022-1-5"})
    CHECK(has(draft_faults(std::string("---\ntitle: A\ndate: ") + wrong + "\n---\n"),
              "issue.md:3: date: '"));
  CHECK(parsed("---\ntitle: A\ndate: 2024-02-29\n---\n").date == "2024-02-29");
}

TEST_CASE("front matter that is too long is not said to be without end") {
  std::string front = "---\ntitle: A\n";
  while (front.size() < 70'000) front += "# a comment in the front matter\n";
  CHECK(has(draft_faults(front + "---\nHello.\n"),
            "issue.md:1: the front matter is longer than 64 KB"));
}

TEST_CASE("the slug is the file's name, the folder's, or what the draft says") {
  CHECK(parsed("---\ntitle: A\n---\n", "drafts/2022-01-10-k.md").slug == "2022-01-10-k");
  CHECK(parsed("---\ntitle: A\n---\n", "drafts/trip/index.md").slug == "trip");
  CHECK(parsed("---\ntitle: A\nslug: x-1\n---\n", "drafts/y.md").slug == "x-1");
  CHECK(has(draft_faults("---\ntitle: A\n---\n", "drafts/My Issue.md"), "slug: is missing"));
  CHECK(has(draft_faults("---\ntitle: A\nslug: a/../b\n---\n"), "issue.md:3: slug: "));
}

TEST_CASE("a segment is one line, taken as it is written") {
  CHECK(parsed("---\ntitle: A\nsegment: country = 'KZ' and not tag('vip')\n---\n").segment ==
        "country = 'KZ' and not tag('vip')");
  CHECK(parsed("---\ntitle: A\nsegment: >\n  tag('vip') or\n  age > 17\n---\n").segment ==
        "tag('vip') or age > 17");
  CHECK(parsed("---\ntitle: A\n---\n").segment.empty());
  CHECK(has(draft_faults("---\ntitle: A\nsegment:\n---\n"), "issue.md:3: segment: is empty"));
  CHECK(has(draft_faults("---\ntitle: A\nsegment: [a]\n---\n"), "issue.md:3: segment: is no text"));
}

TEST_CASE("a local time goes with a day, a time whose day it takes, or none") {
  const std::string head = "---\ntitle: A\nlocal_time: ";
  CHECK(parsed(head + "\"08:00\"\n---\n").local_time == std::chrono::hours(8));
  CHECK(parsed(head + "08:00:30\n---\n").local_time == std::chrono::seconds(8 * 3600 + 30));
  CHECK_FALSE(parsed("---\ntitle: A\n---\n").local_time);
  const auto day = std::chrono::local_days(std::chrono::year(2022) / 1 / 10);
  CHECK(parsed(head + "08:00\nsend_at: 2022-01-10\n---\n").send_at == SendAt(day));
  CHECK(parsed(head + "08:00\nsend_at: 2022-01-10 07:00\n---\n").send_at ==
        SendAt(parse_local("2022-01-10 07:00").value()));
  for (const char* wrong : {"", "8:00", "25:00", "noon", "[08:00]", "480"})
    CHECK(has(draft_faults(head + wrong + "\n---\n"), "issue.md:3: local_time: is no time of day"));
  CHECK(has(draft_faults(head + "08:00\nsend_at: now\n---\n"),
            "issue.md:3: local_time: cannot go with send_at: now"));
  CHECK(has(draft_faults("---\ntitle: A\nsend_at: 2022-01-10\n---\n"),
            "issue.md:3: send_at: is a day without a time of day"));
}

TEST_CASE("every fault is told at once, with its line") {
  const auto faults = draft_faults(
      "---\ntitel: A\ntoc: yes\nstatus: perhaps\ntags: {a: b}\nlocal_time: 8am\n---\n");
  CHECK(has(faults, "issue.md:2: titel: is no key of a draft; did you mean title?"));
  CHECK(has(faults, "issue.md:3: toc: is neither true nor false"));
  CHECK(has(faults, "issue.md:4: status: "));
  CHECK(has(faults, "issue.md:5: tags: is no list"));
  CHECK(has(faults, "issue.md:6: local_time: is no time of day; write local_time: \"08:00\""));
  CHECK(has(faults, "issue.md:1: title: is missing"));
}

TEST_CASE("a key that stands twice is refused") {
  CHECK(has(draft_faults("---\ntitle: A\nauthor: B\ntitle: C\n---\n"),
            "issue.md:4: title: stands twice"));
}

TEST_CASE("two words for one thing are that thing twice") {
  CHECK(has(draft_faults("---\ntitle: A\nsubject: A\n---\n"),
            "issue.md:3: subject: stands twice, also on line 2"));
  CHECK(has(draft_faults("---\ntitle: A\nsubtitle: B\ndescription: C\n---\n"),
            "issue.md:4: description: stands twice"));
}

TEST_CASE("a title without words is no title") {
  for (const char* nothing : {"", " ~", " ''", " \"  \"", " null"})
    CHECK(has(draft_faults(std::string("---\ntitle:") + nothing + "\n---\n"),
              "issue.md:2: title: is empty"));
}

TEST_CASE("every wrong type is told") {
  for (const char* key :
       {"title", "subtitle", "author", "date", "slug", "theme", "status", "toc", "send_at"})
    for (const char* value : {"[a, b]", "{a: b}"})
      CHECK(has(draft_faults("---\nsubject: A\n" + std::string(key) + ": " + value + "\n---\n"),
                "issue.md:3: " + std::string(key) + ": "));
  for (const char* value : {"yes", "1", "True", "on", ""})
    CHECK(has(draft_faults("---\ntitle: A\ntoc: " + std::string(value) + "\n---\n"),
              "toc: is neither true nor false"));
  for (const char* value : {"[a, [b]]", "[a, {b: c}]", "[a, ~]", "[a, '']", "{a: b}"})
    CHECK(has(draft_faults("---\ntitle: A\nlists: " + std::string(value) + "\n---\n"), "lists: "));
  CHECK(has(draft_faults("---\ntitle: A\nlists: [a, a]\n---\n"), "lists: names 'a' twice"));
  CHECK(parsed("---\ntitle: A\nlists: a\n---\n").lists == std::vector<std::string>{"a"});
}

TEST_CASE("a slug can stand in an address") {
  CHECK(has(draft_faults("---\ntitle: A\nslug: ''\n---\n"), "slug: is empty"));
  CHECK(has(draft_faults("---\ntitle: A\nslug: .a\n---\n"), "slug: begins with a dot"));
  CHECK(has(draft_faults("---\ntitle: A\nslug: é\n---\n"), "cannot stand in an address"));
  CHECK(has(draft_faults("---\ntitle: A\nslug: " + std::string(101, 'a') + "\n---\n"),
            "slug: is longer than 100"));
  CHECK(parsed("---\ntitle: A\nslug: " + std::string(100, 'a') + "\n---\n").slug.size() == 100);
}

TEST_CASE("lines break by more than line feeds") {
  CHECK(has(draft_faults("---\ntitle: \"A\\LB\"\n---\n"), "title: has a line break"));
  CHECK(has(draft_faults("---\ntitle: \"A\\NB\"\n---\n"), "title: has a control character"));
  CHECK(has(draft_faults("---\ntitle: \"A\\rB\"\n---\n"), "title: has a control character"));
  CHECK(has(draft_faults("---\ntitle: \"A\\r\\nBcc: x@y.example\"\n---\n"), "title: has a line"));
}

TEST_CASE("a title is one line of at most 150 characters without tags") {
  CHECK(has(draft_faults("---\ntitle: \"\"\n---\n"), "title: is empty"));
  CHECK(has(draft_faults("---\ntitle: |\n  A\n  B\n---\n"), "title: has a line break"));
  CHECK(has(draft_faults("---\ntitle: \"A {{subscriber.name}}\"\n---\n"), "title: has a tag"));
  std::string characters;
  for (int i = 0; i < 150; ++i) characters += "ж";
  CHECK(parsed("---\ntitle: " + characters + "\n---\n").title == characters);
  CHECK(has(draft_faults("---\ntitle: " + characters + "x\n---\n"), "longer than 150 characters"));
}

TEST_CASE("front matter that is missing or never ends is told on the first line") {
  CHECK(has(draft_faults("Hello\n"), "issue.md:1: does not begin with front matter"));
  CHECK(has(draft_faults("---\ntitle: A\n\nHello\n"), "issue.md:1: the front matter never ends"));
  CHECK(has(draft_faults(""), "issue.md:1: "));
  CHECK(has(draft_faults("---\n- a\n---\n"), "the front matter has no keys"));
  CHECK(has(draft_faults("---\ntitle: [a\n---\n"), "is no YAML"));
}

TEST_CASE("YAML that would grow without end is refused before it is read") {
  std::string bomb = "---\na: &a [x, x]\n";
  for (char c = 'b'; c < 'k'; ++c)
    bomb += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" +
            static_cast<char>(c - 1) + "]\n";
  CHECK(has(draft_faults(bomb + "---\n"), "issue.md:2: YAML anchors and aliases"));
}

TEST_CASE("YAML that says more than keys and values is refused") {
  CHECK(has(draft_faults("---\ntitle: !!str A\n---\n"), "issue.md:2: YAML tags"));
  CHECK(has(draft_faults("---\ntitle: A\ntags: !x [a]\n---\n"), "issue.md:3: YAML tags"));
  CHECK(has(draft_faults("---\ntitle: A\n--- {status: ready}\n---\n"), "a second YAML document"));
  CHECK(has(draft_faults("---\n? [a]\n: b\n---\n"), "a key is no word"));
}

TEST_CASE("YAML without end or measure is refused in bounded time") {
  for (const char* piece :
       {"[", "{", "- ", "? ", "a: {", "\"", "!", "&a ", "*", "|", ">", "%", "\t"}) {
    std::string front;
    while (front.size() < 60'000) front += piece;
    CHECK(has(draft_faults("---\n" + front + "\n---\n"), "issue.md:"));
  }
}

TEST_CASE("only dashes at the beginning of a line end the front matter") {
  const auto draft = parsed("---  \ntitle: A\nsubtitle: |-\n  --- B\n---\t\nBody\n---\n");
  CHECK(draft.subtitle == "--- B");
  CHECK(draft.body == "Body\n---\n");
  CHECK(draft.body_line == 6);
}

TEST_CASE("the lines of the keys are kept for the lint") {
  const auto draft = parsed("---\n\nsubject: A\nlists: a\n---\n");
  CHECK(draft.key_lines == std::map<std::string, int>{{"title", 3}, {"lists", 4}});
}

TEST_CASE("binary, broken UTF-8 and oversized drafts are told for what they are") {
  CHECK(has(draft_faults(std::string("---\ntitle: A\n---\nx\0y", 19)), "NUL octet"));
  CHECK(
      has(draft_faults("---\ntitle: A\n---\n\nжж\xFF\n"), "issue.md:5: is not UTF-8 at column 3;"));
  CHECK(has(draft_faults(std::string(largest_draft + 1, 'x')), "is larger than 2 MB"));
}

TEST_CASE("a byte order mark and CRLF line ends are taken as they are meant") {
  const auto draft = parsed("\xEF\xBB\xBF---\r\ntitle: A\r\n---\r\none\r\ntwo\rthree\n");
  CHECK(draft.title == "A");
  CHECK(draft.body == "one\ntwo\nthree\n");
}

TEST_CASE("swap files, dotfiles and backups are no drafts") {
  for (const char* name : {"a.md", "a.html", "a.txt", "folder"}) CHECK(is_draft_name(name));
  for (const char* name :
       {"", ".a.md", ".md", "a.md~", "#a.md#", ".a.md.swp", "a.md.bak", "a.pdf", "_notes.md", "a."})
    CHECK_FALSE(is_draft_name(name));
}

TEST_CASE("what a writer may take for a draft is told, and what is put aside is not") {
  test::TemporaryFolder folder;
  CHECK(has(passed_over(folder.write("A.MD", "x")), "in small letters: .md"));
  CHECK(has(passed_over(folder.write("a.markdown", "x")), "name it .md"));
  folder.write("v1.2/index.md", "x");
  CHECK(has(passed_over(folder.path() / "v1.2"), "take the dot out"));
  for (const char* name : {"a.md", "_a.MD", "#a.MD#", ".a.MD", "a.MD~", "a.png", "notes"})
    CHECK(passed_over(folder.write(name, "x")).empty());
}

TEST_CASE("a draft is read from the disk with a hash that changes with any edit") {
  const test::TemporaryFolder folder;
  const auto path = folder.write("a.md", "---\ntitle: A\n---\none\n");
  const auto first = read_draft(path, folder.path()).value();
  CHECK(first.hash == read_draft(path, folder.path()).value().hash);
  folder.write("a.md", "---\ntitle: A\n---\ntwo\n");
  CHECK(first.hash != read_draft(path, folder.path()).value().hash);
}

TEST_CASE("a folder gives its images by what they are, and their hash counts too") {
  const test::TemporaryFolder folder;
  folder.write("d/index.md", "---\ntitle: A\n---\n![c](chart.png)\n");
  folder.write("d/chart.png", "\x89PNG\r\n\x1a\n....");
  folder.write("d/notes.txt", "mine");
  const auto draft = read_draft(folder.path() / "d", folder.path()).value();
  CHECK(draft.slug == "d");
  REQUIRE(draft.images.size() == 1);
  CHECK(draft.images[0].name == "chart.png");
  CHECK(draft.images[0].type == "image/png");
  folder.write("d/chart.png", "\x89PNG\r\n\x1a\n!!!!");
  CHECK(read_draft(folder.path() / "d", folder.path()).value().hash != draft.hash);
}

TEST_CASE("only images that the body refers to are read, and each must be one") {
  const test::TemporaryFolder folder;
  folder.write("d/index.md",
               "---\ntitle: A\n---\n![a](./img/a.gif) <img src=\"b.webp\" alt=\"b\">\n"
               "![c](https://x.example/c.png)\n");
  folder.write("d/img/a.gif", "GIF89a....");
  folder.write("d/b.webp", std::string_view("RIFF\0\0\0\0WEBPVP8 ", 16));
  folder.write("d/unused.png", "\x89PNG\r\n\x1a\n....");
  const auto huge = folder.write("d/original.psd", "");
  REQUIRE(::truncate(huge.c_str(), 50'000'000) == 0);
  const auto draft = read_draft(folder.path() / "d", folder.path()).value();
  REQUIRE(draft.images.size() == 2);
  CHECK(draft.images[0].type == "image/webp");
  CHECK(draft.images[1].name == "img/a.gif");

  const auto refused = [&](const std::string& body) {
    folder.write("e/index.md", "---\ntitle: A\n---\n\n" + body + "\n");
    const auto result = read_draft(folder.path() / "e", folder.path());
    return result ? std::string() : to_string(result.error().front());
  };
  folder.write("e/x.png", "<svg/>");
  folder.write("e/a b.png", "\x89PNG\r\n\x1a\n");
  CHECK(has(refused("![x](x.png)"), "e/index.md:5: x.png: is no image that mails can show"));
  CHECK(has(refused("![x](<a b.png>)"), "cannot stand in a mail"));
  CHECK(has(refused("![x](../d/b.webp)"), "is outside the draft's folder"));
  const auto large = folder.write("e/large.png", "");
  REQUIRE(::truncate(large.c_str(), 11 * 1024 * 1024) == 0);
  CHECK(has(refused("![x](large.png)"), "large.png: this image is 11,534,336 octets long"));
  std::filesystem::create_symlink(folder.path() / "d/b.webp", folder.path() / "e/link.webp");
  CHECK(has(refused("![x](link.webp)"), "link.webp: this image is a symlink"));
}

TEST_CASE("a draft outside the drafts folder is not read") {
  const test::TemporaryFolder folder;
  folder.write("a.md", "---\ntitle: A\n---\n");
  std::filesystem::create_directories(folder.path() / "drafts");
  for (const char* name : {"drafts/../a.md", "a.md"}) {
    const auto draft = read_draft(folder.path() / name, folder.path() / "drafts");
    REQUIRE_FALSE(draft);
    CHECK(has(to_string(draft.error().front()), "is outside the drafts folder"));
  }
}

TEST_CASE("a symlink is never followed") {
  const test::TemporaryFolder folder;
  const auto outside = folder.write("outside/secret.md", "---\ntitle: Secret\n---\n");
  std::filesystem::create_directories(folder.path() / "drafts");
  std::filesystem::create_symlink(outside, folder.path() / "drafts/a.md");
  std::filesystem::create_directory_symlink(folder.path() / "outside",
                                            folder.path() / "drafts/dir");
  for (const char* name : {"a.md", "dir"}) {
    const auto draft = read_draft(folder.path() / "drafts" / name, folder.path() / "drafts");
    REQUIRE_FALSE(draft);
    CHECK(has(to_string(draft.error().front()), "is a symlink"));
  }
}

TEST_CASE("a FIFO, a missing file and a huge one are refused without waiting for them") {
  const test::TemporaryFolder folder;
  ::mkfifo((folder.path() / "pipe.md").c_str(), 0600);
  CHECK_FALSE(read_draft(folder.path() / "pipe.md", folder.path()));
  CHECK_FALSE(read_draft(folder.path() / "none.md", folder.path()));
  const auto huge = folder.write("huge.md", "");
  REQUIRE(::truncate(huge.c_str(), 50'000'000) == 0);
  const auto draft = read_draft(huge, folder.path());
  REQUIRE_FALSE(draft);
  CHECK(has(to_string(draft.error().front()), "50,000,000 octets"));
}

TEST_CASE("a faulty draft is meant to be sent unless it says otherwise") {
  for (const char* meant : {"---\nfoo: 1\nstatus: ready\n---\n", "---\nstatus: perhaps\n---\n",
                            "---\nstatus: draft\n", "no front matter", "---\ntitle: \xFF\n---\n"})
    CHECK(may_be_ready(meant));
  for (const char* not_meant : {"---\nfoo: 1\n---\nstatus: ready\n",
                                "---\nfoo: 1\nstatus: draft\n---\n", "---\nstatus:\nfoo: 1\n---\n"})
    CHECK_FALSE(may_be_ready(not_meant));
}

TEST_CASE("an erratum does without front matter, title and a file's name for a slug") {
  const auto plain = parse_draft("Sorry.\n", "my note.md", "Correction: A").value();
  CHECK(plain.title == "Correction: A");
  CHECK(plain.body == "Sorry.\n");
  CHECK(plain.slug.empty());
  CHECK(parse_draft("---\n---\nSorry.\n", "a.md", "Correction: A").value().body == "Sorry.\n");
  const auto named =
      parse_draft("---\ntitle: B\nslug: b\n---\nSorry.\n", "a.md", "Correction: A").value();
  CHECK(named.title == "B");
  CHECK(named.slug == "b");
  CHECK_FALSE(parse_draft("Sorry.\n", "a.md"));
  CHECK_FALSE(parse_draft("---\ntitel: B\n---\nSorry.\n", "a.md", "Correction: A"));
}
