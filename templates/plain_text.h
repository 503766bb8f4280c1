// Plain text for a terminal and for mail programs that show no HTML: paragraphs wrapped at 72
// columns, quotes behind >, links numbered with their addresses at the end of their section.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "templates/mustache.h"

namespace postrider::templates {

constexpr std::size_t text_width = 72;

/// How many columns a word takes: its tags count for what readers see of them.
using Measure = std::function<std::size_t(std::string_view)>;

enum class Alignment { left, centre, right };

/// Words wrapped at the width; `first` begins the first line and `rest` all others. Existing line
/// breaks in the text are kept. No line end at the end.
std::string wrap(std::string_view text, std::string_view first, std::string_view rest,
                 std::size_t width = text_width, const Measure& measure = display_width);

/// Builds a text part block by block. Blocks are set apart by an empty line.
class PlainText {
 public:
  explicit PlainText(Measure measure = display_width) : measure_(std::move(measure)) {}

  /// Every line from now on begins with this, until popped: "> ", "  ".
  void push_prefix(std::string first, std::string rest);
  void pop_prefix();

  void paragraph(std::string_view text);
  /// A heading, underlined; ends a section of links when its level is 1 or 2.
  void heading(std::string_view text, int level);
  /// Lines as they are: code.
  void verbatim(std::string_view text);
  /// Aligned columns; where they are wider than a line, each row as "Head: cell" lines instead.
  void table(const std::vector<std::vector<std::string>>& rows,
             const std::vector<Alignment>& alignments = {});
  void rule();
  /// Tags that stand alone: they open no line of their own.
  void marks(const std::vector<std::pair<std::string, TagKind>>& tags);
  /// Blocks follow each other without an empty line between them, until popped: tight lists.
  void push_tight(bool tight);
  void pop_tight();
  bool tight() const { return !tight_.empty() && tight_.back(); }

  /// What stands in the text for a link: its words with the address, or a number for it.
  std::string link(std::string_view words, std::string_view target);

  std::string finish();

 private:
  void begin_block();
  void add_lines(std::string_view lines);
  void end_section();
  void close_level();
  void list_targets(std::size_t level);
  std::string take_first_prefix();
  std::string rest_prefix() const;

  void grid(const std::vector<std::vector<std::string>>& rows,
            const std::vector<std::size_t>& widths, const std::vector<Alignment>& alignments);
  void records(const std::vector<std::vector<std::string>>& rows);

  struct Prefix {
    std::string first;
    std::string rest;
    bool used = false;
  };

  /// The numbered links of a level of mustache sections, whose addresses are not listed yet.
  struct Level {
    std::vector<std::pair<std::size_t, std::string>> targets;  // with their numbers
    std::map<std::string, std::size_t, std::less<>> numbers;
  };

  Measure measure_;
  std::string out_;
  std::vector<std::pair<std::string, TagKind>> marks_;  // stand before the next block
  std::vector<Prefix> prefixes_;
  std::vector<bool> tight_;
  std::vector<Level> levels_{1};  // the outermost first
  std::size_t next_number_ = 1;
};

}  // namespace postrider::templates
