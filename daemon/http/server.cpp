#include "daemon/http/server.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <filesystem>
#include <fmt/chrono.h>
#include <list>
#include <optional>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "base/text.h"
#include "daemon/http/tls_context.h"
#include "daemon/sockets.h"

// g++ 12 sees only half of the pair that allocates Asio's coroutine frames.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace postrider::daemon::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

template <class T = void>
using Task = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<Protocol, Executor>;
using PlainStream = beast::basic_stream<Protocol, Executor>;
using TlsStream = asio::ssl::stream<PlainStream>;
using Parser = beast::http::request_parser<beast::http::string_body>;

/// Operations answer with their error instead of throwing it.
constexpr auto quietly = asio::as_tuple(asio::use_awaitable_t<Executor>{});

constexpr auto pause_without_files = 100ms;  // accept() fails at once while there are none
constexpr auto longest_farewell = 1s;
constexpr std::size_t most_at_once = 4096;    // octets read
constexpr std::size_t most_own_fields = 512;  // octets, as a rule
constexpr std::string_view not_understood = "This is no request that can be understood.";
constexpr std::string_view too_long = "The body of this request is too long.";
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

/// A page has its own style and one form; nothing else, from nowhere else.
constexpr std::string_view common_fields =
    "Server: Postrider\r\n"
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Robots-Tag: noindex\r\n";

struct Connection;

/// What the server and its connections share. Connections stand in one of two queues.
struct Hall {
  Handler handler;  // empty once the server is gone
  Limits limits;
  std::vector<Acceptor> acceptors;
  std::filesystem::path unix_path;
  std::shared_ptr<Tls> tls;  // for the next connection; nothing: plain
  bool stopping = false;
  std::list<Connection*> waiting = {};  // for their reader, the longest wait first
  std::list<Connection*> working = {};
  std::size_t long_bodies = 0;  // being read or answered

  bool is_full() const { return waiting.size() + working.size() >= limits.connections; }
  bool make_room();
};

/// Lives in its coroutine; a connection that is closed ends there by its own error.
struct Connection {
  explicit Connection(Hall& the_hall)
      : hall(the_hall), buffer(hall.limits.header + hall.limits.body) {
    place = hall.waiting.insert(hall.waiting.end(), this);
  }
  virtual ~Connection() {
    end_long();
    queue->erase(place);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  virtual PlainStream& plain_stream() = 0;
  void close() { plain_stream().close(); }

  void stand_in(std::list<Connection*>& target) {
    target.splice(target.end(), *queue, place);
    queue = &target;
  }

  void end_long() { hall.long_bodies -= std::exchange(is_long, false) ? 1 : 0; }

  Hall& hall;
  beast::flat_buffer buffer;
  std::optional<IpAddress> peer;
  bool idle = true;      // no octet of a next request yet
  bool is_long = false;  // the request, so that it counts among the hall's
  std::list<Connection*>* queue = &hall.waiting;
  std::list<Connection*>::iterator place;
};

/// A connection, plain or by TLS.
template <class Stream>
struct Line final : Connection {
  template <class... More>
  Line(Hall& the_hall, Socket socket, More&... more)
      : Connection(the_hall), stream(std::move(socket), more...) {
    error_code ignored;  // a unix socket knows no such option
    auto& wire = plain_stream().socket();
    wire.set_option(asio::ip::tcp::no_delay(true), ignored);
    peer = address_of(wire.remote_endpoint(ignored));
  }

  PlainStream& plain_stream() override { return beast::get_lowest_layer(stream); }

  Stream stream;
};

bool Hall::make_room() {
  if (waiting.empty()) return false;
  auto* const oldest = waiting.front();
  oldest->stand_in(working);
  oldest->close();
  return true;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7), spelled out once a second.
std::string_view date_now() {
  thread_local std::time_t spelled = 0;
  thread_local std::string date;
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (std::exchange(spelled, now) != now)
    date = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
  return date;
}

std::string header_of(const Response& response, bool keep_alive) {
  const auto reason =
      beast::http::obsolete_reason(static_cast<beast::http::status>(response.status));
  std::string bytes;
  bytes.reserve(common_fields.size() + most_own_fields);
  fmt::format_to(std::back_inserter(bytes),
                 "HTTP/1.1 {} {}\r\nDate: {}\r\nConnection: {}\r\n"
                 "Content-Type: {}\r\nContent-Length: {}\r\n",
                 response.status, std::string_view(reason), date_now(),
                 keep_alive ? "keep-alive" : "close", response.content_type, response.body.size());
  bytes += common_fields;
  if (!response.allow.empty()) bytes += "Allow: " + response.allow + "\r\n";
  if (!response.file_name.empty())
    bytes += "Content-Disposition: attachment; filename=\"" + response.file_name + "\"\r\n";
  if (const auto wait = response.status == 503 ? 60s : response.retry_after; wait > 0s)
    fmt::format_to(std::back_inserter(bytes), "Retry-After: {}\r\n", wait.count());
  bytes += "\r\n";
  return bytes;
}

Response plain(int status, std::string_view why) {
  return {status, "text/plain; charset=utf-8", std::string(why) + "\n"};
}

/// What a faulty request is told; nothing: the other side has gone or fallen silent.
std::optional<Response> answer_to(const error_code& error) {
  using Wrong = beast::http::error;
  const bool is_about_the_bytes =
      error.category() == beast::http::make_error_code(Wrong::bad_method).category();
  if (!is_about_the_bytes || error == Wrong::end_of_stream || error == Wrong::partial_message)
    return {};
  if (error == Wrong::header_limit || error == Wrong::buffer_overflow)
    return plain(431, "The header of this request is too long.");
  if (error == Wrong::body_limit) return plain(413, too_long);
  return plain(400, not_understood);
}

/// The target in origin form (RFC 9112 §3.2.1); the absolute form says the same. Empty: neither.
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos || !to_lower(target.substr(0, scheme)).starts_with("http"))
    return {};
  const auto path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

/// All fields of that name, as one (RFC 9110 §5.3).
std::string joined(const Parser::value_type& message, std::string_view name) {
  std::string values;
  const auto [first, last] = message.equal_range(name);
  for (auto field = first; field != last; ++field)
    values.append(values.empty() ? "" : ", ").append(field->value());
  return values;
}

/// Nothing: a request that HTTP forbids.
std::optional<Request> to_request(const Parser::value_type& message,
                                  const std::optional<IpAddress>& peer) {
  const auto hosts = message.count(beast::http::field::host);
  const auto target = origin_form(message.target());
  if (hosts > 1 || (hosts == 0 && message.version() >= 11) || target.empty()) return {};
  const auto question = std::min(target.find('?'), target.size());
  const bool is_head = message.method() == beast::http::verb::head;
  return Request{is_head ? "GET" : std::string(message.method_string()),
                 std::string(target.substr(0, question)),
                 std::string(target.substr(std::min(question + 1, target.size()))),
                 std::string(message[beast::http::field::accept_language]),
                 std::string(message[beast::http::field::content_type]),
                 message.body(),
                 joined(message, "X-Forwarded-For"),
                 peer,
                 std::string(message[beast::http::field::authorization]),
                 std::string(message["X-Twilio-Email-Event-Webhook-Signature"]),
                 std::string(message["X-Twilio-Email-Event-Webhook-Timestamp"])};
}

bool expects_continue(const Parser& parser) {
  return parser.get().version() >= 11 &&
         iequals(parser.get()[beast::http::field::expect], "100-continue");
}

/// Whether more of the body may be read than of usual requests.
bool may_be_long(const Parser& parser) {
  const auto target = origin_form(parser.get().target());
  return target.substr(0, target.find('?')).find("/webhooks/") != std::string_view::npos;
}

/// What is over the limits so far; nothing: all is well.
std::optional<Response> excess(Connection& connection, const Parser& parser) {
  auto& hall = connection.hall;
  const auto announced = parser.content_length().value_or(0);
  if (std::max<std::uint64_t>(announced, parser.get().body().size()) <= hall.limits.body) return {};
  if (!may_be_long(parser)) return plain(413, too_long);
  if (!connection.is_long && hall.long_bodies >= hall.limits.long_bodies)
    return plain(503, "Too much at once; please try again.");
  if (!std::exchange(connection.is_long, true)) ++hall.long_bodies;
  return {};
}

/// How a request was read.
struct Receipt {
  bool gone = false;  // nobody is there to be answered
  std::optional<Response> refusal = {};
};

/// Some more octets; an error where there are none, or the request would be longer than may be.
template <class Stream>
Task<error_code> read_some(Line<Stream>& connection) {
  auto& buffer = connection.buffer;
  const auto room = buffer.max_size() - buffer.size();
  if (room == 0) co_return error_code(beast::http::error::buffer_overflow);
  const auto [error, octets] = co_await connection.stream.async_read_some(
      buffer.prepare(std::min(room, most_at_once)), quietly);
  buffer.commit(octets);
  co_return error;
}

/// Reads until the parser has all, or too much. What has come in one piece, as most requests do,
/// costs one read.
template <class Stream>
Task<error_code> read_request(Line<Stream>& connection, Parser& parser,
                              std::optional<Response>& refusal) {
  auto& buffer = connection.buffer;
  bool may_continue = true;
  for (;;) {
    error_code error;
    buffer.consume(parser.put(buffer.data(), error));
    if (error && error != beast::http::error::need_more) co_return error;
    if (parser.is_header_done()) refusal = excess(connection, parser);
    if (parser.is_done() || refusal) co_return error_code();
    if (parser.is_header_done() && std::exchange(may_continue, false) && expects_continue(parser) &&
        buffer.size() == 0)
      co_await asio::async_write(connection.stream, asio::buffer(go_on.data(), go_on.size()),
                                 quietly);
    if (const auto failed = co_await read_some(connection)) co_return failed;
  }
}

template <class Stream>
Task<Receipt> receive(Line<Stream>& connection, Parser& parser) {
  const auto& limits = connection.hall.limits;
  connection.stand_in(connection.hall.waiting);
  if (connection.buffer.size() == 0) {
    connection.idle = true;
    connection.plain_stream().expires_after(limits.idle_time);
    if (co_await read_some(connection)) co_return Receipt{.gone = true};
    connection.idle = false;
  }
  connection.plain_stream().expires_after(limits.request_time);
  std::optional<Response> refusal;
  const auto error = co_await read_request(connection, parser, refusal);
  if (!error) co_return Receipt{false, std::move(refusal)};
  refusal = answer_to(error);
  co_return Receipt{!refusal, std::move(refusal)};
}

/// The handler's answer, or 503 where it takes too long.
Task<Response> ask(Connection& connection, const Request& request) {
  using Patience =
      asio::basic_waitable_timer<std::chrono::steady_clock,
                                 asio::wait_traits<std::chrono::steady_clock>, Executor>;
  struct Pending {
    std::optional<Response> response = {};
    std::optional<Patience> patience = {};  // once it has to be waited for
  };
  auto& hall = connection.hall;
  const auto pending = std::make_shared<Pending>();
  // An answer that comes late finds nothing to answer, whoever has gone meanwhile.
  hall.handler(request, [weak = std::weak_ptr(pending)](Response response) {
    const auto waiting = weak.lock();
    if (!waiting || waiting->response) return;
    waiting->response = std::move(response);
    if (waiting->patience) waiting->patience->cancel();
  });
  if (!pending->response) {
    pending->patience.emplace(connection.plain_stream().get_executor(), hall.limits.answer_time);
    co_await pending->patience->async_wait(quietly);
  }
  if (!pending->response)
    co_return plain(503, "This cannot be done right now; please try again in a few minutes.");
  co_return std::move(*pending->response);
}

/// Lets the other side read the last answer: closing while it still sends would destroy it.
template <class Stream>
Task<> say_farewell(Line<Stream>& connection) {
  connection.stand_in(connection.hall.waiting);
  connection.plain_stream().expires_after(longest_farewell);
  error_code error;
  if constexpr (std::is_same_v<Stream, TlsStream>)
    std::tie(error) = co_await connection.stream.async_shutdown(quietly);
  connection.plain_stream().socket().shutdown(asio::socket_base::shutdown_send, error);
  std::array<char, 4096> sink;
  while (!error)
    std::tie(error, std::ignore) =
        co_await connection.plain_stream().async_read_some(asio::buffer(sink), quietly);
}

/// One request and its answer; false where the connection ends.
template <class Stream>
Task<bool> serve_one(Line<Stream>& connection) {
  auto& hall = connection.hall;
  Parser parser;
  parser.eager(true);  // header and body by one `put`
  parser.header_limit(static_cast<std::uint32_t>(hall.limits.header));
  parser.body_limit(hall.limits.long_body);
  auto [gone, refusal] = co_await receive(connection, parser);
  if (gone || !hall.handler) co_return false;
  connection.stand_in(hall.working);
  const auto request = refusal ? std::nullopt : to_request(parser.get(), connection.peer);
  Response response = refusal ? std::move(*refusal) : plain(400, not_understood);
  if (request) response = co_await ask(connection, *request);
  const bool keep_alive = request && parser.get().keep_alive() && !hall.stopping;
  const bool is_head = parser.get().method() == beast::http::verb::head;
  const auto header = header_of(response, keep_alive);
  const std::array<asio::const_buffer, 2> pieces{
      asio::buffer(header), is_head ? asio::const_buffer() : asio::buffer(response.body)};
  connection.plain_stream().expires_after(hall.limits.request_time);
  const auto [error, octets] = co_await asio::async_write(connection.stream, pieces, quietly);
  connection.end_long();
  if (!error && !keep_alive) co_await say_farewell(connection);
  co_return !error && keep_alive;
}

Task<> serve(std::shared_ptr<Hall> hall, Socket socket) {
  Line<PlainStream> connection(*hall, std::move(socket));
  while (co_await serve_one(connection)) {
  }
}

Task<> serve(std::shared_ptr<Hall> hall, Socket socket, std::shared_ptr<Tls> tls) {
  Line<TlsStream> connection(*hall, std::move(socket), tls->context);
  connection.plain_stream().expires_after(hall->limits.request_time);
  const auto [error] =
      co_await connection.stream.async_handshake(asio::ssl::stream_base::server, quietly);
  if (error) co_return;
  while (co_await serve_one(connection)) {
  }
}

/// One try: a newcomer's socket is new, so that the line fits into its buffer.
void turn_away(Socket& socket) {
  const auto answer = plain(503, "Too many readers at once; please try again.");
  error_code ignored;
  socket.non_blocking(true, ignored);
  const auto bytes = header_of(answer, false) + answer.body;
  socket.write_some(asio::buffer(bytes), ignored);
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

void log_failure(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    spdlog::error("http: a connection ended: {}", error.what());
  }
}

bool has_gone_again(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::connection_aborted;
}

Task<> accept(std::shared_ptr<Hall> hall, Acceptor& acceptor) {
  asio::steady_timer pause(acceptor.get_executor());
  for (;;) {
    // accept() without a file to spare fails even where nobody knocks, so that comes first.
    co_await acceptor.async_wait(asio::socket_base::wait_read, quietly);
    if (hall->stopping) break;
    error_code error;
    Socket socket(acceptor.get_executor());
    acceptor.accept(socket, error);
    if (!error && hall->is_full() && !hall->make_room()) {
      if (!hall->tls) turn_away(socket);
    } else if (!error) {
      asio::co_spawn(
          acceptor.get_executor(),
          hall->tls ? serve(hall, std::move(socket), hall->tls) : serve(hall, std::move(socket)),
          log_failure);
    } else if (!has_gone_again(error) && !hall->make_room()) {
      pause.expires_after(pause_without_files);
      co_await pause.async_wait(quietly);
    }
  }
}

/// HTTP is not to take the files that mails and the database need.
std::size_t half_of_all_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(files.rlim_cur) / 2;
}

class BeastServer final : public Server {
 public:
  explicit BeastServer(std::shared_ptr<Hall> hall)
      : hall_(std::move(hall)), port_(port_of(hall_->acceptors.front())) {
    for (auto& acceptor : hall_->acceptors)
      asio::co_spawn(acceptor.get_executor(), accept(hall_, acceptor), log_failure);
  }

  ~BeastServer() override {
    stop();
    hall_->handler = nullptr;
    for (const auto* queue : {&hall_->waiting, &hall_->working})
      for (auto* connection : *queue) connection->close();
  }

  void use(std::shared_ptr<Tls> tls) override { hall_->tls = std::move(tls); }
  std::uint16_t port() const override { return port_; }

  void stop() override {
    if (std::exchange(hall_->stopping, true)) return;
    std::error_code ignored;
    if (!hall_->unix_path.empty()) std::filesystem::remove(hall_->unix_path, ignored);
    for (auto& acceptor : hall_->acceptors) acceptor.close();
    for (auto* connection : hall_->waiting)
      if (connection->idle) connection->close();
  }

 private:
  const std::shared_ptr<Hall> hall_;
  const std::uint16_t port_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(asio::io_context& context, const Listen& where,
                                               Handler handler, Limits limits,
                                               std::shared_ptr<Tls> tls) {
  auto acceptors = open_acceptors(context, where, "http.listen");
  if (!acceptors) return tl::make_unexpected(acceptors.error());
  limits.connections = std::min(limits.connections, half_of_all_files());
  return std::make_unique<BeastServer>(std::make_shared<Hall>(
      Hall{std::move(handler), limits, std::move(*acceptors),
           where.host.empty() ? where.unix_path : std::filesystem::path(), std::move(tls)}));
}

}  // namespace postrider::daemon::http
