#include "daemon/errands.h"

#include <spdlog/spdlog.h>

namespace postrider::daemon {

Errands::Errands(store::Database& writing, queue::Writer& writer, Post post)
    : writing_(writing), writer_(writer), post_(std::move(post)) {}

void Errands::run(std::string what, std::function<void(store::Database&)> work,
                  std::function<void(bool)> done) const {
  const auto answer = [done = std::move(done), post = post_](bool written) {
    post([done, written] { done(written); });
  };
  writer_.submit({[work = std::move(work), &writing = writing_] { work(writing); },
                  [answer] { answer(true); },
                  [answer, what = std::move(what)](const std::string& why) {
                    spdlog::error("{} could not be recorded: {}", what, why);
                    answer(false);
                  }});
}

}  // namespace postrider::daemon
