#include "daemon/lmtp/server.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <mutex>
#include <spdlog/spdlog.h>
#include <thread>

#include "daemon/sockets.h"

// g++ 12 sees only half of the pair that allocates Asio's coroutine frames.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace postrider::daemon::lmtp {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

namespace {

template <class T = void>
using Task = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<Protocol, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// Operations answer with their error instead of throwing it.
constexpr auto quietly = asio::as_tuple(asio::use_awaitable_t<Executor>{});

constexpr auto pause_without_files = 100ms;  // accept() fails at once while there are none
constexpr auto longest_farewell = 1s;
constexpr std::size_t most_at_once = 16 * 1024;  // octets read
constexpr auto never = SteadyTime::max();
constexpr std::string_view idle = "421 4.4.2 nothing has come for too long";
constexpr std::string_view ending = "421 4.3.2 Postrider is ending; please try again later";
constexpr std::string_view full = "421 4.3.2 too many sessions at once; please try again later\r\n";

SteadyTime in(std::chrono::milliseconds span) { return std::chrono::steady_clock::now() + span; }

struct Connection;

/// What the sessions share. Belongs to the server's thread, but for what says otherwise.
struct Hall {
  explicit Hall(const ServerLimits& the_limits) : limits(the_limits) {}

  void take_all();
  void stop();
  void tell(const Instant& taken_at, std::int64_t taken);
  void tell_trouble(const std::string& trouble);

  const ServerLimits limits;
  asio::io_context context{1};
  std::vector<Acceptor> acceptors;
  std::filesystem::path unix_path;  // ours, to be removed
  std::shared_ptr<Clerk> clerk;
  Room room;
  bool stopping = false;
  std::list<Connection*> connections;
  std::vector<Connection*> waiting;  // for their message to be on disk
  Timer watch{context};
  mutable std::mutex mutex;  // guards status
  Status status;
};

/// Lives in its coroutine.
struct Connection {
  Connection(Hall& the_hall, Socket the_socket)
      : hall(the_hall),
        socket(std::move(the_socket)),
        session([this](const std::string& address) { return hall.clerk->serves(address); },
                hall.room, hall.limits.session) {
    place = hall.connections.insert(hall.connections.end(), this);
    error_code ignored;  // a unix socket knows no such option
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  ~Connection() {
    hall.connections.erase(place);
    if (hall.stopping && hall.connections.empty()) hall.watch.cancel();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void wake() {
    error_code ignored;
    if (reading) socket.cancel(ignored);
  }
  void close() {
    error_code ignored;
    socket.close(ignored);
  }

  Hall& hall;
  Socket socket;
  Session session;
  Timer settled{hall.context, never};
  SteadyTime deadline = never;
  bool reading = false;
  std::list<Connection*>::iterator place;
};

void Hall::take_all() {
  const auto batch = std::exchange(waiting, {});
  std::vector<const Delivery*> deliveries;
  for (const auto* connection : batch) deliveries.push_back(connection->session.delivery());
  bool kept = false;
  try {
    tell(clerk->take(deliveries), static_cast<std::int64_t>(batch.size()));
    kept = true;
  } catch (const std::exception& error) {
    tell_trouble(error.what());
  }
  for (auto* connection : batch) {
    connection->session.settle(kept);
    connection->settled.cancel();
  }
  // Behind their answers.
  asio::post(context, [this] { clerk->let_others_write(); });
}

void Hall::tell(const Instant& taken_at, std::int64_t taken) {
  tell_trouble({});
  const std::lock_guard lock(mutex);
  status.taken += taken;
  status.taken_at = taken_at;
}

void Hall::tell_trouble(const std::string& trouble) {
  const std::lock_guard lock(mutex);
  if (trouble == status.trouble) return;
  if (trouble.empty())
    spdlog::info("lmtp: messages can be kept again");
  else
    spdlog::error("lmtp: messages cannot be kept, and are to be delivered again: {}", trouble);
  status.trouble = trouble;
}

void Hall::stop() {
  if (std::exchange(stopping, true)) return;
  std::error_code ignored;
  if (!unix_path.empty()) std::filesystem::remove(unix_path, ignored);
  for (auto& acceptor : acceptors) acceptor.close();
  for (auto* connection : connections) {
    connection->session.end_soon(ending);
    connection->deadline = std::min(connection->deadline, in(limits.patience_at_end));
    if (connection->session.has_ended()) connection->wake();
  }
  if (connections.empty()) watch.cancel();
}

/// False: there is nothing to be done any more.
Task<bool> send_answers(Connection& connection) {
  for (auto answers = connection.session.take_answers(); !answers.empty();
       answers = connection.session.take_answers()) {
    const auto [error, octets] =
        co_await asio::async_write(connection.socket, asio::buffer(answers), quietly);
    if (error) co_return false;
  }
  co_return !connection.session.has_ended();
}

/// False: nobody is there any more.
Task<bool> read_some(Connection& connection) {
  std::array<char, most_at_once> octets;
  connection.reading = true;
  const auto [error, count] =
      co_await connection.socket.async_read_some(asio::buffer(octets), quietly);
  connection.reading = false;
  if (!error) connection.session.take({octets.data(), count});
  co_return !error || connection.session.has_ended();
}

/// Gives the message to whoever writes all that has come together, and waits for it.
Task<> hand_over(Connection& connection) {
  auto& hall = connection.hall;
  hall.waiting.push_back(&connection);
  if (hall.waiting.size() == 1) asio::post(hall.context, [&hall] { hall.take_all(); });
  connection.settled.expires_at(never);
  co_await connection.settled.async_wait(quietly);
}

/// Lets the other side read the last answer: closing while it still sends would destroy it.
Task<> say_farewell(Connection& connection) {
  connection.deadline = in(longest_farewell);
  error_code error;
  connection.socket.shutdown(asio::socket_base::shutdown_send, error);
  std::array<char, most_at_once> sink;
  while (!error)
    std::tie(error, std::ignore) =
        co_await connection.socket.async_read_some(asio::buffer(sink), quietly);
}

Task<> serve(Hall& hall, Socket socket) {
  Connection connection(hall, std::move(socket));
  const auto go_on = [&] {
    if (!hall.stopping) connection.deadline = in(hall.limits.idle_time);
  };
  go_on();
  while (co_await send_answers(connection)) {
    if (connection.session.delivery())
      co_await hand_over(connection);
    else if (!co_await read_some(connection))
      co_return;
    go_on();
  }
  co_await say_farewell(connection);
}

/// Ends whoever has kept us waiting too long.
Task<> keep_watch(Hall& hall) {
  while (!hall.stopping || !hall.connections.empty()) {
    hall.watch.expires_after(std::min<std::chrono::milliseconds>(1s, hall.limits.idle_time));
    co_await hall.watch.async_wait(quietly);
    const auto now = std::chrono::steady_clock::now();
    for (auto* connection : hall.connections) {
      if (connection->deadline > now) continue;
      if (connection->session.has_ended() || !connection->reading) {
        connection->close();
      } else {
        connection->session.end(hall.stopping ? ending : idle);
        connection->deadline = in(longest_farewell);
        connection->wake();
      }
    }
  }
}

void log_failure(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    spdlog::error("lmtp: a session ended: {}", error.what());
  }
}

/// One try: a newcomer's socket is new, so that the line fits into its buffer.
void turn_away(Socket& socket) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(full), ignored);
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

Task<> accept(Hall& hall, Acceptor& acceptor) {
  Timer pause(hall.context);
  for (;;) {
    // accept() without a file to spare fails even where nobody knocks, so that comes first.
    co_await acceptor.async_wait(asio::socket_base::wait_read, quietly);
    if (hall.stopping) break;
    error_code error;
    Socket socket(hall.context);
    acceptor.accept(socket, error);
    if (!error && hall.connections.size() >= hall.limits.sessions) {
      turn_away(socket);
    } else if (!error) {
      asio::co_spawn(hall.context, serve(hall, std::move(socket)), log_failure);
    } else if (error != asio::error::would_block && error != asio::error::connection_aborted) {
      pause.expires_after(pause_without_files);
      co_await pause.async_wait(quietly);
    }
  }
}

class AsioServer final : public Server {
 public:
  AsioServer(const config::Listen& where, const ServerLimits& limits)
      : where_(where), hall_(limits) {
    hall_.status.listen = where.listen;
  }

  ~AsioServer() override {
    stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> bind() {
    auto opened =
        open_acceptors(hall_.context, {where_.host, where_.port, where_.unix_path}, "bounces.lmtp");
    if (!opened) return tl::make_unexpected(opened.error());
    hall_.acceptors = std::move(*opened);
    port_ = port_of(hall_.acceptors.front());
    if (where_.host.empty()) hall_.unix_path = where_.unix_path;
    return {};
  }

  void start(std::shared_ptr<Clerk> clerk) override {
    if (thread_.joinable()) {
      asio::post(hall_.context, [this, clerk] { hall_.clerk = clerk; });
      return;
    }
    hall_.clerk = std::move(clerk);
    for (auto& acceptor : hall_.acceptors)
      asio::co_spawn(hall_.context, accept(hall_, acceptor), log_failure);
    asio::co_spawn(hall_.context, keep_watch(hall_), log_failure);
    thread_ = std::jthread([this] { run(); });
  }

  void stop() override {
    if (thread_.joinable())
      asio::post(hall_.context, [this] { hall_.stop(); });
    else
      hall_.stop();
  }

  Status status() const override {
    const std::lock_guard lock(hall_.mutex);
    return hall_.status;
  }

  bool listens_on(const config::Listen& where) const override {
    return where.host == where_.host && where.port == where_.port &&
           where.unix_path == where_.unix_path;
  }

  std::uint16_t port() const override { return port_; }

 private:
  void run() {
    for (;;) {
      try {
        hall_.context.run();
        return;
      } catch (const std::exception& error) {
        spdlog::error("lmtp: {}", error.what());
      }
    }
  }

  const config::Listen where_;
  Hall hall_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(const config::Listen& where,
                                               const ServerLimits& limits) {
  auto server = std::make_unique<AsioServer>(where, limits);
  if (auto bound = server->bind(); !bound) return tl::make_unexpected(bound.error());
  return server;
}

}  // namespace postrider::daemon::lmtp
