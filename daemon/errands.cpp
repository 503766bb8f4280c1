#include "daemon/errands.h"

#include <spdlog/spdlog.h>
#include <utility>

namespace postrider::daemon {

Errands::Errands(store::Database& writing, queue::Writer& writer, Post post)
    : writing_(writing), writer_(writer), post_(std::move(post)) {}

void Errands::run(std::string what, std::function<void(store::Database&)> work,
                  std::function<void(bool)> done) const {
  const auto answer = [done = std::move(done), errands = *this](bool written) {
    errands.tell([done, written] { done(written); });
  };
  writer_.submit({[work = std::move(work), &writing = writing_] { work(writing); },
                  [answer] { answer(true); },
                  [answer, what = std::move(what)](const std::string& why) {
                    spdlog::error("{} could not be recorded: {}", what, why);
                    answer(false);
                  }});
}

void Errands::tell(std::function<void()> task) const {
  if (to_tell_->empty())
    writer_.at_end([errands = *this] {
      errands.post_([tasks = std::exchange(*errands.to_tell_, {})] {
        for (const auto& each : tasks) try {
            each();
          } catch (const std::exception& error) {  // the others are told all the same
            spdlog::error("{}", error.what());
          }
      });
    });
  to_tell_->push_back(std::move(task));
}

}  // namespace postrider::daemon
