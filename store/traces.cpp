#include "store/traces.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <unordered_set>
#include <vector>

#include "store/page_file.h"

namespace postrider::store {

namespace {

using Page = std::span<char>;
using PageNumber = std::uint32_t;  // from 1

constexpr std::size_t pages_at_once = 256;
constexpr std::size_t file_header = 100;  // on page 1

std::size_t number_at(std::span<const char> octets, std::size_t at, std::size_t length) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < length; ++i)
    number = (number << 8) | static_cast<unsigned char>(octets[at + i]);
  return number;
}

/// The unallocated space of a b-tree page, between its cells' addresses and the cells; empty where
/// the page is none. What is no b-tree page begins with the number of another page, which is below
/// 2^25 in files of less than 128 GB, or is free as a whole.
Page unallocated(Page page, PageNumber number) {
  const std::size_t head = number == 1 ? file_header : 0;
  const auto type = number_at(page, head, 1);
  const bool interior = type == 2 || type == 5;
  if (!interior && type != 10 && type != 13) return {};
  const auto begin = head + (interior ? 12 : 8) + 2 * number_at(page, head + 3, 2);
  const auto cells = number_at(page, head + 5, 2);
  const auto end = cells == 0 ? std::size_t{65536} : cells;
  if (begin >= end || end > page.size()) return {};
  return page.subspan(begin, end - begin);
}

bool is_clean(Page space) {
  return std::all_of(space.begin(), space.end(), [](char c) { return c == 0; });
}

/// Pages that the log has a copy of: https://sqlite.org/fileformat2.html#the_write_ahead_log
std::unordered_set<PageNumber> pages_in_log(const std::filesystem::path& log,
                                            std::size_t page_size) {
  std::unordered_set<PageNumber> pages;
  std::ifstream in(log, std::ios::binary);
  std::string header(32, '\0');
  if (!in.read(header.data(), 32)) return pages;
  std::string frame(24, '\0');
  while (in.read(frame.data(), 24) && frame.compare(8, 8, header, 16, 8) == 0) {
    pages.insert(static_cast<PageNumber>(number_at(frame, 0, 4)));
    in.seekg(static_cast<std::streamoff>(page_size), std::ios::cur);
  }
  return pages;
}

class Sweep {
 public:
  explicit Sweep(Database& database)
      : database_(database),
        file_(database),
        page_size_(number_of("page_size")),
        has_maps_(number_of("auto_vacuum") != 0),
        page_(page_size_) {}

  bool run() {
    if (!database_.empty_log()) return false;
    const auto found = look_through();
    std::vector<PageNumber> left;
    for (std::size_t at = 0; at < found.size(); at += pages_at_once) {
      const auto end = std::min(found.size(), at + pages_at_once);
      clean({found.begin() + static_cast<std::ptrdiff_t>(at),
             found.begin() + static_cast<std::ptrdiff_t>(end)},
            left);
      database_.let_others_write();
    }
    return database_.empty_log() && left.empty();
  }

 private:
  std::size_t number_of(const std::string& pragma) {
    auto query = database_.prepare("PRAGMA " + pragma);
    query.step();
    return static_cast<std::size_t>(query.integer(0));
  }

  /// Those of incremental vacuum, which begin as a b-tree page may: page 2, and one after so many
  /// that it has five octets for each (https://sqlite.org/fileformat2.html#ptrmap).
  bool is_pointer_map(PageNumber number) const {
    if (!has_maps_ || number < 2) return false;
    const auto apart = page_size_ / 5 + 1;
    const auto nearest = (number - 2) / apart * apart + 2;
    // The page with the file's locks is none: its map comes after it.
    const auto of_locks = 0x40000000 / page_size_ + 1;
    return number == (nearest == of_locks ? nearest + 1 : nearest);
  }

  /// Empty where the page has none.
  Page unallocated_of(PageNumber number) {
    return is_pointer_map(number) ? Page() : unallocated(page_, number);
  }

  bool read(PageNumber number) {
    return file_.read((number - 1) * std::uint64_t{page_size_}, page_);
  }

  /// Without a lock: a page that is just being written is looked at again by `clean`.
  std::vector<PageNumber> look_through() {
    std::vector<PageNumber> found;
    const auto pages = file_.size() / page_size_;
    for (PageNumber number = 1; number <= pages; ++number)
      if (read(number) && !is_clean(unallocated_of(number))) found.push_back(number);
    return found;
  }

  /// As the one writer, so that nobody puts a page from their memory into the log meanwhile: after
  /// this commit all read their pages anew. Those in the log already are left for another time.
  void clean(const std::vector<PageNumber>& pages, std::vector<PageNumber>& left) {
    database_.transact([&] {
      const PageFile::Hold hold(file_);
      const auto logged = pages_in_log(database_.file().string() + "-wal", page_size_);
      for (const auto number : pages) {
        if (!hold || logged.contains(number))
          left.push_back(number);
        else
          clean(number);
      }
      file_.sync();
      database_
          .prepare(
              "INSERT INTO meta VALUES ('sweeps', 1) ON CONFLICT DO UPDATE SET "
              "value = value + 1")
          .run();
    });
  }

  void clean(PageNumber number) {
    if (!read(number)) return;
    const auto space = unallocated_of(number);
    if (is_clean(space)) return;
    std::fill(space.begin(), space.end(), '\0');
    file_.write((number - 1) * std::uint64_t{page_size_} +
                    static_cast<std::uint64_t>(space.data() - page_.data()),
                space);
  }

  Database& database_;
  PageFile file_;
  const std::size_t page_size_;
  const bool has_maps_;
  std::vector<char> page_;
};

}  // namespace

namespace {

std::int64_t kept(Database& database, std::string_view key) {
  auto query = database.prepare("SELECT value FROM meta WHERE key = ?");
  return query.bind(key).step() ? query.integer(0) : 0;
}

}  // namespace

void note_traces(Database& database) {
  database
      .prepare(
          "INSERT INTO meta VALUES ('deletions', 1) ON CONFLICT DO UPDATE SET value = value + 1")
      .run();
}

std::int64_t deletions(Database& database) { return kept(database, "deletions"); }

bool has_traces(Database& database) { return deletions(database) > kept(database, "swept"); }

bool remove_traces(Database& database) {
  const auto before = deletions(database);  // of what comes later there may be more
  if (!Sweep(database).run()) return false;
  if (has_traces(database))
    database
        .prepare(
            "INSERT INTO meta VALUES ('swept', ?) ON CONFLICT DO UPDATE SET "
            "value = max(value, excluded.value)")
        .bind(before)
        .run();
  return true;
}

}  // namespace postrider::store
