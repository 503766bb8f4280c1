// The columns of one file: what each becomes, and the entries that rows make. Values stand between
// a file's fields and `Entry`; nothing here reads a file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/formats/platform.h"
#include "subscribers/subscriber.h"

namespace postrider::subscribers {

/// What is wrong with a row, or worth telling of it.
struct Finding {
  std::string reason;  // of a closed set: "no address", "unknown status", "unreadable date", …
  std::string detail;  // for people
};

class Columns {
 public:
  /// `least`: how all readers of this file stand at least. `list`: as of OwnRecord. Error: no
  /// column for the address, or two of one name, or more than 500.
  static Result<Columns> find(const std::vector<std::string_view>& header, const Platform& platform,
                              std::optional<Standing> least = {}, std::string list = {});

  std::size_t count() const { return columns_.size(); }

  /// "name", "attribute Country", "left out: Ghost's own number": what the column becomes.
  std::string becomes(std::size_t column) const;

  /// The row's entry; empty fields say nothing. The fields, UTF-8, are as many as the columns. What
  /// is worth telling of a row that is taken is added to `remarks`. Not to be shared between
  /// threads.
  tl::expected<Entry, Finding> entry(const std::vector<std::string_view>& fields,
                                     std::vector<Finding>& remarks);

 private:
  /// What it says of a reader to have no value there.
  enum class Empty : std::uint8_t { nothing, told, pending };

  struct Column {
    Meaning meaning = Meaning::attribute;
    std::string title;        // as written, printable
    std::string_view detail;  // of its rule
    bool dated = false;       // as of StandingRule
    Empty empty = Empty::nothing;
  };
  struct Row;

  void choose(std::size_t column, const Rule& rule, bool dated = false);
  Empty empty(const Column& column) const;
  std::optional<Finding> read(const Column& column, std::string_view value, Row& row);
  std::optional<Standing> standing_of(std::string_view word) const;
  std::optional<Standing> standing_of_text(std::string_view text, std::optional<Standing> no) const;
  std::optional<Finding> read_status(const Column& column, std::string_view value, Row& row);
  void read_state(const Column& column, std::string_view value, Row& row);
  std::optional<Finding> read_flag(const Column& column, std::string_view value, Row& row);
  bool read_event(const Column& column, std::string_view value, Row& row);
  void read_answer(const Column& column, std::string_view value, Row& row);
  bool says_of_plan(const Column& column, std::string_view value, Row& row) const;
  std::optional<Instant> read_time(const Column& column, std::string_view value, Row& row);
  std::optional<Instant> read_date(const Column& column, std::string_view value, Row& row);
  void read_members(const Column& column, std::string_view value, Row& row);
  void read_consent(std::string_view value, Row& row);
  void read_language(const Column& column, std::string_view value, Row& row);
  void read_time_zone(const Column& column, std::string_view value, Row& row);
  bool knows_zone(std::string_view zone);

  const Platform* platform_ = nullptr;
  std::vector<Column> columns_;
  std::map<std::string, Standing, std::less<>> words_;  // the platform's, bare
  std::size_t attributes_ = 0;                          // how many columns are some
  std::optional<Standing> least_;
  std::string list_;  // empty, too, where the file says nothing of lists
  std::map<std::string, bool, std::less<>> zones_;  // whether the system knows it; a few hundred
};

}  // namespace postrider::subscribers
