#include "queue/smtp_relay.h"

#include <algorithm>
#include <array>
#include <list>
#include <mutex>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include "queue/curl_connection.h"
#include "queue/pressure.h"
#include "queue/smtp_session.h"

namespace postrider::queue {

namespace {

using namespace std::chrono_literals;
constexpr auto longest_wait = 250ms;   // how late a time that is due may be noticed
constexpr auto idle_before_quit = 5s;  // a connection without work says QUIT
constexpr auto grace_at_stop = 5s;     // for all that is not the answer to a final dot
constexpr int most_barren = 8;         // connections in a row that break and settle nothing
constexpr int most_lines = 250;  // each send and receive looks through the multi's connections
constexpr auto tell_every = 100ms;
constexpr std::size_t most_pieces = 32;   // in one send
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

/// The 421 by which a session broke off; nothing: it broke otherwise.
std::optional<mail::Reply> closing_reply(const std::string& why) {
  mail::ReplyReader reader;
  return why.starts_with("421") && reader.feed(why + "\r\n") ? reader.next() : std::nullopt;
}

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
  Loop(const SmtpRelayOptions& options, const Clock& clock, RelayHealth& health, Desk& desk,
       std::stop_token stop, std::function<void(RelayStatus)> tell)
      : options_(options),
        clock_(clock),
        health_(health),
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
        desk_.submit();
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
    return stopping() || health_.paused(Steady::now()) ? std::nullopt : desk_.next();
  }
  void begin(const Claim& claim, std::function<void(bool)> done) override {
    desk_.begin(claim, std::move(done));
  }
  void finish(const Parcel& parcel, Instant begun, const Outcome& outcome) override {
    if (const auto pressure = pressure_on_relay(parcel, outcome))
      health_.pressed(outcome.reply.str(), pressure->pause, Steady::now());
    // An answer about one recipient, good or bad, is a relay's that works.
    if (outcome.reply.code > 0 && outcome.scope == Scope::recipient) {
      barren_ = 0;
      health_.succeeded(Steady::now());
    }
    desk_.finish(parcel, begun, outcome, {});
  }
  void release(const Parcel& parcel, const std::string& why) override {
    desk_.release(parcel, 0ms, why);
  }
  void broke(const Parcel& parcel, Instant begun, const std::string& why) override {
    const auto reply = closing_reply(why);
    const bool of_lane = reply && is_of_lane(parcel, *reply);
    if (of_lane) desk_.pressed(parcel, *reply);
    wish_of_lane_ = of_lane ? why : "";
    // A delivery that breaks its sessions is to blame for these, not the relay.
    if (desk_.broke(parcel, begun, why)) barren_ -= most_breaks;
  }

  void heard(std::string_view command, const mail::Reply& reply) override {
    desk_.heard(command, reply);
  }

 private:
  /// What is said of a domain with a lane is that lane's; all else that is too fast is the relay's.
  static bool is_of_lane(const Parcel& parcel, const mail::Reply& reply) {
    return parcel.claimed.group != GroupId{} && speaks_of_domain(reply, parcel.envelope.recipient);
  }
  static std::optional<Pressure> pressure_on_relay(const Parcel& parcel, const Outcome& outcome) {
    if (outcome.kind != OutcomeKind::deferred || is_of_lane(parcel, outcome.reply)) return {};
    if (outcome.scope == Scope::recipient && parcel.claimed.group != GroupId{}) return {};
    return pressure_of(outcome.reply);
  }

  void give_all_back() {
    for (auto& line : lines_) {
      line.session->abandon(ending);
      health_.closed();
    }
    lines_.clear();
    for (auto opening = connector_->opening(); opening > 0; --opening) health_.given_up();
  }

  bool stopping() const { return stop_.stop_requested(); }

  bool ended() {
    if (!stopping()) return false;
    if (!stopped_at_) {
      stopped_at_ = Steady::now();
      for (auto& line : lines_) line.session->wind_up();
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

  /// Idle connections first; new ones only where those are all busy and parcels wait.
  void take_up_work() {
    if (stopping()) return;
    bool all_busy = true;
    for (auto& line : lines_) {
      line.session->pump();
      all_busy = all_busy && !line.session->idle();
    }
    const auto now = Steady::now();
    const auto most = static_cast<std::size_t>(std::clamp(options_.connections, 1, most_lines));
    while (all_busy && lines_.size() + connector_->opening() < most &&
           connector_->opening() < most_opening && health_.could_open(now) &&
           desk_.waiting() > connector_->opening() && health_.may_open(now))
      open();
    if (health_.may_probe(now)) open();
    // Others may carry what cannot be carried here: the relay is out, down, paused or narrow.
    if (!health_.could_open(now)) give_back_stock("there is no connection");
  }

  void open() {
    connector_->open([this](tl::expected<std::unique_ptr<Connection>, ConnectFailure> opened) {
      if (opened)
        add_line(std::move(*opened));
      else
        failed(opened.error());
    });
  }

  void add_line(std::unique_ptr<Connection> connection) {
    health_.opened();
    auto session = std::make_unique<SmtpSession>(
        *this, connection->offers(), clock_, options_.messages_per_connection, connection->peer(),
        options_.timeouts, connection->secrets());
    watch(connection->fd(), EPOLLIN);
    lines_.push_back({std::move(connection), std::move(session)});
    receive(lines_.back());
    if (stopping())
      lines_.back().session->wind_up();
    else
      lines_.back().session->pump();
  }

  void failed(const ConnectFailure& failure) {
    if (failure.lasting) health_.out(failure.message);
    health_.failed(failure.message, Steady::now());
    give_back_stock(failure.message);
  }

  /// What waits for a connection that does not come waits in the queue.
  void give_back_stock(const std::string& why) {
    if (lines_.empty() && connector_->opening() == 0) desk_.give_back_stock(why);
  }

  void wait() {
    auto until = Steady::now() + longest_wait;
    if (const auto deadline = connector_->deadline()) until = std::min(until, *deadline);
    if (const auto again = desk_.ask_again()) until = std::min(until, *again);
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
      std::array<std::string_view, most_pieces> pieces;
      const auto count = line.session->outputs(pieces);
      if (count == 0 || !line.session->broken().empty()) break;
      std::size_t octets = 0;
      const auto state = line.connection->send({pieces.data(), count}, octets);
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
      health_.closed();
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, ended.connection->fd(), nullptr);
      ended.session->lost("");
      if (!stopping()) broke_off(*ended.session);
    }
  }

  /// A connection that is lost while others work costs only itself; one that broke before it
  /// answered any envelope, or one more of many that settled nothing, is the relay's failure. A 421
  /// is a wish for less, of the relay where it speaks of no lane.
  void broke_off(const SmtpSession& session) {
    const auto& why = session.broken();
    if (why.empty() || session.by_us()) return;
    const auto now = Steady::now();
    if (const auto reply = closing_reply(why); reply && why != wish_of_lane_)
      if (const auto pressure = pressure_of(*reply)) health_.pressed(why, pressure->pause, now);
    if (session.judged() > 0) return;
    ++barren_;
    const bool others_work = health_.picture(now).connections > 0;
    if ((session.answered() || others_work) && barren_ <= most_barren) return;
    health_.broke(why, now);
    give_back_stock(why);
  }

  void tell_status() {
    const auto now = Steady::now();
    const bool busy = std::any_of(lines_.begin(), lines_.end(),
                                  [](const Line& line) { return !line.session->idle(); });
    if (now < told_at_ + tell_every && busy == told_busy_) return;
    told_at_ = now;
    told_busy_ = busy;
    const auto picture = health_.picture(now);
    RelayStatus status;
    status.name = options_.name;
    status.connections = static_cast<int>(lines_.size());
    status.most_connections = picture.width;
    status.last_error = picture.last_error;
    const bool waits = picture.next_try && picture.connections == 0;
    if (waits) status.retry_at = clock_.now() + *picture.next_try;
    status.state = picture.out                 ? "out"
                   : waits                     ? "waiting"
                   : busy                      ? "sending"
                   : connector_->opening() > 0 ? "connecting"
                                               : "idle";
    tell_(std::move(status));
  }

  const SmtpRelayOptions& options_;
  const Clock& clock_;
  RelayHealth& health_;
  Desk& desk_;
  const std::stop_token stop_;
  const std::function<void(RelayStatus)> tell_;

  const Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC), "epoll"};
  const Descriptor stop_event_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd"};
  std::unique_ptr<Connector> connector_ = Connector::make(options_, epoll_.get());
  std::list<Line> lines_;     // after the connector: a connection needs its multi
  std::string wish_of_lane_;  // the last 421 that was a lane's and not the relay's
  int barren_ = 0;            // connections in a row that broke and settled nothing
  Steady::time_point told_at_{};
  bool told_busy_ = false;
  std::optional<Steady::time_point> stopped_at_;
};

class SmtpRelay final : public Relay {
 public:
  SmtpRelay(SmtpRelayOptions options, const Clock& clock, std::shared_ptr<RelayHealth> health)
      : options_(std::move(options)), clock_(clock), health_(std::move(health)) {
    status_.name = options_.name;
    status_.state = "idle";
  }

  void run(Desk& desk, std::stop_token stop) override {
    Loop(options_, clock_, *health_, desk, std::move(stop), [this](RelayStatus status) {
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
  const std::shared_ptr<RelayHealth> health_;
  mutable std::mutex mutex_;
  RelayStatus status_;
};

}  // namespace

std::unique_ptr<Relay> make_smtp_relay(SmtpRelayOptions options, const Clock& clock,
                                       std::shared_ptr<RelayHealth> health) {
  return std::make_unique<SmtpRelay>(std::move(options), clock, std::move(health));
}

}  // namespace postrider::queue
