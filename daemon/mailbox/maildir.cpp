#include "daemon/mailbox/maildir.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <unordered_set>
#include <utility>

#include "base/descriptor.h"
#include "base/text.h"

namespace postrider::daemon::mailbox {

namespace fs = std::filesystem;

namespace {

/// Of more, the rest is for later rounds.
constexpr std::size_t most_listed = 200'000;

constexpr std::array<const char*, 2> subfolders{"new", "cur"};

struct Entry {
  std::int64_t time;  // seconds, as its name begins with; 0: it does not
  std::string name;
  std::size_t subfolder;
};

std::string_view id_of(std::string_view name) { return name.substr(0, name.find(':')); }

std::int64_t time_of(std::string_view name) {
  std::int64_t time = 0;
  std::from_chars(name.data(), name.data() + name.size(), time);
  return time;
}

bool is_later(const Entry& a, const Entry& b) {
  return std::tuple(a.time, id_of(a.name)) > std::tuple(b.time, id_of(b.name));
}

/// The file's beginning; an errno where it is none that can be read.
tl::expected<Arrived, int> read(int folder, const std::string& name) {
  // O_NONBLOCK: opening a FIFO that nobody writes must not wait for ever.
  const Descriptor file(
      ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return tl::make_unexpected(errno);
  if (!S_ISREG(status.st_mode)) return tl::make_unexpected(ENOENT);
  Arrived arrived{std::string(id_of(name)), {}};
  auto& bytes = arrived.bytes;
  std::array<char, 65536> buffer;
  while (bytes.size() < largest_message) {
    const auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::make_unexpected(errno);
    if (count == 0) return arrived;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  bytes.resize(largest_message);
  return arrived;
}

class Maildir final : public Mailbox {
 public:
  Maildir(fs::path directory, std::stop_token stop)
      : directory_(std::move(directory)), stop_(std::move(stop)) {}

  Result<std::vector<Arrived>> fetch(
      std::size_t most, const std::function<bool(const std::string& id)>& known) override {
    const auto folders = open();
    if (!folders) return tl::make_unexpected(folders.error());
    auto entries = list(*folders);
    std::ranges::make_heap(entries, is_later);
    std::vector<Arrived> arrived;
    std::string trouble;
    std::size_t octets = 0;
    while (!entries.empty() && arrived.size() < most && octets < largest_round &&
           !stop_.stop_requested()) {
      std::ranges::pop_heap(entries, is_later);
      const auto entry = std::move(entries.back());
      entries.pop_back();
      const std::string id(id_of(entry.name));
      // Somebody moved it from new/ to cur/ while we looked.
      const bool is_twice = !arrived.empty() && arrived.back().id == id;
      if (is_twice || known(id)) continue;
      auto message = read((*folders)[entry.subfolder].get(), entry.name);
      if (message) {
        octets += message->bytes.size();
        arrived.push_back(std::move(*message));
      } else if (message.error() != ENOENT && message.error() != ELOOP) {
        trouble = why(entry.subfolder, entry.name, "cannot be read", message.error());
      }
    }
    if (arrived.empty() && !trouble.empty()) return fail(trouble);
    return arrived;
  }

  /// Not synced: what a power cut brings back is known.
  Result<void> remove(const std::vector<std::string>& ids) override {
    const auto folders = open();
    if (!folders) return tl::make_unexpected(folders.error());
    const std::unordered_set<std::string_view> wanted(ids.begin(), ids.end());
    std::string trouble;
    each(*folders, [&](std::size_t subfolder, const char* name) {
      if (!wanted.contains(id_of(name))) return;
      if (::unlinkat((*folders)[subfolder].get(), name, 0) != 0 && errno != ENOENT)
        trouble = why(subfolder, name, "cannot be removed", errno);
    });
    if (!trouble.empty()) return fail(trouble);
    return {};
  }

  std::int64_t waiting() const override { return waiting_; }

 private:
  using Folders = std::vector<Descriptor>;

  Result<Folders> open() const {
    Folders folders;
    for (const auto* subfolder : subfolders) {
      const auto path = directory_ / subfolder;
      folders.emplace_back(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!folders.back())
        return fail(printable(path.string()) + " cannot be opened: " + std::strerror(errno) +
                    "; a Maildir has the folders new and cur, which the daemon's user may read "
                    "and write");
    }
    return folders;
  }

  std::vector<Entry> list(const Folders& folders) {
    std::vector<Entry> entries;
    waiting_ = 0;
    each(folders, [&](std::size_t subfolder, const char* name) {
      ++waiting_;
      if (entries.size() < most_listed) entries.push_back({time_of(name), name, subfolder});
    });
    return entries;
  }

  /// What may be a message, without a look at the file itself.
  static void each(const Folders& folders,
                   const std::function<void(std::size_t subfolder, const char* name)>& visit) {
    for (std::size_t i = 0; i < folders.size(); ++i) {
      // A description of its own, which begins at the beginning.
      const int fd = ::openat(folders[i].get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      const std::unique_ptr<DIR, int (*)(DIR*)> folder(fd < 0 ? nullptr : ::fdopendir(fd),
                                                       &::closedir);
      if (!folder) throw std::system_error(errno, std::generic_category(), "Maildir");
      while (const auto* entry = ::readdir(folder.get())) {
        const bool is_odd = entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN;
        if (!is_odd && entry->d_name[0] != '.') visit(i, entry->d_name);
      }
    }
  }

  std::string why(std::size_t subfolder, const std::string& name, const std::string& what,
                  int error) const {
    return printable((directory_ / subfolders[subfolder] / name).string()) + " " + what + ": " +
           std::strerror(error);
  }

  const fs::path directory_;
  const std::stop_token stop_;
  std::int64_t waiting_ = 0;
};

}  // namespace

std::unique_ptr<Mailbox> make_maildir(fs::path directory, std::stop_token stop) {
  return std::make_unique<Maildir>(std::move(directory), std::move(stop));
}

}  // namespace postrider::daemon::mailbox
