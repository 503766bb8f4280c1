#include "daemon/drafts.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <map>
#include <optional>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "templates/draft.h"

namespace postrider::daemon {

namespace fs = std::filesystem;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto rescan_every = 60s;
constexpr auto settle_time = 200ms;  // editors write, rename and touch in quick succession
constexpr auto quiet_time = 2s;      // where open writers cannot be asked for

constexpr std::uint32_t watched_events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                         IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/// What changes when a draft is edited; of a folder: all of it together.
struct Fingerprint {
  std::int64_t newest = 0;
  std::uint64_t inodes = 0;
  std::uint64_t octets = 0;
  std::size_t files = 0;
  bool operator==(const Fingerprint&) const = default;

  void add(const struct stat& status) {
    newest = std::max(newest, static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
                                  status.st_mtim.tv_nsec);
    inodes += status.st_ino;
    octets += static_cast<std::uint64_t>(status.st_size);
    ++files;
  }
};

std::optional<Fingerprint> fingerprint(const fs::path& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return {};
  Fingerprint print;
  print.add(status);
  if (!S_ISDIR(status.st_mode)) return print;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (::lstat(entry->path().c_str(), &status) == 0) print.add(status);
  }
  return print;
}

/// Nobody has the file open for writing. The kernel grants a read lease only then; where it knows
/// no leases, or the file is another user's, a file that was quiet for a while must do.
bool is_settled_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return true;  // a symlink, or unreadable: its reader says what is wrong
  bool settled = true;
  if (::fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(fd, F_SETLEASE, F_UNLCK);
  } else if (errno == EAGAIN) {
    settled = false;
  } else {
    struct stat status;
    settled = ::fstat(fd, &status) != 0 ||
              std::chrono::system_clock::now() >
                  std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec) + quiet_time;
  }
  ::close(fd);
  return settled;
}

bool is_settled(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(path, error))) return is_settled_file(path);
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error) && !is_settled_file(entry->path())) return false;
  }
  return true;
}

int make_inotify() {
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "inotify");
  return fd;
}

}  // namespace

struct Drafts::State {
  State(asio::io_context& context, fs::path root, DraftsListener to)
      : folder(std::move(root)),
        listener(std::move(to)),
        inotify(context, make_inotify()),
        settle_timer(context),
        rescan_timer(context) {}

  void watch() {
    fs::create_directories(folder);
    const int root = ::inotify_add_watch(inotify.native_handle(), folder.c_str(), watched_events);
    if (root < 0) throw std::system_error(errno, std::generic_category(), folder.string());
    watches[root] = "";
  }

  void watch_folder(const std::string& name) {
    const int watch = ::inotify_add_watch(inotify.native_handle(), (folder / name).c_str(),
                                          watched_events | IN_DONT_FOLLOW);
    if (watch >= 0) watches[watch] = name;
  }

  void read_events() {
    inotify.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (error) return;
                         drain();
                         read_events();
                       });
  }

  void drain() {
    alignas(inotify_event) std::array<char, 16384> buffer;
    for (;;) {
      const auto count = ::read(inotify.native_handle(), buffer.data(), buffer.size());
      if (count <= 0) return;
      for (const char* at = buffer.data(); at < buffer.data() + count;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        handle(*event);
        at += sizeof(inotify_event) + event->len;
      }
    }
  }

  void handle(const inotify_event& event) {
    if (event.mask & IN_Q_OVERFLOW) return scan();
    const auto watch = watches.find(event.wd);
    if (watch == watches.end()) return;
    if (event.mask & IN_IGNORED) {
      watches.erase(watch);
      return;
    }
    // In a draft's own folder any change concerns that draft.
    const std::string name =
        watch->second.empty() ? (event.len > 0 ? event.name : "") : watch->second;
    if (name.empty()) return;
    if (!templates::is_draft_name(name)) return tell_once(folder / name);
    // A file that was only just made is told when its writer closes it.
    if ((event.mask & IN_CREATE) && !(event.mask & IN_ISDIR) && watch->second.empty()) return;
    unsettled.insert(name);
    settle_soon();
  }

  void settle_soon() {
    settle_timer.expires_after(settle_time);
    settle_timer.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      for (const auto& name : std::exchange(unsettled, {})) look_at(name);
      if (!unsettled.empty()) settle_soon();
    });
  }

  void look_at(const std::string& name) {
    const auto path = folder / name;
    const auto print = fingerprint(path);
    if (!print) {
      if (known.erase(name) > 0) listener.gone(name);
      return;
    }
    std::error_code error;
    if (fs::is_directory(fs::symlink_status(path, error))) watch_folder(name);
    if (!templates::is_draft(path)) return;
    if (known.contains(name) && known[name] == *print) return;
    if (!is_settled(path)) {
      unsettled.insert(name);
      return;
    }
    known[name] = *print;
    listener.changed(name);
  }

  void scan() {
    std::set<std::string> seen;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const auto name = entry->path().filename().string();
      if (!templates::is_draft_name(name)) {
        tell_once(entry->path());
        continue;
      }
      std::error_code ignored;
      if (templates::is_draft(entry->path()))
        seen.insert(name);
      else if (entry->is_directory(ignored))
        watch_folder(name);
    }
    if (error) return;  // the folder cannot be read just now: nothing is gone because of that
    for (const auto& name : seen) look_at(name);
    std::erase_if(known, [&](const auto& entry) { return !seen.contains(entry.first); });
    if (!unsettled.empty()) settle_soon();
    listener.scanned(std::move(seen));
  }

  void tell_once(const fs::path& path) {
    const auto why = templates::passed_over(path);
    if (!why.empty() && told.insert(path.filename().string()).second)
      spdlog::warn("{} {}", path.filename().string(), why);
  }

  void rescan_later() {
    rescan_timer.expires_after(rescan_every);
    rescan_timer.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      scan();
      rescan_later();
    });
  }

  const fs::path folder;
  const DraftsListener listener;
  asio::posix::stream_descriptor inotify;
  asio::steady_timer settle_timer;
  asio::steady_timer rescan_timer;
  std::map<int, std::string> watches;  // "" : the drafts folder itself
  std::map<std::string, Fingerprint> known;
  std::set<std::string> unsettled;
  std::set<std::string> told;  // of what is passed over
};

Drafts::Drafts(asio::io_context& context, fs::path folder, DraftsListener listener)
    : state_(std::make_unique<State>(context, std::move(folder), std::move(listener))) {
  state_->watch();
  state_->read_events();
  state_->rescan_later();
}

Drafts::~Drafts() = default;

void Drafts::scan() { state_->scan(); }

}  // namespace postrider::daemon
