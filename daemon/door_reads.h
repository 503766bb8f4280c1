// What the doors read of the database, on a connection of their own: all looks of one turn of the
// main loop share one state, and so the price of its locks, which is most of a short look's.
// Belongs to the main thread.
#pragma once

#include <filesystem>
#include <functional>

#include "store/sqlite.h"

namespace postrider::daemon {

class DoorReads {
 public:
  /// `post` must run functions in a later turn of the thread that looks. `database` must outlive
  /// it, and it the functions posted.
  DoorReads(store::Database& database, std::function<void(std::function<void()>)> post);

  /// For looks in this turn: what was committed before the first of them, or before `look_anew`.
  store::Database& look();
  const std::filesystem::path& file() const { return database_.file(); }
  /// The next look sees all that is committed by then.
  void look_anew();

 private:
  store::Database& database_;
  const std::function<void(std::function<void()>)> post_;
  bool looking_ = false;
};

}  // namespace postrider::daemon
