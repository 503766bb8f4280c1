#include "queue/token_fetch.h"

#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace postrider::queue {

TokenFetch::TokenFetch(std::shared_ptr<TokenKeeper> keeper)
    : keeper_(std::move(keeper)), ended_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (ended_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

TokenFetch::~TokenFetch() {
  thread_ = {};
  ::close(ended_);
}

void TokenFetch::start(const std::string& refused) {
  if (thread_.joinable()) return;
  thread_ = std::jthread([this, refused](const std::stop_token& stop) {
    try {
      token_ = keeper_->fetch(refused, stop);
    } catch (const std::exception& error) {
      token_ = fail(error.what());
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(ended_, &one, sizeof one);
  });
}

std::optional<Result<std::string>> TokenFetch::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(ended_, &count, sizeof count);
  if (!thread_.joinable()) return {};
  thread_.join();
  return std::exchange(token_, std::string());
}

}  // namespace postrider::queue
