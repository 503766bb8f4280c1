#include "daemon/drafts.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <functional>
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

constexpr std::size_t most_below = 10'000;  // files of a draft's folder that are looked at

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

/// Visits what is in a draft's folder, at any depth; a symlink is seen, not followed.
void for_each_below(const fs::path& folder, const std::function<void(const fs::path&)>& visit) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (std::size_t count = 0; !error && entry != end(entry) && count < most_below; ++count) {
    visit(entry->path());
    entry.increment(error);
  }
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(path, error));
}

std::optional<Fingerprint> fingerprint(const fs::path& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return {};
  Fingerprint print;
  print.add(status);
  if (S_ISDIR(status.st_mode))
    for_each_below(path, [&](const fs::path& below) {
      if (::lstat(below.c_str(), &status) == 0) print.add(status);
    });
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
  if (!is_folder(path)) return is_settled_file(path);
  bool settled = true;
  for_each_below(path, [&](const fs::path& below) {
    std::error_code error;
    if (settled && fs::is_regular_file(fs::symlink_status(below, error)))
      settled = is_settled_file(below);
  });
  return settled;
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

  /// Watches the folder; one that was replaced is another one.
  std::error_code watch() {
    const int root = ::inotify_add_watch(inotify.native_handle(), folder.c_str(), watched_events);
    if (root < 0) return {errno, std::generic_category()};
    watches[root] = "";
    return {};
  }

  /// Watches a draft's folder and those in it.
  void watch_folder(const std::string& name) {
    const auto add = [&](const fs::path& path) {
      const int watch = ::inotify_add_watch(inotify.native_handle(), path.c_str(),
                                            watched_events | IN_DONT_FOLLOW);
      if (watch >= 0) watches[watch] = name;
    };
    add(folder / name);
    for_each_below(folder / name, [&](const fs::path& below) {
      if (is_folder(below)) add(below);
    });
  }

  void read_events() {
    inotify.async_wait(asio::posix::stream_descriptor::wait_read, guarded([this] {
                         drain();
                         read_events();
                       }));
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
    if ((event.mask & IN_CREATE) && watch->second.empty() && is_being_written(name)) return;
    unsettled.insert(name);
    settle_soon();
  }

  /// A file that was only just made is told when its writer closes it; a link has no writer.
  bool is_being_written(const std::string& name) const {
    struct stat status;
    return ::lstat((folder / name).c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_nlink == 1;
  }

  void settle_soon() {
    settle_timer.expires_after(settle_time);
    settle_timer.async_wait(guarded([this] {
      look_at_all(std::exchange(unsettled, {}));
      if (!unsettled.empty()) settle_soon();
      complete_scan();
    }));
  }

  /// What is gone is told before what is there: a draft may have changed its name.
  void look_at_all(const std::set<std::string>& names) {
    std::map<std::string, Fingerprint> there;
    for (const auto& name : names) {
      if (const auto print = fingerprint(folder / name))
        there[name] = *print;
      else if (known.erase(name) > 0)
        listener.gone(name);
    }
    for (const auto& [name, print] : there) look_at(name, print);
  }

  void look_at(const std::string& name, const Fingerprint& print) {
    const auto path = folder / name;
    if (is_folder(path)) watch_folder(name);
    if (!templates::is_draft(path)) return;
    if (known.contains(name) && known[name] == print) return;
    if (!is_settled(path)) {
      unsettled.insert(name);
      return;
    }
    known[name] = print;
    listener.changed(name);
  }

  void scan() {
    watch();
    std::set<std::string> seen;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const auto name = entry->path().filename().string();
      if (!templates::is_draft_name(name)) {
        tell_once(entry->path());
        continue;
      }
      if (templates::is_draft(entry->path()))
        seen.insert(name);
      else if (is_folder(entry->path()))
        watch_folder(name);
    }
    if (error) {
      // Nothing is gone because the folder cannot be read just now.
      spdlog::error("the drafts folder {} cannot be read: {}", folder.string(), error.message());
      return;
    }
    std::erase_if(known, [&](const auto& entry) { return !seen.contains(entry.first); });
    listener.listed(seen);
    look_at_all(seen);
    complete = unsettled.empty();
    if (!complete) settle_soon();
    listener.scanned(complete);
  }

  /// The last of what a scan saw has been told.
  void complete_scan() {
    if (complete || !unsettled.empty()) return;
    complete = true;
    listener.scanned(true);
  }

  void tell_once(const fs::path& path) {
    const auto why = templates::passed_over(path);
    if (!why.empty() && told.insert(path.filename().string()).second)
      spdlog::warn("{} {}", path.filename().string(), why);
  }

  void rescan_later() {
    rescan_timer.expires_after(rescan_every);
    rescan_timer.async_wait(guarded([this] {
      scan();
      rescan_later();
    }));
  }

  /// A handler that does nothing after an error or once this is gone: a timer that has expired
  /// calls it even when it was destroyed meanwhile.
  std::function<void(const boost::system::error_code&)> guarded(std::function<void()> work) {
    return [work = std::move(work),
            here = std::weak_ptr(alive)](const boost::system::error_code& error) {
      if (!error && !here.expired()) work();
    };
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
  bool complete = true;        // the last scan
  std::shared_ptr<int> alive = std::make_shared<int>();
};

Drafts::Drafts(asio::io_context& context, fs::path folder, DraftsListener listener) {
  fs::create_directories(folder);
  state_ = std::make_unique<State>(context, std::move(folder), std::move(listener));
  if (const auto error = state_->watch()) throw std::system_error(error, state_->folder.string());
  state_->read_events();
  state_->rescan_later();
}

Drafts::~Drafts() = default;

void Drafts::scan() { state_->scan(); }

}  // namespace postrider::daemon
