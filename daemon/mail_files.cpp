#include "daemon/mail_files.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <vector>

#include "base/text.h"
#include "mail/message.h"

namespace postrider::daemon {

namespace fs = std::filesystem;

namespace {

using Visit = std::function<void(const std::string&, std::string_view)>;
using Skipped = Visit;

constexpr std::size_t largest_message = mail::ReadLimits().octets;
constexpr std::string_view from_line = "From ";

/// ">From ", ">>From ": a line of the message that the mbox has quoted.
bool is_quoted_from(std::string_view line) {
  const auto from = line.find_first_not_of('>');
  return from != 0 && from != std::string_view::npos && line.substr(from).starts_with(from_line);
}

/// An mbox is told by its first line; all else is one message.
class Splitter {
 public:
  Splitter(std::string name, const Visit& visit) : name_(std::move(name)), visit_(visit) {}

  /// `end`: as it stands behind the line.
  void line(std::string_view line, std::string_view end = "\n") {
    if (first_) is_mbox_ = line.starts_with(from_line);
    if (is_mbox_ && blank_ && line.starts_with(from_line)) {
      if (!first_) hand_over();
    } else {
      add(is_mbox_ && is_quoted_from(line) ? line.substr(1) : line, end);
    }
    first_ = false;
    blank_ = line.empty() || line == "\r";
  }

  void finish() {
    if (!first_) hand_over();
  }

 private:
  void add(std::string_view line, std::string_view end) {
    if (message_.size() >= largest_message) return;
    message_.append(line.substr(0, largest_message - message_.size()));
    message_ += end;
  }

  void hand_over() {
    ++count_;
    // The blank line before the next "From " is the mbox's.
    if (is_mbox_ && message_.ends_with("\n\n")) message_.pop_back();
    visit_(is_mbox_ ? name_ + ":" + std::to_string(count_) : name_, message_);
    message_.clear();
  }

  const std::string name_;
  const Visit& visit_;
  std::string message_;
  bool first_ = true, is_mbox_ = false, blank_ = true;
  int count_ = 0;
};

/// Lines of whatever length, in bounded memory: what is longer than a message may be is cut.
void read_lines(std::istream& in, Splitter& splitter) {
  std::string line;
  char block[64 * 1024];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    std::string_view rest(block, static_cast<std::size_t>(in.gcount()));
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      line.append(rest.substr(0, end));
      splitter.line(line);
      line.clear();
      rest.remove_prefix(end + 1);
    }
    if (line.size() < largest_message) line.append(rest);
  }
  if (!line.empty()) splitter.line(line, "");
  splitter.finish();
}

Result<void> read_file_at(const fs::path& path, const std::string& name, const Visit& visit,
                          const Skipped& skipped) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored) && fs::is_empty(path, ignored))
    skipped(name, "it is empty");
  std::ifstream in(path, std::ios::binary);
  Splitter splitter(name, visit);
  if (in) read_lines(in, splitter);
  if (!in.eof()) return fail(printable(path.string()) + " cannot be read");
  return {};
}

/// Why what is in a folder is not read; empty: it is. Links are not followed.
std::string_view why_skipped(const fs::directory_entry& entry) {
  std::error_code ignored;
  const auto status = entry.symlink_status(ignored);
  if (fs::is_directory(status)) return "it is a folder, which is read by its own path";
  if (entry.path().filename().string().starts_with('.')) return "it is hidden";
  return fs::is_regular_file(status) ? "" : "it is no regular file";
}

/// Names of the files in the folder that are read, sorted.
Result<std::vector<std::string>> names_in(const fs::path& folder, const std::string& prefix,
                                          const Skipped& skipped) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (const auto why = why_skipped(*at); why.empty())
      names.push_back(name);
    else
      skipped(prefix + name, why);
  }
  if (error) return fail(printable(folder.string()) + " cannot be read: " + error.message());
  std::ranges::sort(names);
  return names;
}

Result<void> read_folder(const fs::path& folder, const std::string& prefix, const Visit& visit,
                         const Skipped& skipped) {
  const auto names = names_in(folder, prefix, skipped);
  if (!names) return tl::make_unexpected(names.error());
  for (const auto& name : *names)
    if (auto read = read_file_at(folder / name, prefix + name, visit, skipped); !read) return read;
  return {};
}

bool is_maildir(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path / "cur", ignored) && fs::is_directory(path / "new", ignored);
}

/// Its other folders, as Maildir++ has them; `tmp` holds what is not whole yet.
void skip_folders(const fs::path& maildir, const Skipped& skipped) {
  std::error_code error;
  for (fs::directory_iterator at(maildir, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    const bool is_own = name == "cur" || name == "new" || name == "tmp";
    if (!is_own && fs::is_directory(at->symlink_status(error)))
      skipped((maildir / name).string(), why_skipped(*at));
  }
}

}  // namespace

std::string_view why_no_message(std::string_view octets) {
  if (octets.find('\0') != std::string_view::npos) return "it has NUL octets, as no mail has";
  constexpr std::array<std::string_view, 10> known{
      "from",     "to",          "date",         "subject",      "message-id",
      "received", "return-path", "delivered-to", "mime-version", "content-type"};
  const auto is_known = [&](const mail::Field& field) {
    return std::ranges::find(known, field.name) != known.end();
  };
  return std::ranges::any_of(mail::read_message(octets).root.fields, is_known)
             ? ""
             : "it has none of the fields of a message (From, Date, Subject, …)";
}

Result<void> each_message(const fs::path& path, const Visit& visit, const Skipped& skipped) {
  if (path == "-") {
    Splitter splitter("-", visit);
    read_lines(std::cin, splitter);
    return {};
  }
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status))
    return fail(printable(path.string()) +
                " is not there; name a message, an mbox, a Maildir or a "
                "folder of messages, or - for standard input");
  if (!fs::is_directory(status)) return read_file_at(path, path.string(), visit, skipped);
  if (!is_maildir(path)) return read_folder(path, (path / "").string(), visit, skipped);
  skip_folders(path, skipped);
  for (const auto* part : {"cur", "new"})
    if (auto read = read_folder(path / part, (path / part / "").string(), visit, skipped); !read)
      return read;
  return {};
}

}  // namespace postrider::daemon
