#include "subscribers/formats/source.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/text.h"
#include "subscribers/formats/archive.h"
#include "subscribers/formats/contents.h"
#include "subscribers/formats/list_file.h"

namespace postrider::subscribers {

namespace {

std::string describe(const ListFile& list) {
  auto text = std::string(list.platform().title) + " list";
  std::string columns;
  for (const auto& name : list.found_by()) columns += (columns.empty() ? "" : ", ") + name;
  return columns.empty() ? text : text + ", known by its columns " + columns;
}

bool is_archive(std::istream& in) {
  std::array<char, 4> start{};
  in.read(start.data(), start.size());
  in.clear();
  in.seekg(0);
  return std::string_view(start.data(), start.size()) == "PK\x03\x04" ||
         std::string_view(start.data(), start.size()) == "PK\x05\x06";
}

}  // namespace

struct Source::State {
  std::string file;  // the name of a file that is no archive
  std::string list_key;
  std::unique_ptr<std::ifstream> stream;
  std::optional<Archive> archive;
  Contents contents;
  std::unique_ptr<std::istream> entry;  // the one being read
  std::unique_ptr<ListFile> list;       // the one being read
  Format wanted = Format::automatic;
  Format format = Format::csv;
  std::string description, current;
  std::vector<PlannedColumn> plan;
  std::uint64_t octets = 0, read_before = 0;

  Result<void> open_list(std::istream& in);
  Result<void> open_archive(const std::filesystem::path& path);
  Result<void> open_entry(const ArchiveEntry& found);
  Error explain(const Error& error) const;
};

Result<void> Source::State::open_list(std::istream& in) {
  auto opened = ListFile::open(
      in, {.name = {}, .wanted = wanted, .mailchimp = mailchimp_standing(file), .list = list_key});
  if (!opened) return tl::make_unexpected(opened.error());
  list = std::move(*opened);
  format = list->platform().format;
  description = describe(*list);
  plan = list->plan();
  return {};
}

Result<void> Source::State::open_archive(const std::filesystem::path& path) {
  auto opened = Archive::open(path);
  if (!opened) return tl::make_unexpected(opened.error());
  octets = 0;
  stream.reset();
  archive.emplace(std::move(*opened));
  auto found = find_lists(archive->entries(), wanted);
  if (!found) return tl::make_unexpected(found.error());
  contents = std::move(*found);
  const auto empty = names_of(contents.lists);
  std::erase_if(contents.lists, [](const ArchiveEntry& one) { return one.size == 0; });
  if (contents.lists.empty())
    return fail("is an archive without a row: " + empty + " is empty; export the list anew");
  for (const auto& one : contents.lists) {
    if (auto read = open_entry(one); !read) return read;
    octets += one.size;
    for (auto& column : list->plan()) plan.push_back(std::move(column));
  }
  format = list->platform().format;
  description = (contents.platform ? std::string(contents.platform->title) + " archive: "
                                   : describe(*list) + ", in an archive: ") +
                contents.description;
  return {};
}

Result<void> Source::State::open_entry(const ArchiveEntry& found) {
  list.reset();
  entry.reset();
  auto opened = archive->read(found);
  if (!opened) return tl::make_unexpected(opened.error());
  entry = std::move(*opened);
  current = found.name;
  auto read = ListFile::open(*entry, {.name = found.name,
                                      .platform = contents.platform,
                                      .wanted = wanted,
                                      .mailchimp = mailchimp_standing(found.name),
                                      .list = list_key});
  if (!read) return tl::make_unexpected(explain(read.error()));
  list = std::move(*read);
  return {};
}

/// An error of the file in the archive; where that cannot be unpacked, the archive knows why.
Error Source::State::explain(const Error& error) const {
  if (!archive) return error;
  const auto& fault = archive->fault();
  return {"is an archive whose " + printable(cut_utf8(current, 100)) + " " +
          (fault.empty() ? error.message : fault)};
}

Source::Source(std::unique_ptr<State> state) : state_(std::move(state)) {}
Source::Source(Source&&) noexcept = default;
Source& Source::operator=(Source&&) noexcept = default;
Source::~Source() = default;

Result<Source> Source::open(const std::filesystem::path& file, Format format, std::string list) {
  auto state = std::make_unique<State>();
  state->wanted = format;
  state->list_key = std::move(list);
  state->file = file.filename().string();
  errno = 0;
  state->stream = std::make_unique<std::ifstream>(file, std::ios::binary);
  if (!*state->stream) return fail(std::string("cannot be read: ") + std::strerror(errno));
  std::error_code none;
  if (std::filesystem::is_directory(file, none))
    return fail("is a folder; name a file of CSV or an archive");
  const bool regular = std::filesystem::is_regular_file(file, none);
  if (regular) state->octets = std::filesystem::file_size(file, none);
  const bool archive = regular && is_archive(*state->stream);
  auto opened = archive ? state->open_archive(file) : state->open_list(*state->stream);
  if (!opened) return tl::make_unexpected(opened.error());
  return Source(std::move(state));
}

Result<Source> Source::open(std::istream& in, Format format, std::string list) {
  auto state = std::make_unique<State>();
  state->wanted = format;
  state->list_key = std::move(list);
  if (auto opened = state->open_list(in); !opened) return tl::make_unexpected(opened.error());
  return Source(std::move(state));
}

Result<void> Source::read(const RowVisitor& row, const SkipVisitor& skip,
                          const RemarkVisitor& remark) {
  if (!state_->archive) return state_->list->read(row, skip, remark);
  for (const auto& one : state_->contents.lists) {
    if (auto opened = state_->open_entry(one); !opened) return opened;
    if (auto read = state_->list->read(row, skip, remark); !read)
      return tl::make_unexpected(state_->explain(read.error()));
    state_->read_before += state_->list->octets_read();
    state_->list.reset();
  }
  return {};
}

Format Source::format() const { return state_->format; }
const std::string& Source::description() const { return state_->description; }
const std::vector<PlannedColumn>& Source::plan() const { return state_->plan; }
const std::string& Source::current_file() const { return state_->current; }
std::uint64_t Source::octets() const { return state_->octets; }

std::uint64_t Source::octets_read() const {
  return state_->read_before + (state_->list ? state_->list->octets_read() : 0);
}

}  // namespace postrider::subscribers
