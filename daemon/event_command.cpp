#include "daemon/event_command.h"

#include <spdlog/spdlog.h>
#include <utility>

#include "base/command.h"
#include "daemon/event_json.h"

namespace postrider::daemon {

namespace {

constexpr std::size_t most_at_once = 20;  // events whose telling a restart may do twice

std::string name_of(const store::Event& event) {
  return event.kind + " (" + std::to_string(event.id) + ")";
}

std::string text_of(store::Ledger& ledger, const store::Event& event,
                    const std::string& publication) {
  auto told = to_json(event);
  told["publication"] = publication;
  if (const auto issue = event.issue.empty() ? std::nullopt : ledger.find_issue(event.issue)) {
    told["title"] = issue->title;
    told["state"] = to_string(issue->state);
    told["sums"] = json_sums(issue->sums);
    told["excluded"] = issue->excluded;
  }
  return told.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

EventCommand::EventCommand(const config::Settings& settings, store::Database& reading,
                           Errands errands, Errands::Post post)
    : words_(settings.the_operator.on_event),
      publication_(settings.publication.name),
      reading_(reading),
      errands_(std::move(errands)),
      post_(std::move(post)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
  store::Ledger ledger(reading_);
  const auto told = ledger.events_told();
  told_ = told.value_or(ledger.newest_event());
  // Without a command nothing is kept, so that one that comes later does not begin long ago.
  if (told.has_value() == words_.empty())
    settle(words_.empty() ? std::nullopt : std::optional(told_));
}

EventCommand::~EventCommand() = default;

void EventCommand::tick() {
  if (busy_ || words_.empty()) return;
  store::Ledger ledger(reading_);
  const auto newest = ledger.newest_event();  // first: what comes meanwhile is not passed over
  Batch batch;
  for (const auto& event : ledger.events_to_tell(told_)) {
    if (batch.texts.size() == most_at_once) break;
    batch.texts.push_back({name_of(event), text_of(ledger, event, publication_)});
    batch.last = event.id;
  }
  if (batch.texts.empty()) {
    told_ = newest;  // all that readers did until then is not looked through again
    return;
  }
  busy_ = true;
  hand_over(std::move(batch));
}

void EventCommand::tell(std::string_view kind, std::string_view detail, Instant now) {
  if (words_.empty()) return;
  auto told =
      to_json(store::Event{0, now, std::string(kind), "daemon", std::string(detail), "", ""});
  told["publication"] = publication_;
  hand_over({{{std::string(kind), told.dump() + "\n"}}, {}});
}

void EventCommand::hand_over(Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(batch));
  }
  wake_.notify_one();
}

void EventCommand::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    const auto batches = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto& batch : batches) {
      for (const auto& text : batch.texts) {
        const auto ran = run_command(words_, stop, {.time = time_limit}, text.json);
        if (stop.stop_requested()) return;
        if (!ran) spdlog::warn("on_event: {}; it was told of {}", ran.error().message, text.name);
      }
      if (batch.last)
        post_([this, last = batch.last, alive = std::weak_ptr(alive_)] {
          if (!alive.expired()) settle(last);
        });
    }
    lock.lock();
  }
}

void EventCommand::settle(std::optional<std::int64_t> last) {
  busy_ = true;
  if (last) told_ = *last;
  errands_.run(
      "how far the operator's command was told",
      [last](store::Database& writing) { store::Ledger(writing).set_events_told(last); },
      [this, alive = std::weak_ptr(alive_)](bool) {
        if (!alive.expired()) busy_ = false;
      });
}

}  // namespace postrider::daemon
