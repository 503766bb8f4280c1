#include "subscribers/sorted_rows.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <queue>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace postrider::subscribers {

namespace {

constexpr std::size_t read_at_once = 256 * 1024;
constexpr std::size_t head_size = 2 * sizeof(std::uint32_t);

/// A record: the lengths of key and row, then both.
struct Record {
  std::string_view key, row;
  std::size_t size;  // of it all
};

std::uint32_t number_at(const char* at) {
  std::uint32_t number = 0;
  std::memcpy(&number, at, sizeof number);
  return number;
}

Record record_at(const char* at) {
  const auto key = number_at(at);
  const auto row = number_at(at + sizeof key);
  return {{at + head_size, key}, {at + head_size + key, row}, head_size + key + row};
}

[[noreturn]] void give_up(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

/// Reads one run, record by record.
class SortedRows::Reader {
 public:
  Reader(int file, const Run& run, std::size_t number)
      : file_(file), at_(run.begin), end_(run.end), number_(number) {}

  /// False: that was the last one.
  bool next() {
    start_ += record_.size;
    if (!has(head_size)) return false;
    const auto head = record_at(buffer_.data() + start_);
    if (!has(head.size)) throw std::runtime_error("the rows being sorted have been cut off");
    record_ = record_at(buffer_.data() + start_);
    return true;
  }

  const Record& record() const { return record_; }
  std::size_t number() const { return number_; }

 private:
  bool has(std::size_t octets) {
    if (buffer_.size() - start_ >= octets) return true;
    buffer_.erase(0, start_);
    start_ = 0;
    while (buffer_.size() < octets && at_ < end_) {
      const auto old = buffer_.size();
      const auto wanted = std::min<std::uint64_t>(std::max(octets - old, read_at_once), end_ - at_);
      buffer_.resize(old + wanted);
      const auto got = ::pread(file_, buffer_.data() + old, wanted, static_cast<off_t>(at_));
      if (got <= 0) give_up("the rows being sorted cannot be read");
      buffer_.resize(old + static_cast<std::size_t>(got));
      at_ += static_cast<std::uint64_t>(got);
    }
    return buffer_.size() >= octets;
  }

  const int file_;
  std::uint64_t at_;
  const std::uint64_t end_;
  const std::size_t number_;
  std::string buffer_;
  std::size_t start_ = 0;
  Record record_{{}, {}, 0};
};

SortedRows::SortedRows(std::filesystem::path folder, std::size_t memory)
    : folder_(std::move(folder)), memory_(memory) {}

void SortedRows::add(std::string_view key, std::string_view row) {
  places_.push_back(bytes_.size());
  for (const auto part : {key, row}) {
    const auto size = static_cast<std::uint32_t>(part.size());
    bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
  }
  bytes_.append(key).append(row);
  ++count_;
  if (bytes_.size() + places_.size() * sizeof places_[0] >= memory_) write_run();
}

void SortedRows::sort() {
  std::stable_sort(places_.begin(), places_.end(), [this](std::uint64_t one, std::uint64_t other) {
    return record_at(bytes_.data() + one).key < record_at(bytes_.data() + other).key;
  });
}

void SortedRows::write_run() {
  if (places_.empty()) return;
  if (!file_) {
    auto name = (folder_ / ".postrider-rows-XXXXXX").string();
    file_ = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_) give_up("no file to sort the rows in");
    ::unlink(name.c_str());
  }
  sort();
  const auto begin = written_;
  std::string block;
  const auto write_block = [&] {
    for (std::string_view rest = block; !rest.empty();) {
      const auto wrote =
          ::pwrite(file_.get(), rest.data(), rest.size(), static_cast<off_t>(written_));
      if (wrote < 0) give_up("the rows being sorted cannot be written");
      rest.remove_prefix(static_cast<std::size_t>(wrote));
      written_ += static_cast<std::uint64_t>(wrote);
    }
    block.clear();
  };
  for (const auto place : places_) {
    block.append(bytes_, place, record_at(bytes_.data() + place).size);
    if (block.size() >= read_at_once) write_block();
  }
  write_block();
  runs_.push_back({begin, written_});
  bytes_.clear();
  places_.clear();
}

void SortedRows::each(const std::function<void(std::string_view, std::string_view)>& visit) {
  if (runs_.empty()) {  // all of them fit into memory
    sort();
    for (const auto place : places_) {
      const auto record = record_at(bytes_.data() + place);
      visit(record.key, record.row);
    }
    return;
  }
  write_run();
  bytes_ = {};
  places_ = {};
  std::vector<std::unique_ptr<Reader>> readers;
  // Of equal keys the earlier run's come first.
  const auto later = [](const Reader* one, const Reader* other) {
    const int order = one->record().key.compare(other->record().key);
    return order != 0 ? order > 0 : one->number() > other->number();
  };
  std::priority_queue<Reader*, std::vector<Reader*>, decltype(later)> heads(later);
  for (const auto& run : runs_) {
    readers.push_back(std::make_unique<Reader>(file_.get(), run, readers.size()));
    if (readers.back()->next()) heads.push(readers.back().get());
  }
  while (!heads.empty()) {
    auto* const reader = heads.top();
    heads.pop();
    visit(reader->record().key, reader->record().row);
    if (reader->next()) heads.push(reader);
  }
}

}  // namespace postrider::subscribers
