#include "subscribers/formats/list_file.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "subscribers/csv_records.h"
#include "subscribers/formats/json_records.h"

namespace postrider::subscribers {

namespace {

using Fields = std::vector<std::string_view>;
using Next = Records::Next;

constexpr std::string_view how_to_save =
    "save it as CSV in UTF-8 (Excel: CSV UTF-8; LibreOffice: character set Unicode (UTF-8); or "
    "iconv -f WINDOWS-1252 -t UTF-8 OLD >NEW)";

/// Quick, as most records are.
bool is_ascii(std::string_view text) {
  std::uint64_t high = 0;
  for (; text.size() >= sizeof high; text.remove_prefix(sizeof high)) {
    std::uint64_t octets = 0;
    std::memcpy(&octets, text.data(), sizeof octets);
    high |= octets;
  }
  for (const char c : text) high |= static_cast<unsigned char>(c);
  return (high & 0x8080808080808080) == 0;
}

/// A NUL or broken UTF-8 anywhere in the record; empty: neither.
std::string_view bad_text(std::string_view record) {
  if (record.find('\0') != std::string_view::npos) return "NUL character";
  return is_ascii(record) || is_utf8(record) ? std::string_view() : "no UTF-8";
}

/// Octets that are letters in Windows-1252, the likeliest reason for what is no UTF-8.
std::string explain_bad_text(std::string_view fault) {
  if (fault == "no UTF-8")
    return "its letters look like Windows-1252 or Latin-1; " + std::string(how_to_save);
  return std::string(how_to_save);
}

/// What the first octets of a file say that it is, where that is no text.
std::string_view other_kind(std::string_view start) {
  constexpr std::pair<std::string_view, std::string_view> kinds[] = {
      {"PK\x03\x04",
       "is an archive or a spreadsheet; an archive needs a file, not a pipe: name the file"},
      {"\xD0\xCF\x11\xE0", "is an old Excel workbook"},
      {"\x1F\x8B", "is packed by gzip"},
      {"BZh", "is packed by bzip2"},
      {"\xFD\x37zXZ", "is packed by xz"},
      {"%PDF-", "is a PDF"},
  };
  for (const auto& [magic, what] : kinds)
    if (start.starts_with(magic)) return what;
  return {};
}

std::string count_of_fields(std::size_t found, std::size_t wanted) {
  return counted(static_cast<std::int64_t>(found), "field") + " where there are " +
         counted(static_cast<std::int64_t>(wanted), "column");
}

/// Why the record is no row of the list; nothing where it is one. Fields after the last column are
/// let go where they are empty.
std::optional<Finding> find_fault(std::string_view record, const Fields& fields,
                                  std::size_t wanted) {
  if (const auto bad = bad_text(record); !bad.empty())
    return Finding{std::string(bad), explain_bad_text(bad)};
  if (fields.size() < wanted)
    return Finding{"too few fields", count_of_fields(fields.size(), wanted)};
  const bool more = std::any_of(fields.begin() + static_cast<std::ptrdiff_t>(wanted), fields.end(),
                                [](std::string_view field) { return !trim(field).empty(); });
  if (more) return Finding{"too many fields", count_of_fields(fields.size(), wanted)};
  return {};
}

/// No line of names begins as JSON does.
std::unique_ptr<Records> records_of(std::istream& in) {
  const auto first = in.peek();
  if (first == '{' || first == '[') return std::make_unique<JsonRecords>(in);
  return std::make_unique<CsvRecords>(in);
}

}  // namespace

ListFile::ListFile(std::istream& in, std::string name)
    : records_(records_of(in)), name_(std::move(name)) {}

Result<std::unique_ptr<ListFile>> ListFile::open(std::istream& in, Setting setting) {
  std::unique_ptr<ListFile> file(new ListFile(in, setting.name));
  if (auto read = file->read_header(setting); !read) return tl::make_unexpected(read.error());
  return file;
}

Result<void> ListFile::read_header(const Setting& setting) {
  const auto next = records_->next();
  if (!next) return tl::make_unexpected(next.error());
  if (*next == Next::end)
    return fail("is empty; its first line names the columns, such as: email,name");
  if (const auto kind = other_kind(records_->first_octets()); !kind.empty())
    return fail(std::string(kind) + "; a list is read as CSV in UTF-8: unpack it or save it so");
  if (*next == Next::broken)
    return fail("has a first line " +
                std::string(records_->fault() == "too long" ? "that is " : "with ") +
                std::string(records_->fault()) + "; it names the columns, such as: email,name");
  if (const auto bad = bad_text(records_->record()); !bad.empty())
    return fail("has a first line with " + std::string(bad) + "; " + explain_bad_text(bad));
  const auto& header = records_->fields();
  platform_ = setting.platform;
  if (!platform_) {
    const auto detected = detect(header, setting.wanted);
    if (!detected) return tl::make_unexpected(detected.error());
    platform_ = detected->platform;
    found_by_.assign(detected->by.begin(), detected->by.end());
  }
  const bool named = platform_->format == Format::mailchimp;
  auto columns = Columns::find(header, *platform_,
                               named ? setting.mailchimp : std::optional<Standing>(), setting.list);
  if (!columns) return tl::make_unexpected(columns.error());
  columns_ = std::move(*columns);
  for (const auto title : header) header_.push_back(printable(trim(title)));
  return {};
}

std::vector<PlannedColumn> ListFile::plan() const {
  std::vector<PlannedColumn> plan;
  for (std::size_t i = 0; i < header_.size(); ++i)
    plan.push_back({name_, header_[i], columns_.becomes(i)});
  return plan;
}

Result<void> ListFile::read(const RowVisitor& row, const SkipVisitor& skip,
                            const RemarkVisitor& remark) {
  for (std::int64_t number = 1;; ++number) {
    const auto next = records_->next();
    if (!next) return tl::make_unexpected(next.error());
    if (*next == Next::end) return {};
    if (*next == Next::broken)
      skip({number, records_->line(), std::string(records_->fault()), records_->fault_detail(),
            name_});
    else
      read_record(number, row, skip, remark);
  }
}

void ListFile::read_record(std::int64_t number, const RowVisitor& row, const SkipVisitor& skip,
                           const RemarkVisitor& remark) {
  const auto& fields = records_->fields();
  const auto line = records_->line();
  if (auto fault = find_fault(records_->record(), fields, columns_.count())) {
    skip({number, line, std::move(fault->reason), std::move(fault->detail), name_});
    return;
  }
  remarks_.clear();
  auto entry = columns_.entry(fields, remarks_);
  if (!entry) {
    skip({number, line, std::move(entry.error().reason), std::move(entry.error().detail), name_});
    return;
  }
  for (auto& [reason, detail] : remarks_)
    remark({number, line, std::move(reason), std::move(detail), name_});
  entry->file = name_;
  row(std::move(*entry), number, line);
}

}  // namespace postrider::subscribers
