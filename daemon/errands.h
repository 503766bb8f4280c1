// What the writer is to do, and the main thread hears of when it is on disk.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "queue/writer.h"
#include "store/sqlite.h"

namespace postrider::daemon {

class Errands {
 public:
  using Post = std::function<void(std::function<void()>)>;

  /// `post` must run functions on the main thread; it is called once for all that one commit has
  /// settled. References must outlive the writer's last order.
  Errands(store::Database& writing, queue::Writer& writer, Post post);

  /// From any thread: `work` on the writer's, in a transaction; may run again after a rollback.
  /// Then `done` on the main one: true: it is on disk; false: it could not be written, which is
  /// logged as `what`.
  void run(std::string what, std::function<void(store::Database&)> work,
           std::function<void(bool)> done) const;

  /// Why nothing can be written now; empty: all is well.
  std::string trouble() const { return writer_.trouble(); }

 private:
  using Tasks = std::vector<std::function<void()>>;
  void tell(std::function<void()> task) const;  // the writer's thread

  store::Database& writing_;
  queue::Writer& writer_;
  const Post post_;
  const std::shared_ptr<Tasks> to_tell_ = std::make_shared<Tasks>();  // the writer thread's
};

}  // namespace postrider::daemon
