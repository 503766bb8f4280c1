#include <doctest/doctest.h>
#include <sstream>

#include "subscribers/formats/source.h"

using namespace postrider;
using namespace postrider::subscribers;

namespace {

Result<void> read_csv(std::istream& in, const RowVisitor& row, const SkipVisitor& skip) {
  auto source = Source::open(in, Format::automatic);
  if (!source) return tl::make_unexpected(source.error());
  return source->read(row, skip, [](const Remark&) {});
}

/// What came out of a list, written down: "1:2 ann@a.example|Ann|country="KZ"" a row,
/// "1:2 -reason" a skipped one; or "error: …".
std::string read(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  const auto add = [&out](std::int64_t row, std::int64_t line, const std::string& what) {
    out +=
        (out.empty() ? "" : "\n") + std::to_string(row) + ":" + std::to_string(line) + " " + what;
  };
  const auto result = read_csv(
      in,
      [&](const Entry& entry, std::int64_t row, std::int64_t line) {
        auto what = entry.email + "|" + entry.name.value_or("(none)");
        for (const auto& [key, value] : entry.attributes) what += "|" + key + "=" + value;
        add(row, line, what);
      },
      [&](const SkippedRow& skipped) {
        CHECK(!skipped.detail.empty());
        add(skipped.row, skipped.line, "-" + skipped.reason);
      });
  return result ? out : "error: " + result.error().message;
}

std::string utf16(std::u16string_view text, bool little) {
  std::string out;
  for (const auto unit : text) {
    const auto low = static_cast<char>(unit & 0xFF);
    const auto high = static_cast<char>(unit >> 8);
    out += little ? low : high;
    out += little ? high : low;
  }
  return out;
}

/// A stream that gives out and says so.
class BrokenBuffer : public std::streambuf {
 protected:
  int_type underflow() override { throw std::runtime_error("disk"); }
};

}  // namespace

TEST_CASE("columns are found by their names, whatever their case and order") {
  CHECK(read("email,name\nann@a.example,Ann\n") == "1:2 ann@a.example|Ann");
  CHECK(read("Name,E-Mail\nAnn,ann@a.example\n") == "1:2 ann@a.example|Ann");
  CHECK(read("EMAIL_ADDRESS\nann@a.example\n") == "1:2 ann@a.example|(none)");
  CHECK(read("Last Name,first_name,Email Address\nLee,Ann,ann@a.example\n") ==
        "1:2 ann@a.example|Ann Lee");
  CHECK(read("email,First Name,Last Name\nann@a.example,Ann,\n") == "1:2 ann@a.example|Ann");
}

TEST_CASE("other columns become attributes of their own spelling") {
  CHECK(read("email,Country,Favourite Colour\na@a.example,KZ,dark red\n") ==
        "1:2 a@a.example|(none)|Country=\"KZ\"|Favourite Colour=\"dark red\"");
  CHECK(read("email,name,first name\na@a.example,Ann Lee,Ann\n") ==
        "1:2 a@a.example|Ann Lee|first name=\"Ann\"");
}

TEST_CASE("attribute values are JSON strings") {
  CHECK(read("email,note\na@a.example,\"say \"\"hi\"\"\\ and\tgo\r\non\x01\"\n") ==
        "1:2 a@a.example|(none)|note=\"say \\\"hi\\\"\\\\ and\\tgo\\r\\non \"");
  CHECK(read("email,n\na@a.example,007\n") == "1:2 a@a.example|(none)|n=\"007\"");
}

TEST_CASE("an empty field says nothing") {
  CHECK(read("email,name,country\na@a.example, ,\n") == "1:2 a@a.example|(none)");
}

TEST_CASE("spaces around fields go") {
  CHECK(read(" email , name \n a@a.example , Ann \n") == "1:2 a@a.example|Ann");
}

TEST_CASE("a column without a name is passed over") {
  CHECK(read("email,,\na@a.example,x,y\n") == "1:2 a@a.example|(none)");
}

TEST_CASE("values in columns without a name are counted") {
  std::istringstream in("email,, ,name\na@a.example,x,y,A\nb@a.example,,,B\nc@a.example, ,y,\n");
  std::string counts;
  const auto count = [&](const Entry& entry, std::int64_t, std::int64_t) {
    counts += std::to_string(entry.nameless) + " ";
  };
  REQUIRE(read_csv(in, count, [](const SkippedRow&) {}));
  CHECK(counts == "2 0 1 ");
}

TEST_CASE("semicolons and tabs separate where the header has them") {
  CHECK(read("email;name\na@a.example;\"Lee; Ann, jr\"\n") == "1:2 a@a.example|Lee; Ann, jr");
  CHECK(read("email\tname\na@a.example\tLee, Ann; jr\n") == "1:2 a@a.example|Lee, Ann; jr");
  CHECK(read("\"email\",\"a;b;c\"\na@a.example,1\n") == "1:2 a@a.example|(none)|a;b;c=\"1\"");
}

TEST_CASE("any line ends, and none at the end") {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    CAPTURE(end);
    CHECK(read("email" + end + "a@a.example" + end + "b@a.example") ==
          "1:2 a@a.example|(none)\n2:3 b@a.example|(none)");
  }
}

TEST_CASE("blank lines are no rows, but they count as lines") {
  CHECK(read("\n\r\nemail\n\n\na@a.example\n\n") == "1:6 a@a.example|(none)");
}

TEST_CASE("quotes hold separators, line breaks and quotes") {
  CHECK(read("email,name\na@a.example,\"Ann\n\"\"Lee\"\", MD\"\nb@a.example,B\n") ==
        "1:2 a@a.example|Ann\n\"Lee\", MD\n2:4 b@a.example|B");
  CHECK(read("email,name\n\"a@a.example\",\"\"\n") == "1:2 a@a.example|(none)");
}

TEST_CASE("a quote inside a bare field is a letter") {
  CHECK(read("email,name\na@a.example,Ann \"Al\" Lee\n") == "1:2 a@a.example|Ann \"Al\" Lee");
}

TEST_CASE("a byte order mark is no part of the first column's name") {
  CHECK(read("\xEF\xBB\xBF"
             "email\na@a.example\n") == "1:2 a@a.example|(none)");
}

TEST_CASE("UTF-16 is read, with and without a mark, in both orders") {
  const auto text = u"email,name\r\na@a.example,Жанна 😀\r\n";
  const auto row = "1:2 a@a.example|Жанна 😀";
  CHECK(read("\xFF\xFE" + utf16(text, true)) == row);
  CHECK(read("\xFE\xFF" + utf16(text, false)) == row);
  CHECK(read(utf16(text, true)) == row);
  CHECK(read(utf16(text, false)) == row);
}

TEST_CASE("half a surrogate pair in UTF-16 becomes a replacement character") {
  const char16_t half[] = {u'e',  u'm', u'a', u'i', u'l', u',',   u'n', u'a',   u'm', u'e',
                           u'\n', u'a', u'@', u'b', u',', 0xD83D, u'x', 0xDE00, u'\n'};
  CHECK(read("\xFF\xFE" + utf16(std::u16string_view(half, std::size(half)), true)) ==
        "1:2 a@b|\uFFFDx\uFFFD");
}

TEST_CASE("rows that cannot be used are skipped with their reason, and reading goes on") {
  const std::string good = "\nz@a.example,Zoe\n";
  const std::string zoe = "\n2:3 z@a.example|Zoe";
  CHECK(read("email,name\na@a.example" + good) == "1:2 -too few fields" + zoe);
  CHECK(read("email,name\na@a.example,Ann,Lee" + good) == "1:2 -too many fields" + zoe);
  CHECK(read("email,name\na@a.example,Ann,, " + good) == "1:2 a@a.example|Ann" + zoe);
  CHECK(read("email,name\n,Ann" + good) == "1:2 -no address" + zoe);
  CHECK(read("email,name\na@a.example,J\xF6rg" + good) == "1:2 -no UTF-8" + zoe);
  CHECK(read("email,name\na@a.example,\"Ann\" Lee" + good) == "1:2 -broken quotes" + zoe);
  CHECK(read(std::string("email,name\na@a.example,A\0B", 26) + good) == "1:2 -NUL character" + zoe);
}

TEST_CASE("a quote that is never closed costs one line, not the rest of the list") {
  CHECK(read("email,name\na@a.example,\"Ann\nb@a.example,Bob\n") ==
        "1:2 -broken quotes\n2:3 b@a.example|Bob");
  CHECK(read("email,name\na@a.example,\"Ann\nb@a.example,\"Bob\"\n") ==
        "1:2 -broken quotes\n2:3 b@a.example|Bob");
  std::string many = "email,name\na@a.example,\"Ann\n";
  for (int i = 0; i < 50'000; ++i) many += "b@a.example,Bob\n";
  CHECK(read(many).starts_with("1:2 -broken quotes\n2:3 b@a.example|Bob\n3:4 "));
  CHECK(read(many).ends_with("50001:50002 b@a.example|Bob"));
}

TEST_CASE("a row without an end is skipped without being held") {
  const std::string long_name(3'000'000, 'x');
  CHECK(read("email,name\na@a.example," + long_name + "\nb@a.example,Bob\n") ==
        "1:2 -too long\n2:3 b@a.example|Bob");
  CHECK(read("email,name\na@a.example,\"" + long_name + "\nb@a.example,Bob\n") ==
        "1:2 -too long\n2:3 b@a.example|Bob");
  CHECK(read("email,name\na@a.example,\"" + long_name + "\"\nb@a.example,Bob\n") ==
        "1:2 -too long\n2:3 b@a.example|Bob");
}

TEST_CASE("a quoted field beyond the limit is told with it") {
  const auto detail = [](const std::string& field) {
    std::istringstream in("email,name\na@a.example,\"" + field + "\nb@a.example,Bob\n");
    std::string told;
    REQUIRE(read_csv(
        in, [](const Entry&, std::int64_t, std::int64_t) {},
        [&](const SkippedRow& row) { told += told.empty() ? row.detail : ""; }));
    return told;
  };
  CHECK(detail(std::string(300'000, 'x') + "\"") == "a row has at most 256 KB");
  std::string lines;
  while (lines.size() < 300'000) lines += "a line of text\n";
  CHECK(detail(lines + "\"") ==
        "it does not end within 256 KB, the most that a row may have: close its quote, or "
        "shorten it");
  CHECK(detail("Ann") ==
        "a field that begins with a quote ends with one, and quotes inside it are doubled");
}

TEST_CASE("a first line of Excel's names the separator") {
  CHECK(read("sep=;\nemail;name\na@a.example;\"Ann, Lee\"\n") == "1:3 a@a.example|Ann, Lee");
  CHECK(read("\xEF\xBB\xBFSEP=,\r\nemail,a;b;c\r\na@a.example,1\r\n") ==
        "1:3 a@a.example|(none)|a;b;c=\"1\"");
  CHECK(read("\"sep=\t\"\nemail\tname\na@a.example\tAnn\n") == "1:3 a@a.example|Ann");
  CHECK(read("\xFF\xFE" + utf16(u"sep=;\r\nemail;name\r\na@a.example;Ann\r\n", true)) ==
        "1:3 a@a.example|Ann");
  CHECK(read("sep=|\nemail|name\na@a.example|Ann\n") == "1:3 a@a.example|Ann");
  CHECK(read("sep=;\n\nemail;name\na@a.example;Ann\n") == "1:4 a@a.example|Ann");
  CHECK(read("sep=;\n").starts_with("error: is empty"));
  CHECK(read("sep=;").starts_with("error: is empty"));
  // Only as a line of its own.
  CHECK(read("sep=x,email\n1,a@a.example\n") == "1:2 a@a.example|(none)|sep=x=\"1\"");
}

TEST_CASE("a list that is none says why") {
  CHECK(read("") == "error: is empty; its first line names the columns, such as: email,name");
  CHECK(read("\n\n\n").starts_with("error: is empty"));
  CHECK(read("ann@a.example,Ann\n") ==
        "error: has no line of names; its first line is a reader's already (ann@a.example, Ann): "
        "write one above it that names the columns, such as: email,name");
  CHECK(read("Name,Town\nAnn,Almaty\n") ==
        "error: has no column of addresses; name one of its columns email; they are: Name, Town");
  CHECK(read("email|name\na@a.example|Ann\n") ==
        "error: has no column of addresses; name one of its columns email; they are: email|name "
        "(between columns stands , or ; or a tab)");
  CHECK(read("Email,email\na,b\n") ==
        "error: has two columns of the name email; rename one of them");
  CHECK(read("email,Tag,tag\na,b,c\n").starts_with("error: has two columns of the name tag"));
  CHECK(read("PK\x03\x04\x14").starts_with("error: is an archive or a spreadsheet"));
  CHECK(read("email,n\xFFme\n").starts_with("error: has a first line with no UTF-8"));
  CHECK(read(std::string("\0\0\0\0", 4)).starts_with("error: has a first line with NUL character"));
  CHECK(read("\"email\nname").starts_with("error: has a first line with broken quotes"));
  CHECK(read(std::string(300'000, 'x') + ",email\n")
            .starts_with("error: has a first line that is too long; it names the columns"));
  std::string wide = "email";
  for (int i = 0; i < 600; ++i) wide += ",c" + std::to_string(i);
  CHECK(read(wide + "\n").starts_with("error: has 601 columns"));
}

TEST_CASE("the columns of an error are shown without control characters and cut") {
  const auto error = read("\x1b[31mred," + std::string(5000, 'x') + "\n");
  CHECK(error.find('\x1b') == std::string::npos);
  CHECK(error.size() < 400);
}

TEST_CASE("a stream that breaks is an error") {
  BrokenBuffer buffer;
  std::istream in(&buffer);
  const auto result = read_csv(
      in, [](const Entry&, std::int64_t, std::int64_t) { FAIL("no row"); },
      [](const SkippedRow&) { FAIL("no row"); });
  REQUIRE(!result);
  CHECK(result.error().message == "cannot be read to its end");
}

TEST_CASE("where the blocks of a long file are cut makes no difference") {
  // Records of all lengths, so that every part of one falls on a block's end somewhere.
  std::string text = "email,name,note\r\n";
  std::string expected;
  int line = 2;
  for (int i = 1; text.size() < 1'500'000; ++i) {
    const auto email = std::to_string(i) + "@a.example";
    const std::string filler(static_cast<std::size_t>(i % 97), 'x');
    text += email + ",\"A \"\"" + filler + "\"\"\r\nB\",é" + filler + "\r\n";
    expected += (i > 1 ? "\n" : "") + std::to_string(i) + ":" + std::to_string(line) + " " + email +
                "|A \"" + filler + "\"\r\nB|note=\"é" + filler + "\"";
    line += 2;
  }
  CHECK(read(text) == expected);
}
