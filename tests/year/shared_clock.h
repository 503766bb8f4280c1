// A clock that two processes share: a file of eight octets, which the test moves and the daemon
// reads.
#pragma once

#include <atomic>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"

namespace postrider::year {

class SharedClock final : public Clock {
 public:
  /// Makes the file where it is missing.
  explicit SharedClock(const std::filesystem::path& file) {
    const Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!opened || ::ftruncate(opened.get(), sizeof(Value)) != 0)
      throw std::runtime_error(file.string() + ": no clock");
    void* place =
        ::mmap(nullptr, sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED, opened.get(), 0);
    if (place == MAP_FAILED) throw std::runtime_error(file.string() + ": no clock");
    value_ = static_cast<Value*>(place);
  }
  ~SharedClock() override { ::munmap(value_, sizeof(Value)); }
  SharedClock(const SharedClock&) = delete;
  SharedClock& operator=(const SharedClock&) = delete;

  Instant now() const override { return Instant(Duration(value_->load())); }
  void set(Instant now) { value_->store(now.time_since_epoch().count()); }

 private:
  using Value = std::atomic<std::int64_t>;
  static_assert(Value::is_always_lock_free);

  Value* value_;
};

}  // namespace postrider::year
