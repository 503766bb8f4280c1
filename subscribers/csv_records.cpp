#include "subscribers/csv_records.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// How many lines end in the text; CRLF counts once.
std::int64_t count_line_ends(std::string_view text) {
  std::int64_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n' || (text[at] == '\r' && !(at + 1 < text.size() && text[at + 1] == '\n')))
      ++count;
  return count;
}

}  // namespace

std::string CsvRecords::fault_detail() const {
  if (fault_ == "too long") return "a row has at most 256 KB";
  return unending_
             ? "it does not end within 256 KB, the most that a row may have: close its quote, or "
               "shorten it"
             : "a field that begins with a quote ends with one, and quotes inside it are doubled";
}

Result<CsvRecords::Next> CsvRecords::next() {
  for (;;) {
    start_ = stop_;
    line_ = next_line_;
    auto scanned = scan();
    while (scanned == Scan::incomplete || scanned == Scan::in_quotes) {
      if (exhausted_ && start_ >= buffer_.size()) return Next::end;
      if (exhausted_) return skip_line("broken quotes");
      if (buffer_.size() - start_ > longest_record) return skip_long();
      if (auto filled = refill(); !filled) return tl::make_unexpected(filled.error());
      scanned = scan();
    }
    if (scanned == Scan::broken) return skip_line("broken quotes");
    if (stop_ - start_ > longest_record) return skip_long();
    next_line_ += breaks_ + 1;
    const bool blank = spans_.size() == 1 && spans_[0].begin == spans_[0].end;
    if (blank && buffer_[start_] != '"') continue;
    unescape();
    return Next::record;
  }
}

Result<void> CsvRecords::refill() {
  buffer_.erase(0, start_);
  start_ = 0;
  const auto more = source_.append_to(buffer_);
  if (!more) return tl::make_unexpected(more.error());
  exhausted_ = !*more;
  if (separator_ == '\0') find_separator();
  return {};
}

void CsvRecords::find_separator() {
  first_octets_ = buffer_.substr(0, 8);
  if (take_separator()) return;
  std::array<int, 3> counts{};
  constexpr std::string_view separators = ",;\t";
  bool quoted = false;
  const auto first_line = std::min(buffer_.find_first_not_of("\r\n"), buffer_.size());
  for (const char c : std::string_view(buffer_).substr(first_line)) {
    if (c == '"') quoted = !quoted;
    if (!quoted && is_line_end(c)) break;
    const auto found = separators.find(c);
    if (!quoted && found != std::string_view::npos) ++counts[found];
  }
  const auto most = std::max_element(counts.begin(), counts.end()) - counts.begin();
  separate_by(separators[static_cast<std::size_t>(most)]);
}

/// A first line such as `sep=;` or `"sep=;"` is Excel's, and no line of names.
bool CsvRecords::take_separator() {
  const auto begin = std::min(buffer_.find_first_not_of("\r\n"), buffer_.size());
  const auto end = std::min(buffer_.find_first_of("\r\n", begin), buffer_.size());
  auto line = std::string_view(buffer_).substr(begin, end - begin);
  if (line.size() > 2 && line.front() == '"' && line.back() == '"')
    line = line.substr(1, line.size() - 2);
  constexpr std::string_view sign = "sep=";
  if (line.size() != sign.size() + 1 || !iequals(line.substr(0, sign.size()), sign)) return false;
  const char named = line.back();
  if (named == '"' || (named != '\t' && !std::ispunct(static_cast<unsigned char>(named))))
    return false;
  separate_by(named);
  start_ = end;  // the rest of the line is a blank one
  line_ = next_line_ += count_line_ends(std::string_view(buffer_).substr(0, end));
  return true;
}

void CsvRecords::separate_by(char separator) {
  separator_ = separator;
  for (const char c : {separator, '\n', '\r'}) special_[static_cast<unsigned char>(c)] = true;
}

/// From start_ to the record's end, or to where the buffer gives out.
CsvRecords::Scan CsvRecords::scan() {
  spans_.clear();
  breaks_ = 0;
  if (start_ >= buffer_.size()) return Scan::incomplete;
  for (auto at = start_;;) {
    if (!at_end(at) && buffer_[at] == '"') {
      if (const auto quoted = scan_quoted(at); quoted != Scan::complete) return quoted;
    } else {
      const auto begin = at;
      while (!at_end(at) && !special_[static_cast<unsigned char>(buffer_[at])]) ++at;
      spans_.push_back({begin, at, false});
    }
    if (at_end(at)) {
      stop_ = at;
      return exhausted_ ? Scan::complete : Scan::incomplete;
    }
    const char end = buffer_[at++];
    if (end == separator_) continue;
    if (end == '\r' && at_end(at) && !exhausted_) return Scan::incomplete;
    stop_ = end == '\r' && !at_end(at) && buffer_[at] == '\n' ? at + 1 : at;
    return Scan::complete;
  }
}

/// A quoted field, up to what follows its closing quote.
CsvRecords::Scan CsvRecords::scan_quoted(std::size_t& at) {
  Span span{at + 1, 0, false};
  for (at = span.begin;;) {
    at = buffer_.find('"', at);
    if (at == std::string::npos) return Scan::in_quotes;
    if (at_end(at + 1) && !exhausted_) return Scan::in_quotes;
    if (at_end(at + 1) || buffer_[at + 1] != '"') break;
    span.escaped = true;
    at += 2;
  }
  span.end = at++;
  spans_.push_back(span);
  breaks_ += count_line_ends(std::string_view(buffer_).substr(span.begin, span.end - span.begin));
  const bool ends = at_end(at) || special_[static_cast<unsigned char>(buffer_[at])];
  return ends ? Scan::complete : Scan::broken;
}

/// Of several lines, a quote that is never closed is the likelier reason.
Result<CsvRecords::Next> CsvRecords::skip_long() {
  const auto record = std::string_view(buffer_).substr(start_, longest_record);
  if (std::none_of(record.begin(), record.end(), is_line_end)) return skip_line("too long");
  auto skipped = skip_line("broken quotes");
  unending_ = true;
  return skipped;
}

/// Goes on behind the first line end after start_: what follows may well be whole records.
Result<CsvRecords::Next> CsvRecords::skip_line(std::string_view fault) {
  fault_ = fault;
  unending_ = false;
  ++next_line_;
  for (;;) {
    const auto found = std::find_if(buffer_.begin() + static_cast<std::ptrdiff_t>(start_),
                                    buffer_.end(), is_line_end);
    stop_ = static_cast<std::size_t>(found - buffer_.begin());
    const bool cut_off = stop_ + 1 >= buffer_.size() && !exhausted_;
    if (!cut_off) break;
    start_ = stop_;
    if (auto filled = refill(); !filled) return tl::make_unexpected(filled.error());
  }
  if (!at_end(stop_)) {
    const bool pair = std::string_view(buffer_).substr(stop_, 2) == "\r\n";
    stop_ += pair ? 2 : 1;
  }
  return Next::broken;
}

void CsvRecords::unescape() {
  fields_.clear();
  unescaped_.clear();
  // No field moves while it is filled: it never grows beyond the record.
  unescaped_.reserve(stop_ - start_);
  for (const auto& span : spans_) {
    const auto written = std::string_view(buffer_).substr(span.begin, span.end - span.begin);
    if (!span.escaped) {
      fields_.push_back(written);
      continue;
    }
    const auto begin = unescaped_.size();
    for (std::size_t at = 0; at < written.size(); ++at) {
      unescaped_ += written[at];
      if (written[at] == '"') ++at;
    }
    fields_.push_back(std::string_view(unescaped_).substr(begin));
  }
}

}  // namespace postrider::subscribers
