#include "daemon/postman.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <numeric>
#include <spdlog/spdlog.h>
#include <unordered_set>

#include "base/text.h"
#include "config/mailbox_kind.h"

namespace postrider::daemon {

namespace {

constexpr std::size_t of_a_round = 500;       // messages: each round logs in
constexpr std::size_t of_a_transaction = 50;  // so that nobody waits for long
constexpr Duration longest_wait = std::chrono::hours(1);

std::string_view scheme_of(config::MailboxKind kind) {
  switch (kind) {
    case config::MailboxKind::imaps:
      return "imaps://";
    case config::MailboxKind::imap:
      return "imap://";
    case config::MailboxKind::pop3s:
      return "pop3s://";
    case config::MailboxKind::pop3:
      return "pop3://";
    case config::MailboxKind::maildir:
      break;
  }
  return "maildir:";
}

std::string url_of(const config::Mailbox& mailbox) {
  const std::string scheme(scheme_of(mailbox.kind));
  if (mailbox.kind == config::MailboxKind::maildir) return scheme + mailbox.directory.string();
  const auto server = scheme + mailbox.host + ":" + std::to_string(mailbox.port);
  return config::is_imap(mailbox.kind) ? server + "/" + mailbox.folder : server;
}

/// Whether nothing wants the message in its mailbox any more.
bool is_settled(store::Filed taken) {
  switch (taken) {
    case store::Filed::known:
    case store::Filed::matched:
    case store::Filed::left:
    case store::Filed::erased:
    case store::Filed::forwarded:
    case store::Filed::asked:
      return true;
    case store::Filed::kept:
    case store::Filed::person:
      break;
  }
  return false;
}

}  // namespace

Postman::Postman(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
                 std::unique_ptr<store::Database> database, const Clock& clock)
    : settings_(settings.bounces.mailbox.value()),
      name_(settings_.username + " " + url_of(settings_)),
      clock_(clock),
      database_(std::move(database)),
      returns_(settings, std::move(keys), *database_),
      reports_(*database_, bounce_policy(settings)) {
  status_.mailbox = url_of(settings_);
}

Postman::~Postman() = default;

Result<std::unique_ptr<Postman>> Postman::open(const config::Settings& settings,
                                               std::shared_ptr<const TokenKeys> keys,
                                               const Clock& clock) {
  auto database = store::Database::open(settings.storage.database, store::OpenMode::read_write);
  if (!database) return tl::make_unexpected(database.error());
  return std::unique_ptr<Postman>(
      new Postman(settings, std::move(keys), std::move(*database), clock));
}

void Postman::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

PostmanStatus Postman::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

Result<bool> Postman::round(mailbox::Mailbox& mailbox) {
  std::vector<std::string> settled;
  std::unordered_set<std::string> known;
  std::int64_t listed = 0;
  const auto arrived = mailbox.fetch(of_a_round, [&](const std::string& id) {
    const auto mark = reports_.mark(name_, id);
    if (mark == true) settled.push_back(id);  // the last time it could not be taken out
    if (mark) known.insert(id);
    ++listed;
    return mark.has_value();
  });
  if (!arrived) return tl::make_unexpected(arrived.error());
  if (listed == mailbox.waiting()) reports_.forget_marks_but(name_, known);
  for (std::size_t begin = 0; begin < arrived->size(); begin += of_a_transaction) {
    const auto count = std::min(of_a_transaction, arrived->size() - begin);
    take(std::span(*arrived).subspan(begin, count), settled);
    database_->let_others_write();
  }
  auto trouble = take_out(mailbox, settled);
  const std::lock_guard lock(mutex_);
  status_.read_at = clock_.now();
  status_.waiting = std::max<std::int64_t>(
      0, mailbox.waiting() - static_cast<std::int64_t>(known.size() + arrived->size()));
  status_.trouble = std::move(trouble);
  status_.retry_at.reset();
  const auto octets =
      std::transform_reduce(arrived->begin(), arrived->end(), std::size_t{0}, std::plus(),
                            [](const mailbox::Arrived& message) { return message.bytes.size(); });
  return arrived->size() >= of_a_round || octets >= mailbox::largest_round;
}

void Postman::take(std::span<const mailbox::Arrived> arrived, std::vector<std::string>& settled) {
  std::vector<store::Arrival> read;
  read.reserve(arrived.size());
  for (const auto& message : arrived) read.push_back(returns_.read(message.bytes, "mailbox"));
  database_->transact([&] {
    for (std::size_t i = 0; i < read.size(); ++i) {
      const auto& id = arrived[i].id;
      const auto filed = reports_.take(read[i], clock_.now());
      // Of what was cut, the rest is there alone.
      const bool done = is_settled(filed) && !read[i].report.cut;
      reports_.set_mark(name_, id, done);
      if (done) settled.push_back(id);
    }
  });
}

std::string Postman::take_out(mailbox::Mailbox& mailbox, const std::vector<std::string>& settled) {
  if (settled.empty()) return {};
  if (const auto removed = mailbox.remove(settled); !removed)
    return "what was read cannot be taken out of it: " + removed.error().message;
  reports_.forget_marks(name_, settled);
  return {};
}

void Postman::run(const std::stop_token& stop) {
  const auto mailbox = mailbox::open_mailbox(settings_, clock_, stop);
  std::mutex sleeping;
  std::condition_variable_any woken;
  auto wait = settings_.every;
  while (!stop.stop_requested()) {
    const auto known_trouble = status().trouble;
    Result<bool> more = false;
    try {
      more = round(*mailbox);
    } catch (const std::exception& error) {
      more = fail(error.what());
    }
    if (stop.stop_requested()) return;
    if (more) {
      wait = settings_.every;
      if (const auto now = status(); !now.trouble.empty() && now.trouble != known_trouble)
        spdlog::warn("the mailbox {}: {}", now.mailbox, now.trouble);
    } else {
      spdlog::warn("the mailbox {} cannot be read: {}", status().mailbox, more.error().message);
      const std::lock_guard lock(mutex_);
      status_.trouble = more.error().message;
      status_.retry_at = clock_.now() + wait;
    }
    if (!more || !*more) {
      std::unique_lock lock(sleeping);
      woken.wait_for(lock, stop, wait, [] { return false; });
    }
    if (!more) wait = std::min(longest_wait, wait * 2);
  }
}

}  // namespace postrider::daemon
