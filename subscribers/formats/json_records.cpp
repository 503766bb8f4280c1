#include "subscribers/formats/json_records.h"

#include "subscribers/formats/own_export.h"

namespace postrider::subscribers {

namespace {

constexpr std::size_t longest_line = 4UL << 20;

ExportRows rows_of(const ExportedRecord& record) {
  if (const auto* hash = std::get_if<ExportedHash>(&record))
    return export_rows(hash->fingerprint, hash->at);
  if (const auto* reader = std::get_if<ExportedReader>(&record)) return export_rows(*reader);
  return export_rows(std::get<Suppression>(record));
}

}  // namespace

Result<bool> read_line(std::istream& in, std::string& line) {
  using Traits = std::istream::traits_type;
  line.clear();
  auto& text = *in.rdbuf();
  try {
    auto c = text.sbumpc();
    const bool any = c != Traits::eof();
    for (; c != Traits::eof() && c != '\n'; c = text.sbumpc()) {
      if (line.size() == longest_line) return fail("is longer than 4 MB");
      line += Traits::to_char_type(c);
    }
    return any;
  } catch (const std::ios_base::failure&) {
    return fail("cannot be read to its end");
  }
}

Result<Records::Next> JsonRecords::next() {
  if (begun_ && next_ == rows_.size()) return read_on();
  if (begun_) {
    show(rows_[next_++]);
    return Next::record;
  }
  begun_ = true;
  const auto first = read_on();
  if (!first) return first;
  if (*first == Next::broken)
    return fail("is JSON, but no export of Postrider with one record a line: it " + fault_);
  next_ = 0;
  show(export_columns());
  return Next::record;
}

Result<Records::Next> JsonRecords::read_on() {
  rows_.clear();
  next_ = 0;
  for (;;) {
    const auto more = read_line(in_, text_);
    ++line_;
    if (!more) return fail("line " + std::to_string(line_) + ": " + more.error().message);
    if (!*more) return Next::end;
    octets_read_ += text_.size() + 1;
    const auto record = parse_exported(text_);
    if (!record) {
      fault_ = record.error().message;
      return Next::broken;
    }
    if (!*record) continue;
    rows_ = rows_of(**record);
    show(rows_[next_++]);
    return Next::record;
  }
}

/// With the guards of CSV, since the fields of all lists are taken to have some.
void JsonRecords::show(const std::vector<std::string>& row) {
  row_.clear();
  fields_.clear();
  for (const auto& field : row) row_.push_back(with_guard(field));
  fields_.assign(row_.begin(), row_.end());
}

}  // namespace postrider::subscribers
