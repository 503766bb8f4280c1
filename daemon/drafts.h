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
  /// A scan begins: the names of all drafts there are; others are gone.
  std::function<void(const std::set<std::string>&)> listed;
  /// The scan has ended. False: but for drafts that are still being written; it comes once more,
  /// with true, when those are told too.
  std::function<void(bool)> scanned;
};

class Drafts {
 public:
  /// Makes the folder where it is missing. Throws std::system_error where it cannot be watched.
  Drafts(boost::asio::io_context& context, std::filesystem::path folder, DraftsListener listener);
  ~Drafts();

  /// Looks at everything now: tells `listed`, each settled draft that is new or changed, `scanned`.
  void scan();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::daemon
