// One table of the settings being read: finds values, turns them into what the program wants and
// collects every fault with its line and full key. Lives while the document is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "config/document.h"
#include "config/keys.h"

namespace postrider::config {

/// Faults of one file, in the order in which they were found.
class FaultList {
 public:
  explicit FaultList(std::string file) : file_(std::move(file)) {}

  void add(int line, std::string where, std::string message, Severity severity = Severity::error);

  const Faults& all() const { return faults_; }
  /// In the file's order; those of the file as a whole last.
  Faults sorted() const;

 private:
  std::string file_;
  Faults faults_;
};

class Section {
 public:
  /// `kind` as in keys.h ("lists.*"), `path` as in faults ("lists.report"). A missing section is an
  /// empty table on line 0. Unknown keys become faults at once.
  Section(const Table& table, int line, std::string_view kind, std::string path, FaultList& faults);

  int line() const { return line_; }
  bool has(std::string_view key) const { return table_.find(key) != nullptr; }

  void fault(std::string_view key, std::string message) const;
  void warn(std::string_view key, std::string message) const;

  /// The key's text; nothing where it is missing or of another type (a fault then).
  std::optional<std::string> text(std::string_view key) const;

  /// Replaces `target` by what `parse` (text → Result<T>) makes of the key's text; its error
  /// becomes the fault. False: there is no good value.
  template <class T, class Parse>
  bool read(std::string_view key, T& target, Parse parse) const {
    const auto written = text(key);
    if (!written) return false;
    auto parsed = parse(*written);
    if (!parsed) {
      fault(key, parsed.error().message);
      return false;
    }
    target = std::move(*parsed);
    return true;
  }

  /// The same for a key that must be there; `example` is a line to write instead.
  template <class T, class Parse>
  bool require(std::string_view key, T& target, Parse parse, std::string_view example) const {
    if (has(key)) return read(key, target, parse);
    missing(key, example);
    return false;
  }

  void read_number(std::string_view key, int& target, int least, int most) const;

  void read_flag(std::string_view key, bool& target) const;

  /// The texts of a list, each with its own line; faults for what is none.
  struct Item {
    std::string text;
    int line;
  };
  std::optional<std::vector<Item>> texts(std::string_view key) const;
  /// The values of a list, whatever they are; a fault where it is none. `such_as`: how to write
  /// one.
  const Array* values(std::string_view key, std::string_view such_as) const;
  /// The same, or one text alone; `such_as`: how to write one.
  std::optional<std::vector<Item>> text_or_texts(std::string_view key,
                                                 std::string_view such_as) const;
  /// One day or several, as texts or as dates of TOML.
  std::optional<std::vector<Item>> days(std::string_view key) const;
  /// A program with its arguments: a list of texts, or one text for the shell; nothing where it is
  /// missing, empty or of another type (a fault then).
  std::optional<std::vector<std::string>> command(std::string_view key) const;
  /// The same without a shell: one text is split at its blanks. Empty is nothing, and no fault.
  std::optional<std::vector<std::string>> plain_command(std::string_view key) const;
  void fault_at(int line, std::string_view key, std::string message) const;

 private:
  std::string where(std::string_view key) const { return path_ + "." + printable(key); }
  void check_keys(std::string_view kind);
  void check_coming(const Member& member, const Key& key) const;
  void missing(std::string_view key, std::string_view example) const;
  /// The words, if they name a program.
  std::optional<std::vector<std::string>> program(std::string_view key,
                                                  std::vector<std::string> words) const;
  void wrong_type(const Value& value, std::string_view key, std::string_view wanted) const;

  const Table& table_;
  int line_;
  std::string path_;
  FaultList& faults_;
  std::vector<std::string> misspelt_;  // known keys that a misspelt one seems to mean
};

/// "did you mean 'name'?" or, where nothing is near, all there are.
std::string suggest(std::string_view word, const std::vector<std::string>& known);

}  // namespace postrider::config
