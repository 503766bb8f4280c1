// Watches the drafts folder: inotify for what happens, a scan at the start, and a slow rescan for
// what inotify misses (NFS, a full event queue). A draft is told once it is settled: closed by
// whoever wrote it. Belongs to the io_context's thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace boost::asio {
class io_context;
}

namespace postrider::daemon {

struct DraftsListener {
  /// New or changed, and settled. Paths are names below the drafts folder.
  std::function<void(const std::filesystem::path&)> changed;
  std::function<void(const std::filesystem::path&)> gone;
  /// A scan came to its end: all names that can be drafts.
  std::function<void(std::set<std::string>)> scanned;
};

class Drafts {
 public:
  /// Makes the folder where it is missing. Throws std::system_error where it cannot be watched.
  Drafts(boost::asio::io_context& context, std::filesystem::path folder, DraftsListener listener);
  ~Drafts();

  /// Looks at everything now: tells each settled draft that is new or changed, then `scanned`.
  void scan();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::daemon
