// Exports of Postrider as lists: edited, in all formats, with what they say of other lists.
#include <doctest/doctest.h>
#include <sstream>

#include "subscribers/dump.h"
#include "subscribers/export.h"

using namespace postrider;
using namespace postrider::subscribers;
using postrider::test::dump;
using postrider::test::dump_rows;

namespace {

const Instant noon{std::chrono::hours(12)};

ExportedReader reader(const std::string& email, std::vector<ExportedSubscription> on) {
  ExportedReader reader;
  reader.email = email;
  reader.attributes = "{}";
  reader.created_at = noon;
  reader.subscriptions = std::move(on);
  return reader;
}

std::string exported(ExportFormat format) {
  std::ostringstream out;
  ExportWriter writer(out, format);
  writer.begin();
  auto ann = reader("ann@a.example",
                    {{"digest", "unsubscribed", noon, noon, {}, ""},
                     {"report", "confirmed", noon, noon,
                      ExportedEvidence{"sign-up", "reader", noon, R"({"lists":["report"]})"},
                      R"({"opted_in_at":"1970-01-01T11:00:00Z","opted_in_from":"192.0.2.1",)"
                      R"("how":"I agree","where":"https://a.example/","more":1})"}});
  ann.name = "'=1+1";
  ann.attributes = R"({"age":18,"tags":["vip","a, b"]})";
  ann.language = "de";
  ann.time_zone = "Europe/Berlin";
  ann.paused_until = noon;
  writer.reader(ann);
  writer.reader(reader("bob@b.example", {{"digest", "confirmed", noon, noon, {}, ""}}));
  auto cid = reader("cid@c.example", {{"digest", "unsubscribed", noon, noon, {}, ""}});
  cid.suppression = {SuppressionReason::complained, noon};
  writer.reader(cid);
  auto dan = reader("dan@d.example", {{"report", "unsubscribed", noon, noon, {}, ""}});
  dan.suppression = {SuppressionReason::bounced, noon};
  writer.reader(dan);
  writer.reader(reader("eve@e.example", {}));
  writer.suppression({"fay@f.example", SuppressionReason::asked, noon});
  writer.erased({3, {0xAB, 0xCD}}, noon);
  writer.end();
  return out.str();
}

std::string read_own(const std::string& text, Format format = Format::automatic) {
  std::istringstream in(text);
  auto source = Source::open(in, format, "report");
  return source ? dump_rows(*source) : "error: " + source.error().message;
}

/// Without the numbers of lines, which differ.
std::string without_lines(const std::string& rows) {
  std::istringstream in(rows);
  std::string text;
  for (std::string line; std::getline(in, line);)
    text += line.substr(0, line.find(':')) + line.substr(line.find(' ', line.find(':'))) + "\n";
  return text;
}

}  // namespace

TEST_CASE("what an export says of one list, of suppressed and of erased ones is read") {
  const std::string noon_text = "1970-01-01T12:00:00Z";
  const auto rows = read_own(exported(ExportFormat::csv));
  CHECK(rows ==
        "- 1:2 not on the list: is on \"digest\", not on \"report\"; import it there with --list\n"
        "! 2:3 pause left out: paused_until \"" +
            noon_text +
            "\" is left out: an import pauses nobody\n"
            "2:3 ann@a.example | name '=1+1 | is confirmed | since " +
            noon_text +
            " | language de | zone Europe/Berlin | opt-in 1970-01-01T11:00:00Z | from 192.0.2.1"
            " | how sign-up; reader; " +
            noon_text +
            "; {\"lists\":[\"report\"]}; I agree; more 1 | where https://a.example/"
            " | age = 18 | tags = [\"vip\",\"a, b\"]\n"
            "- 3:4 not on the list: is on \"digest\", not on \"report\"; import it there with "
            "--list\n"
            "4:5 cid@c.example | no reader | suppressed complained | since " +
            noon_text +
            "\n"
            "5:6 dan@d.example | is unsubscribed | suppressed bounced | since " +
            noon_text +
            "\n"
            "- 6:7 not on the list: is on no list\n"
            "7:8 fay@f.example | no reader | suppressed asked\n"
            "8:9  | erased abcd | since " +
            noon_text + "\n");
  for (const auto format : {ExportFormat::json, ExportFormat::jsonl})
    CHECK(without_lines(read_own(exported(format))) == without_lines(rows));
  CHECK(read_own(exported(ExportFormat::jsonl)).find("\n5:4 dan@") != std::string::npos);
}

TEST_CASE("an export is known by its columns, and told") {
  std::istringstream in(exported(ExportFormat::csv));
  const auto source = Source::open(in, Format::automatic, "report");
  REQUIRE(source);
  CHECK(source->format() == Format::postrider);
  CHECK(source->description() == "Postrider list, known by its columns record, email, list, state");
  for (const auto& column : source->plan()) {
    if (column.column == "list") CHECK(column.becomes == "only those of report are taken");
    CHECK_FALSE(column.becomes.starts_with("attribute "));
  }
}

TEST_CASE("a spreadsheet's hand: a byte order mark, semicolons, other columns, no guards") {
  CHECK(read_own("\xEF\xBB\xBFSince;E-Mail;email;State;city;list;NAME;record;attributes\r\n"
                 "2022-01-31;x@x.example;ann@a.example;confirmed;Almaty;report;=1+1;subscriber;"
                 "\"{\"\"age\"\":18}\"\r\n"
                 ";;bob@b.example;unsubscribed;;report;;;\r\n"
                 ";;cid@c.example;Delighted;;report;;subscriber;\r\n"
                 ";;dan@d.example;;;report;;subscriber;\r\n"
                 "31.01.22;;eve@e.example;pending;;report;;subscriber;\"{\"\"age\"\"\"\r\n"
                 ";;fay@f.example;confirmed;;report;;reader;\r\n"
                 ";;;;;;;erased;\r\n") ==
        "1:2 ann@a.example | name =1+1 | is confirmed | since 2022-01-31T00:00:00Z"
        " | E-Mail = \"x@x.example\" | city = \"Almaty\" | age = 18\n"
        "2:3 bob@b.example | is unsubscribed\n"
        "- 3:4 unknown status: State \"Delighted\" does not say how the reader stands; known are: "
        "confirmed, pending, unsubscribed; rename the column if it is about something else\n"
        "- 4:5 unknown status: state does not say how the reader stands; known are: pending, "
        "confirmed, unsubscribed\n"
        "! 5:6 unreadable date: Since \"31.01.22\" is no date that is sure; write it as 2022-01-31 "
        "or 2022-01-31T08:00:00Z; kept as text\n"
        "! 5:6 unreadable attributes: attributes \"{\"age\"\" is no JSON object; kept as text\n"
        "5:6 eve@e.example | is pending | how Since 31.01.22 | attributes = \"{\\\"age\\\"\"\n"
        "- 6:7 unknown record: record \"reader\" is none of subscriber, suppression and erased\n"
        "- 7:8 unusable hash: has no hash of an erased address, or not the number of its key, as "
        "the export wrote them\n");
}

TEST_CASE("without the column of lists all rows are of the list") {
  CHECK(read_own("email,state,since,created_at\nann@a.example,unsubscribed,,\n") ==
        "1:2 ann@a.example | is unsubscribed\n");
}

TEST_CASE("a state that may be where a reader lives makes no export of a list") {
  const std::string homes =
      "email,state,since\nann@a.example,CA,2019\nbob@b.example,,\ncid@c.example,Unsubscribed,\n";
  for (const auto format : {Format::automatic, Format::csv})
    CHECK(read_own(homes, format) ==
          "1:2 ann@a.example | state = \"CA\" | since = \"2019\"\n2:3 bob@b.example\n"
          "3:4 cid@c.example | is unsubscribed\n");
}

TEST_CASE("an export is not read as anything else, for that would bring back who left") {
  for (const auto format : {ExportFormat::csv, ExportFormat::json, ExportFormat::jsonl})
    for (const auto named : {Format::csv, Format::listmonk})
      CHECK(
          read_own(exported(format), named).starts_with("error: has the columns of an export of"));
  CHECK(read_own("email,name\nann@a.example,Ann\n", Format::postrider)
            .starts_with("error: is no list of Postrider: it has no column"));
}

TEST_CASE("a line of JSON that is no record is skipped; a file of other JSON is refused") {
  auto text = exported(ExportFormat::jsonl);
  text.replace(text.find("\"digest\",\"state\":\"confirmed\""), 8, "\"digest\"]");
  CHECK(
      read_own(text).find("\n- 3:2 unreadable record: is no record of an export, one a line: '{") !=
      std::string::npos);
  for (const auto* other : {"[{\"email\":\"a@a.example\"}]", "{\n\"record\": 1}", "[1, 2]"})
    CHECK(
        read_own(other).starts_with("error: is JSON, but no export of Postrider with one record a "
                                    "line: it "));
  CHECK(read_own("[\n]\n").empty());
  CHECK(read_own("{\"" + std::string(5 << 20, 'a') + "\":1}\n") ==
        "error: line 1: is longer than 4 MB");
}
