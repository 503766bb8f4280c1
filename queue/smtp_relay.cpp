#include "queue/smtp_relay.h"

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <mutex>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include "queue/curl_connection.h"
#include "queue/smtp_session.h"

namespace postrider::queue {

namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr const char* ending = "the daemon is ending";
constexpr auto longest_wait = 250ms;   // how late a time that is due may be noticed
constexpr auto idle_before_quit = 5s;  // a connection without work says QUIT
constexpr auto grace_at_stop = 5s;     // for all that is not the answer to a final dot
constexpr auto first_back_off = 1s;
constexpr auto longest_back_off = 300s;
constexpr int most_barren = 8;   // connections in a row that break and settle nothing
constexpr int most_lines = 250;  // each send and receive looks through the multi's connections
constexpr std::size_t most_opening = 16;  // hundreds of handshakes in one call stall the loop

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

class Descriptor {
 public:
  Descriptor(int fd, const char* what) : fd_(checked(fd, what)) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// A connection with its session.
struct Line {
  std::unique_ptr<Connection> connection;
  std::unique_ptr<SmtpSession> session;
  Steady::time_point last_progress = Steady::now();
  bool wants_to_write = false;
};

/// One run of the relay on its thread.
class Loop final : public SmtpSessionHost {
 public:
  Loop(const SmtpRelayOptions& options, const Clock& clock, Desk& desk, std::stop_token stop,
       std::function<void(RelayStatus)> tell)
      : options_(options),
        clock_(clock),
        desk_(desk),
        stop_(std::move(stop)),
        tell_(std::move(tell)) {
    watch(desk_.wake_fd(), EPOLLIN);
    watch(stop_event_.get(), EPOLLIN);
  }

  void run() {
    const std::stop_callback on_stop(stop_, [this] {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(stop_event_.get(), &one, sizeof one);
    });
    try {
      while (!ended()) {
        take_up_work();
        flush_all();
        wait();
        desk_.attend();
        look_after_lines();
        tell_status();
      }
    } catch (...) {
      give_all_back();
      throw;
    }
    give_all_back();
  }

  // SmtpSessionHost
  std::optional<Parcel> next_parcel() override {
    if (stopping()) return {};
    if (stock_.empty()) return desk_.next();
    auto parcel = std::move(stock_.front());
    stock_.pop_front();
    return parcel;
  }
  void begin(const Claim& claim, std::function<void(bool)> done) override {
    desk_.begin(claim, std::move(done));
  }
  void finish(const Parcel& parcel, Instant begun, const Outcome& outcome) override {
    // An answer about one recipient, good or bad, is a relay's that works.
    if (outcome.reply.code > 0 && outcome.scope == Scope::recipient) succeeded();
    desk_.finish(parcel, begun, outcome, {});
  }
  void release(const Parcel& parcel, const std::string& why) override {
    desk_.release(parcel, std::chrono::duration_cast<Duration>(remaining_back_off()), why);
  }
  void broke(const Parcel& parcel, Instant begun, const std::string& why) override {
    // A delivery that breaks its sessions is to blame for these, not the relay.
    if (desk_.broke(parcel, begun, why)) barren_ -= most_breaks;
  }

  void heard(std::string_view command, const mail::Reply& reply) override {
    desk_.heard(command, reply);
  }

 private:
  void give_all_back() {
    for (auto& line : lines_) line.session->abandon(ending);
    for (const auto& parcel : std::exchange(stock_, {})) desk_.release(parcel, 0ms, ending);
  }

  bool stopping() const { return stop_.stop_requested(); }

  bool ended() {
    if (!stopping()) return false;
    if (!stopped_at_) {
      stopped_at_ = Steady::now();
      for (auto& line : lines_) line.session->wind_up();
      for (const auto& parcel : std::exchange(stock_, {})) desk_.release(parcel, 0ms, ending);
      flush_all();
    }
    if (Steady::now() > *stopped_at_ + grace_at_stop) {
      for (auto& line : lines_)
        if (!line.session->awaits_verdict()) line.session->abandon(ending);
      sweep();
    }
    return lines_.empty() || Steady::now() > desk_.stop_by();
  }

  void watch(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  }

  Steady::duration remaining_back_off() const {
    return std::max(back_off_until_ - Steady::now(), Steady::duration::zero());
  }

  /// Idle connections first; new ones only for parcels that wait.
  void take_up_work() {
    if (stopping()) return;
    for (auto& line : lines_) line.session->pump();
    if (remaining_back_off() > Steady::duration::zero()) return;
    const auto most = static_cast<std::size_t>(std::clamp(options_.connections, 1, most_lines));
    while (lines_.size() + connector_->opening() < most && connector_->opening() < most_opening) {
      if (stock_.size() <= connector_->opening()) {
        auto parcel = desk_.next();
        if (!parcel) return;
        stock_.push_back(std::move(*parcel));
      }
      connector_->open([this](Result<std::unique_ptr<Connection>> opened) {
        if (opened)
          add_line(std::move(*opened));
        else
          failed(opened.error().message);
      });
    }
  }

  void add_line(std::unique_ptr<Connection> connection) {
    auto session = std::make_unique<SmtpSession>(*this, connection->offers(), clock_,
                                                 options_.messages_per_connection,
                                                 connection->peer(), options_.timeouts);
    watch(connection->fd(), EPOLLIN);
    lines_.push_back({std::move(connection), std::move(session)});
    receive(lines_.back());
    if (stopping())
      lines_.back().session->wind_up();
    else
      lines_.back().session->pump();
  }

  /// A connection failed: the relay waits, longer each time, and what was meant for it waits with
  /// it.
  void failed(const std::string& why) {
    last_error_ = why;
    // Connections that were tried together fail together: that is one failure.
    if (remaining_back_off() > Steady::duration::zero()) return give_back_stock();
    ++failures_;
    const auto doubled = first_back_off * (1 << std::min(failures_ - 1, 9));
    back_off_until_ = Steady::now() + std::min<Steady::duration>(doubled, longest_back_off);
    retry_at_ = clock_.now() + std::chrono::duration_cast<Duration>(remaining_back_off());
    give_back_stock();
  }

  /// What waits for a connection that does not come waits in the queue.
  void give_back_stock() {
    if (!lines_.empty()) return;
    for (const auto& parcel : std::exchange(stock_, {})) release(parcel, last_error_);
  }

  void succeeded() {
    failures_ = 0;
    barren_ = 0;
    last_error_.clear();
    retry_at_.reset();
  }

  void wait() {
    auto until = Steady::now() + longest_wait;
    if (const auto deadline = connector_->deadline()) until = std::min(until, *deadline);
    const auto wait_ms =
        std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()).count();
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(std::max<long>(wait_ms, 0)));
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == desk_.wake_fd()) continue;  // attended to in any case
      if (event.data.fd == stop_event_.get()) {
        std::uint64_t read_count = 0;
        [[maybe_unused]] const auto read =
            ::read(stop_event_.get(), &read_count, sizeof read_count);
        continue;
      }
      const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& candidate) {
        return candidate.connection->fd() == event.data.fd;
      });
      if (line != lines_.end())
        receive(*line);
      else
        connector_->on_event(event.data.fd, event.events);
    }
    if (const auto deadline = connector_->deadline(); deadline && *deadline <= Steady::now())
      connector_->on_time();
  }

  void receive(Line& line) {
    const auto state = line.connection->receive([&](std::string_view bytes) {
      line.last_progress = Steady::now();
      return line.session->receive(bytes);
    });
    if (state == Connection::State::closed) close(line, "the server closed the connection");
  }

  void flush(Line& line) {
    for (;;) {
      const auto output = line.session->output();
      if (output.empty() || !line.session->broken().empty()) break;
      std::size_t octets = 0;
      const auto state = line.connection->send(output, octets);
      if (octets > 0) {
        line.last_progress = Steady::now();
        line.session->sent(octets);
      }
      if (state == Connection::State::closed)
        return close(line, "the server closed the connection");
      if (octets == 0) break;
    }
    const bool wants = !line.session->output().empty();
    if (wants == line.wants_to_write) return;
    line.wants_to_write = wants;
    epoll_event event{};
    event.events = EPOLLIN | (wants ? EPOLLOUT : 0u);
    event.data.fd = line.connection->fd();
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, event.data.fd, &event);
  }

  void flush_all() {
    for (auto& line : lines_) flush(line);
    sweep();
  }

  void close(Line& line, const std::string& why) {
    if (!line.session->finished()) line.session->lost(why);
  }

  void look_after_lines() {
    const auto now = Steady::now();
    for (auto& line : lines_) {
      flush(line);
      if (line.session->finished()) continue;
      const auto patience = line.session->patience();
      if (patience && now > line.last_progress + *patience)
        close(line, "the server did not answer in time");
      else if (line.session->idle() && now > line.last_progress + idle_before_quit)
        line.session->wind_up();
    }
    sweep();
  }

  /// Lines that have ended go; what they still held is judged or given back.
  void sweep() {
    for (auto line = lines_.begin(); line != lines_.end();) {
      if (!line->session->finished()) {
        ++line;
        continue;
      }
      auto ended = std::move(*line);
      line = lines_.erase(line);
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, ended.connection->fd(), nullptr);
      ended.session->lost("");
      if (!stopping()) broke_off(*ended.session);
    }
  }

  /// A connection that is lost while others work costs only itself; one that broke before it
  /// answered any envelope, or one more of many that settled nothing, is the relay's failure.
  void broke_off(const SmtpSession& session) {
    if (session.broken().empty() || session.by_us() || session.judged() > 0) return;
    ++barren_;
    if ((!session.answered() && lines_.empty()) || barren_ > most_barren) failed(session.broken());
  }

  void tell_status() {
    RelayStatus status;
    status.name = options_.name;
    status.connections = static_cast<int>(lines_.size());
    status.last_error = last_error_;
    const bool waiting = remaining_back_off() > Steady::duration::zero() && lines_.empty();
    if (waiting) status.retry_at = retry_at_;
    const bool busy = std::any_of(lines_.begin(), lines_.end(),
                                  [](const Line& line) { return !line.session->idle(); });
    status.state = waiting                     ? "waiting"
                   : busy                      ? "sending"
                   : connector_->opening() > 0 ? "connecting"
                                               : "idle";
    tell_(std::move(status));
  }

  const SmtpRelayOptions& options_;
  const Clock& clock_;
  Desk& desk_;
  const std::stop_token stop_;
  const std::function<void(RelayStatus)> tell_;

  const Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC), "epoll"};
  const Descriptor stop_event_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd"};
  std::unique_ptr<Connector> connector_ = Connector::make(options_, epoll_.get());
  std::list<Line> lines_;  // after the connector: a connection needs its multi
  std::deque<Parcel> stock_;
  int failures_ = 0;
  int barren_ = 0;  // connections in a row that broke and settled nothing
  Steady::time_point back_off_until_{};
  std::optional<Instant> retry_at_;
  std::string last_error_;
  std::optional<Steady::time_point> stopped_at_;
};

class SmtpRelay final : public Relay {
 public:
  SmtpRelay(SmtpRelayOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {
    status_.name = options_.name;
    status_.state = "idle";
  }

  void run(Desk& desk, std::stop_token stop) override {
    Loop(options_, clock_, desk, std::move(stop), [this](RelayStatus status) {
      const std::lock_guard lock(mutex_);
      status_ = std::move(status);
    }).run();
  }

  RelayStatus status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  const SmtpRelayOptions options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  RelayStatus status_;
};

}  // namespace

std::unique_ptr<Relay> make_smtp_relay(SmtpRelayOptions options, const Clock& clock) {
  return std::make_unique<SmtpRelay>(std::move(options), clock);
}

}  // namespace postrider::queue
