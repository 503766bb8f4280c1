// Files of each platform's shape: tests/data/imports. What comes of NAME.csv or the folder NAME/
// (as a zip archive) is in NAME.expected; POSTRIDER_WRITE_EXPECTED=1 writes it anew.
#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>

#include "base/files.h"
#include "subscribers/dump.h"
#include "support/source.h"
#include "support/temporary_folder.h"
#include "support/zip_writer.h"

using namespace postrider;
using namespace postrider::subscribers;
using postrider::test::dump;
using postrider::test::dump_rows;
using postrider::test::TemporaryFolder;
using postrider::test::ZipWriter;

namespace fs = std::filesystem;

namespace {

fs::path data() { return test::source_folder() / "tests/data/imports"; }

std::string zip_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& file : fs::recursive_directory_iterator(folder))
    if (file.is_regular_file()) files.push_back(file.path());
  std::sort(files.begin(), files.end());
  ZipWriter zip;
  for (const auto& file : files)
    zip.add(fs::relative(file, folder).generic_string(), *read_file(file, 1 << 20));
  return zip.bytes();
}

Result<Source> open(const fs::path& path, Format format, const TemporaryFolder& folder) {
  if (!fs::is_directory(path)) return Source::open(path, format);
  return Source::open(folder.write("export.zip", zip_of(path)), format);
}

struct Case {
  std::string name;
  Format format;
};

const std::vector<Case> cases{{"substack", Format::substack},
                              {"substack-older.csv", Format::substack},
                              {"substack-dashboard.csv", Format::substack},
                              {"mailchimp", Format::mailchimp},
                              {"ghost.csv", Format::ghost},
                              {"listmonk.csv", Format::listmonk},
                              {"listmonk-import.csv", Format::listmonk},
                              {"buttondown.csv", Format::buttondown},
                              {"keila.csv", Format::keila},
                              {"beehiiv.csv", Format::beehiiv},
                              {"generic.csv", Format::csv}};

}  // namespace

TEST_CASE("each platform's list is known, told and read") {
  const TemporaryFolder folder;
  for (const auto& [name, format] : cases) {
    CAPTURE(name);
    const auto read = dump(open(data() / name, Format::automatic, folder));
    auto expected = data() / name;
    expected.replace_extension(".expected");
    if (std::getenv("POSTRIDER_WRITE_EXPECTED")) write_file(expected, read);
    CHECK(read == read_file(expected, 1 << 20).value_or("(none)"));
    const auto opened = open(data() / name, Format::automatic, folder);
    REQUIRE(opened);
    CHECK(opened->format() == format);
  }
}

TEST_CASE("a platform that is named has to fit") {
  const TemporaryFolder folder;
  for (const auto& [name, format] : cases)
    for (const auto& [other, named] : cases) {
      CAPTURE(name);
      CAPTURE(to_string(named));
      const auto opened = open(data() / name, named, folder);
      CHECK(opened.has_value() == (named == format || named == Format::csv));
    }
  CHECK(dump(open(data() / "ghost.csv", Format::keila, folder)) ==
        "error: is no list of Keila: it has no columns data, status; leave --format out, or write "
        "--format csv; its columns are: id, email, name, note, subscribed_to_emails, "
        "complimentary_plan, stripe_customer_id, created_at, deleted_at, labels, tiers\n");
  CHECK(dump(open(data() / "mailchimp", Format::substack, folder)) ==
        "error: is an archive of Mailchimp, not of Substack; leave --format out\n");
}

TEST_CASE("who left at a platform is not confirmed by reading its list as plain CSV") {
  const TemporaryFolder folder;
  for (const auto& [name, format] : cases) {
    auto source = open(data() / name, Format::csv, folder);
    REQUIRE(source);
    CHECK(source->format() == Format::csv);
    std::string taken;
    REQUIRE(source->read(
        [&](const Entry& entry, std::int64_t, std::int64_t) {
          const bool stays = !entry.standing || *entry.standing <= Standing::pending;
          if (stays && !entry.suppressed) taken += entry.email + " ";
        },
        [](const SkippedRow&) {}, [](const Remark&) {}));
    CAPTURE(taken);
    for (const auto* gone : {"gone@", "dead@", "off@", "deleted@", "left@", "angry@", "blocked@"})
      CHECK(taken.find(gone) == std::string::npos);
  }
}

TEST_CASE("a list that fits two platforms is not guessed") {
  std::istringstream in("email,data,status,tier,created_at\na@reader.example,,active,free,\n");
  CHECK(dump(Source::open(in, Format::automatic)) ==
        "error: has the columns of a list of Keila and of one of beehiiv; write --format keila, "
        "--format beehiiv or --format csv\n");
}

TEST_CASE("columns are found by name, wherever they stand") {
  std::istringstream in(
      "labels,EMAIL,Stripe_Customer_Id,created_at,Subscribed_To_Emails\n"
      "vip,a@reader.example,,2022-01-08T10:11:12Z,false\n");
  auto source = Source::open(in, Format::automatic);
  REQUIRE(source);
  CHECK(source->format() == Format::ghost);
  CHECK(
      dump_rows(*source) ==
      "1:2 a@reader.example | is unsubscribed | opt-in 2022-01-08T10:11:12Z | tags = [\"vip\"]\n");
}

TEST_CASE("a lone file of Mailchimp's says how its readers stand by its name") {
  const TemporaryFolder folder;
  const std::string text = "Email Address,LEID,EUID\na@reader.example,1,2\n";
  for (const auto& [name, standing] :
       {std::pair{"subscribed_members_export_1.csv", Standing::confirmed},
        {"unsubscribed_members_export_1.csv", Standing::unsubscribed},
        {"cleaned_members_export_1.csv", Standing::bounced}}) {
    auto source = Source::open(folder.write(name, text), Format::automatic);
    REQUIRE(source);
    const auto row = dump_rows(*source);
    CHECK(row == "1:2 a@reader.example | is " + std::string(to_string(standing)) + "\n");
  }
}

TEST_CASE("the gravest of several columns counts") {
  const auto standing = [](const std::string& header, const std::string& row) {
    std::istringstream in("email," + header + "\na@reader.example," + row + "\n");
    auto source = Source::open(in, Format::automatic);
    return source ? dump_rows(*source) : source.error().message;
  };
  CHECK(standing("status,unsubscribed", "subscribed,yes") ==
        "1:2 a@reader.example | is unsubscribed\n");
  CHECK(standing("complained,status", "true,unsubscribed") ==
        "1:2 a@reader.example | is complained\n");
  CHECK(standing("unsubscribed_at,bounced", "2022-01-02,0") ==
        "1:2 a@reader.example | is unsubscribed | since 2022-01-02T00:00:00Z\n");
  CHECK(standing("unsubscribed_at,subscribed", "NULL,1") ==
        "1:2 a@reader.example | is confirmed\n");
  CHECK(standing("unsubscribed_at", "0000-00-00 00:00:00") == "1:2 a@reader.example\n");
}

TEST_CASE("a date of leaving that cannot be read is one all the same") {
  std::istringstream in("email,unsubscribed_at\na@reader.example,02/01/2022\nb@b.example,soon\n");
  auto source = Source::open(in, Format::automatic);
  REQUIRE(source);
  const auto rows = dump_rows(*source);
  CHECK(rows.find("! 1:2 unreadable date: unsubscribed_at \"02/01/2022\"") == 0);
  CHECK(rows.find("\n1:2 a@reader.example | is unsubscribed\n") != std::string::npos);
  CHECK(rows.find("\n- 2:3 unknown status: unsubscribed_at \"soon\"") != std::string::npos);
}
