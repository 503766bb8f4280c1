// Rows in the order of their keys, however many: sorted in runs that fit into memory, each written
// to a file that has no name, and merged while they are read. An import in the order of the index
// costs a fraction of one in the order of its file. Not to be shared between threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"

namespace postrider::subscribers {

class SortedRows {
 public:
  /// `folder`: where its file may grow as large as all the rows. `memory`: octets of a run.
  explicit SortedRows(std::filesystem::path folder, std::size_t memory = 32UL << 20);

  /// Throws std::system_error where the disk is full or fails.
  void add(std::string_view key, std::string_view row);

  std::int64_t count() const { return count_; }

  /// Hands all of them over, those of one key in the order they were added; the views are good
  /// until the call ends. Once. Throws as `add`, and what `visit` throws.
  void each(const std::function<void(std::string_view key, std::string_view row)>& visit);

 private:
  struct Run {
    std::uint64_t begin, end;  // in the file
  };
  class Reader;

  void write_run();
  void sort();

  const std::filesystem::path folder_;
  const std::size_t memory_;
  std::int64_t count_ = 0;
  std::string bytes_;                  // records, one behind another
  std::vector<std::uint64_t> places_;  // where they begin
  std::vector<Run> runs_;
  std::uint64_t written_ = 0;
  Descriptor file_{-1};
};

}  // namespace postrider::subscribers
