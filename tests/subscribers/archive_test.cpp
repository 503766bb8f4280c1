// Archives from elsewhere: what could do harm is refused with its reason.
#include "subscribers/formats/archive.h"

#include <doctest/doctest.h>
#include <iterator>
#include <zip.h>

#include "base/files.h"
#include "subscribers/dump.h"
#include "support/temporary_folder.h"
#include "support/text.h"
#include "support/zip_writer.h"

using namespace postrider;
using namespace postrider::subscribers;
using postrider::test::dump;
using postrider::test::TemporaryFolder;
using postrider::test::ZipEntry;
using postrider::test::ZipWriter;
using test::has;

namespace {

const std::string list = "email\na@reader.example\n";

std::string open(const std::string& bytes, const ArchiveLimits& limits = {}) {
  const TemporaryFolder folder;
  const auto archive = Archive::open(folder.write("a.zip", bytes), limits);
  return archive ? "opened" : archive.error().message;
}

std::string read_archive(const std::string& bytes, Format format = Format::automatic) {
  const TemporaryFolder folder;
  return dump(Source::open(folder.write("a.zip", bytes), format));
}

/// As a good program packs it.
std::string deflated(const std::string& name, const std::string& octets) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "deflated.zip";
  auto* zip = zip_open(file.c_str(), ZIP_CREATE, nullptr);
  zip_file_add(zip, name.c_str(), zip_source_buffer(zip, octets.data(), octets.size(), 0), 0);
  REQUIRE(zip_close(zip) == 0);
  return *read_file(file, 1 << 26);
}

}  // namespace

TEST_CASE("entries are read as they were packed") {
  const auto text = std::string("email\n") + std::string(300'000, 'x') + "\n";
  const TemporaryFolder folder;
  auto archive = Archive::open(folder.write("a.zip", deflated("list.csv", text)));
  REQUIRE(archive);
  REQUIRE(archive->entries().size() == 1);
  CHECK(archive->entries()[0].name == "list.csv");
  CHECK(archive->entries()[0].size == text.size());
  const auto stream = archive->read(archive->entries()[0]);
  REQUIRE(stream);
  CHECK(std::string(std::istreambuf_iterator<char>(**stream), {}) == text);
  CHECK(archive->fault().empty());
}

TEST_CASE("entries that lead out of the archive are refused") {
  for (const std::string name : {"../list.csv", "a/../../list.csv", "/etc/list.csv", "C:/list.csv",
                                 "a\\..\\list.csv", "list\n.csv"}) {
    CAPTURE(name);
    CHECK(has(open(ZipWriter().add("good.csv", list).add(name, list).bytes()),
              "is an archive with a path out of it ("));
  }
  CHECK(open(ZipWriter().add("a..b/list.csv", list).bytes()) == "opened");
  CHECK(open(ZipWriter().add("1: list.csv", list).bytes()) == "opened");
}

TEST_CASE("links, devices, encrypted and doubled entries are refused") {
  const auto with = [](const ZipEntry& entry) {
    return open(ZipWriter().add("list.csv", list, entry).bytes());
  };
  CHECK(has(with({.mode = 0120777}), "a link or a device (list.csv)"));
  CHECK(has(with({.mode = 0020666}), "a link or a device (list.csv)"));
  CHECK(has(with({.flags = 0x0801}), "an encrypted file (list.csv)"));
  CHECK(has(with({.method = 12}), "packed in an unusual way (list.csv)"));
  CHECK(with({.mode = 0}) == "opened");
  CHECK(has(open(ZipWriter().add("list.csv", list).add("list.csv", list).bytes()),
            "two files of one name (list.csv)"));
}

TEST_CASE("an archive of too many files, or of too many octets, is refused") {
  ZipWriter zip;
  for (int i = 0; i < 11; ++i) zip.add(std::to_string(i) + ".csv", std::string(100, 'x'));
  CHECK(open(zip.bytes(), {.entries = 11}) == "opened");
  CHECK(has(open(zip.bytes(), {.entries = 10}), "is an archive of 11 files; at most 10 are read"));
  CHECK(open(zip.bytes(), {.octets = 1100}) == "opened");
  CHECK(has(open(zip.bytes(), {.octets = 1099}), "files of more than"));
}

TEST_CASE("an archive that swells is refused by what it says") {
  const auto bomb = deflated("list.csv", list + std::string(8 << 20, 'x'));
  CHECK(has(open(bomb), "unpacks to more than 200 times its size (list.csv)"));
  CHECK(open(bomb, {.ratio = 2000}) == "opened");
}

TEST_CASE("an archive that swells is stopped where it says nothing of it") {
  const auto octets = std::string(8 << 20, 'x');
  const auto bomb = deflated("list.csv", octets);
  // The packed octets alone, under a size that is a lie.
  const auto packed = bomb.substr(38, bomb.find("PK\x01\x02") - 38);
  const auto lie = ZipWriter().add("list.csv", packed, {.method = 8, .declared = 100}).bytes();
  const TemporaryFolder folder;
  auto archive = Archive::open(folder.write("a.zip", lie), {.ratio = 10, .free_octets = 1 << 20});
  REQUIRE(archive);
  const auto stream = archive->read(archive->entries()[0]);
  REQUIRE(stream);
  std::string block(64 * 1024, '\0');
  std::size_t count = 0;
  while ((*stream)->read(block.data(), static_cast<std::streamsize>(block.size())))
    count += block.size();
  CHECK((*stream)->bad());
  CHECK(archive->fault() == "unpacks to more than it should; it may be made to do harm");
  CHECK(count <= 1 << 20);
}

TEST_CASE("an archive with a broken or a cut off file tells which one") {
  auto bytes = deflated("list.csv", list + list + list);
  bytes[45] = static_cast<char>(bytes[45] ^ 0x55);
  CHECK(has(read_archive(bytes), "error: is an archive whose list.csv is broken: "));
  const auto whole = ZipWriter().add("list.csv", list).bytes();
  CHECK(has(read_archive(whole.substr(0, whole.size() - 30)),
            "error: is a zip archive that cannot be read"));
  CHECK(has(read_archive("PK\x03\x04" + std::string(100, 'x')),
            "error: is a zip archive that cannot be"));
}

TEST_CASE("an archive with one list of any platform is read as that list") {
  CHECK(read_archive(
            ZipWriter().add("my/list.csv", list).add("__MACOSX/my/._list.csv", "x").bytes()) ==
        "CSV list, in an archive: my/list.csv\n  my/list.csv: email → address\n"
        "my/list.csv\n1:2 a@reader.example\n");
  CHECK(has(read_archive(ZipWriter().add("readme.txt", "").bytes()),
            "error: is an archive without a list: no file in it ends in .csv; it has: readme.txt"));
  CHECK(has(read_archive(ZipWriter().add("a.csv", list).add("b.csv", list).bytes()),
            "error: is an archive with several lists: a.csv, b.csv; unpack it"));
  CHECK(has(read_archive(
                ZipWriter().add("email_list.x.csv", list).add("cleaned_members.csv", list).bytes()),
            "error: is an archive with lists of Substack and of Mailchimp"));
  CHECK(has(
      read_archive(ZipWriter().add("email_list.a.csv", list).add("email_list.b.csv", list).bytes()),
      "error: is an archive with several lists: email_list.a.csv, email_list.b.csv"));
  CHECK(read_archive(ZipWriter().bytes()) ==
        "error: is an archive without any file; export the list anew\n");
  CHECK(read_archive(ZipWriter().add("list.csv", "").bytes()) ==
        "error: is an archive without a row: list.csv is empty; export the list anew\n");
  CHECK(has(read_archive(ZipWriter().add("xl/workbook.xml", "").bytes()),
            "error: is a spreadsheet of Excel; save it as CSV in UTF-8"));
  CHECK(has(read_archive(ZipWriter().add("list.csv", "name\nAnn\n").bytes()),
            "error: is an archive whose list.csv has no column of addresses"));
}

TEST_CASE("an archive from a pipe says that it needs a file") {
  std::istringstream in(ZipWriter().add("list.csv", list).bytes());
  CHECK(has(dump(Source::open(in, Format::automatic)), "an archive needs a file, not a pipe"));
}
