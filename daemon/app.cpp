#include "daemon/app.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <thread>

#include "daemon/board.h"
#include "daemon/bulletin.h"
#include "daemon/chronicle.h"
#include "daemon/guards/clock_sync.h"
#include "daemon/identity_watch.h"
#include "daemon/log.h"
#include "daemon/maintainer.h"
#include "daemon/relays.h"
#include "daemon/service_manager.h"
#include "daemon/speed.h"
#include "daemon/watchman.h"
#include "daemon/works.h"
#include "queue/dispatcher.h"
#include "queue/writer.h"
#include "store/ledger.h"
#include "store/log_copier.h"
#include "store/sqlite_queue.h"
#include "store/sweeper.h"
#include "store/traces.h"

namespace postrider::daemon {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// A server has ten minutes for its answer to a final dot; a reload that did not wait them out would
// cause second copies.
constexpr auto patience_of_reload = 11min;
constexpr auto grace_of_commands = 2s;  // to remove the traces of what they erased
constexpr auto watch_every = 10s;

std::vector<std::string> keys_of_lists(const config::Settings& settings) {
  std::vector<std::string> keys;
  for (const auto& list : settings.lists) keys.push_back(list.key);
  return keys;
}

}  // namespace

struct App::State {
  State(const Clock& the_clock, const Options& the_options)
      : clock(the_clock), options(the_options) {}

  const Clock& clock;
  const Options options;
  asio::io_context context;
  asio::signal_set signals{context, SIGTERM, SIGINT, SIGHUP};
  asio::steady_timer ticker{context};
  std::unique_ptr<Board> board;
  std::unique_ptr<store::Database> writing;  // the writer thread's
  std::unique_ptr<store::Database> reading;  // the main thread's
  std::unique_ptr<store::Database> looking;  // the doors'
  std::unique_ptr<DoorReads> door_reads;
  std::unique_ptr<store::SqliteQueue> queue;
  std::unique_ptr<IdentityWatch> identity;
  std::unique_ptr<store::LogCopier> log_copier;
  std::unique_ptr<queue::Writer> writer;
  std::unique_ptr<store::Sweeper> sweeper;
  std::unique_ptr<Chronicle> chronicle;
  std::unique_ptr<Watchman> watchman;
  std::unique_ptr<Maintainer> maintainer;
  std::shared_ptr<Works> works;
  std::unique_ptr<http::Server> server;
  std::vector<std::weak_ptr<queue::Dispatcher>> leaving;  // those of before a reload
  std::jthread retiring;                                  // waits for them
  Result<void> outcome;
  Instant started_at{};
  bool stopping = false;
  bool told_ready = false;
  bool reload_again = false;
  std::int64_t data_version = 0;
  std::int64_t deletions = 0;
  std::string trouble;
  Speed speed;
  std::chrono::steady_clock::time_point watchdog_due{};
  std::chrono::steady_clock::time_point board_due{};
  std::chrono::steady_clock::time_point watch_due{};
  std::vector<std::uint64_t> heartbeats;

  Result<void> open_database(const config::Settings& settings) {
    const auto& file = settings.storage.database;
    auto taken = Board::take(file);
    if (!taken) return tl::make_unexpected(taken.error());
    board = std::move(*taken);
    for (auto* database : {&writing, &reading, &looking}) {
      auto opened = store::Database::open(file, store::OpenMode::read_write);
      if (!opened) return tl::make_unexpected(opened.error());
      *database = std::move(*opened);
    }
    reading->wait_for_nobody();
    looking->wait_for_nobody();
    door_reads = std::make_unique<DoorReads>(*looking, post());
    try {
      store::Ledger(*writing).know_lists(keys_of_lists(settings));
      queue =
          std::make_unique<store::SqliteQueue>(*writing, retry_policy(settings.retry), clock.now());
      auto watch = IdentityWatch::open(*writing, *queue, clock);
      if (!watch) return tl::make_unexpected(watch.error());
      identity = std::move(*watch);
    } catch (const queue::CannotWrite& error) {
      return fail(std::string(error.what()) + "; the daemon needs to write its database");
    }
    log_copier = std::make_unique<store::LogCopier>(*writing);
    writer = std::make_unique<queue::Writer>(*queue);
    sweeper = std::make_unique<store::Sweeper>(file, grace_of_commands);
    chronicle = std::make_unique<Chronicle>(*reading);
    const Errands errands(*writing, *writer, post());
    watchman = std::make_unique<Watchman>(*reading, errands, clock);
    maintainer = std::make_unique<Maintainer>(*reading, errands, post(), clock);
    return {};
  }

  Errands::Post post() {
    return [this](std::function<void()> task) { asio::post(context, std::move(task)); };
  }

  Works::Ground ground() {
    return {context,
            clock,
            *reading,
            *door_reads,
            *writing,
            *writer,
            [this] { poke(); },
            [this] { scanned(); },
            works ? works->lmtp : nullptr,
            options.built};
  }

  /// A scan is in the ledger: after the first one of this run the daemon is ready.
  void scanned() {
    if (stopping || works->dispatcher) return;
    if (!server && !works->settings.http.listen.empty()) {
      auto listening = listen(works->settings.http);
      if (!listening) return stop(tl::make_unexpected(listening.error()));
      server = std::move(*listening);
    }
    works->start_sending(*queue, ground());
    if (!identity->is_unclaimed()) works->read_mailbox();
    heartbeats.clear();
    service_manager::ready();
    if (!std::exchange(told_ready, true))
      spdlog::info("ready: drafts in {}, pages on {}", works->settings.storage.drafts.string(),
                   server ? works->settings.http.listen : "no address");
    tick();
    if (std::exchange(reload_again, false)) reload();
  }

  Result<std::unique_ptr<http::Server>> listen(const config::Http& settings) {
    return http::Server::listen(
        context, {settings.host, settings.port, settings.unix_path},
        [this](const http::Request& request, http::Respond respond) {
          works->doors(request, std::move(respond));
        },
        {}, works->tls);
  }

  void poke() {
    if (works->dispatcher) works->dispatcher->poke();
  }

  void tick() {
    try {
      look_around();
    } catch (const std::exception& error) {
      tell_trouble(error.what());
    }
    ticker.expires_after(options.look_every);
    ticker.async_wait([this](const boost::system::error_code& error) {
      if (!error && !stopping) tick();
    });
  }

  void look_around() {
    const auto now = std::chrono::steady_clock::now();
    if (works->dispatcher) {
      // Another process, or our own writer, has changed something: there may be work.
      if (const auto version = reading->data_version(); version != data_version) {
        data_version = version;
        poke();
        chronicle->tell_events();
        forget_erased();
      }
      if (identity->look_again(*reading, *writer)) {
        works->read_mailbox();
        poke();
      }
      chronicle->tell_relays(relays(), clock.now());
      if (works->postman) chronicle->tell_mailbox(works->postman->status());
      chronicle->tell_reports(clock.now());
      works->timetable->tick();
      works->local_starts->tick();
      works->publisher->tick(!identity->is_unclaimed());
      works->review_desk->tick();
      works->registrar->tick();
      works->operator_desk->tick();
      works->event_command->tick();
    }
    tell_trouble(writer->trouble());
    if (works->dispatcher && now >= watch_due) {
      watchman->look(sights());
      if (!identity->is_unclaimed()) maintainer->tick(works->settings.storage.fold_after);
      watch_due = now + watch_every;
    }
    if (now >= board_due) {
      board->write(board_text());
      board_due = now + 1s;
    }
    ping(now);
  }

  /// What a command or a reader has erased goes out of the files and out of memory.
  void forget_erased() {
    if (store::has_traces(*reading)) sweeper->sweep();
    const auto now = store::deletions(*reading);
    if (now == deletions) return;
    deletions = now;
    works->dispatcher->forget_words();
    board_due = {};
  }

  void tell_trouble(const std::string& now) {
    if (now == trouble) return;
    if (now.empty())
      spdlog::info("the database can be written again; going on");
    else
      spdlog::error("sending stands still: {}", now);
    if (!now.empty()) works->event_command->tell("database.trouble", now, clock.now());
    trouble = now;
  }

  /// Tells systemd that all loops turn; a stuck one lets the watchdog bite.
  void ping(std::chrono::steady_clock::time_point now) {
    static const auto period = service_manager::watchdog_period();
    if (!period || now < watchdog_due) return;
    auto beats = works->dispatcher ? works->dispatcher->heartbeats() : std::vector<std::uint64_t>{};
    beats.push_back(writer->heartbeat());
    const bool all_turn =
        beats.size() != heartbeats.size() ||
        std::equal(beats.begin(), beats.end(), heartbeats.begin(), std::greater<>{});
    if (all_turn) service_manager::alive();
    heartbeats = std::move(beats);
    watchdog_due = now + *period;
  }

  std::vector<queue::RelayStatus> relays() const {
    if (!works->dispatcher) return {};
    return by_name(works->dispatcher->status());
  }

  Sights sights() const {
    Sights seen{relays(), {}, writer->trouble(), {}, {}};
    if (works->tls) seen.certificate_ends = http::end_of(*works->tls);
    if (works->postman) seen.mailbox = works->postman->status();
    std::error_code error;
    const auto space =
        std::filesystem::space(works->settings.storage.database.parent_path(), error);
    if (!error) seen.room = space.available;
    seen.is_unclaimed = identity->is_unclaimed();
    return seen;
  }

  std::string board_text() {
    const auto now = std::chrono::steady_clock::now();
    for (const auto& issue : store::Ledger(*reading).issues_under_way()) {
      const auto& sums = issue.sums;
      speed.observe(issue.slug, sums.audience() - sums.pending - sums.deferred, now);
    }
    speed.tidy(now);
    std::optional<PostmanStatus> mailbox;
    if (works->postman) mailbox = works->postman->status();
    std::optional<lmtp::Status> lmtp;
    if (works->lmtp) lmtp = works->lmtp->status();
    return to_json({started_at, trouble, works->dispatcher.get(), speed.all(), mailbox, lmtp,
                    works->webhooks->status()});
  }

  void wait_for_signals() {
    signals.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGHUP)
        reload();
      else
        stop({});
      wait_for_signals();
    });
  }

  void reload() {
    if (stopping) return;
    if (!works->dispatcher) {
      reload_again = true;  // one at a time: after this one, or after the start
      return;
    }
    service_manager::reloading();
    auto loaded = config::load_settings(works->settings.file);
    if (!loaded) {
      for (const auto& fault : loaded.error())
        spdlog::log(fault.severity == Severity::error ? spdlog::level::err : spdlog::level::warn,
                    "{}", to_string(fault));
      return refuse_reload("the settings are faulty");
    }
    if (loaded->storage.database != works->settings.storage.database)
      return refuse_reload("storage.database has changed, which needs a restart");
    if (loaded->http.listen != works->settings.http.listen)
      return refuse_reload("http.listen has changed, which needs a restart");
    auto made = Works::make(std::move(*loaded), ground());
    if (!made) return refuse_reload(made.error().message);
    replace_works(std::move(*made));
  }

  void refuse_reload(const std::string& why) {
    spdlog::error("reload refused, the old settings stay: {}", why);
    service_manager::ready();
  }

  /// The old threads end on the side, since a server's last answer may take its time; all that they
  /// do not need any more goes back to the queue at once.
  void replace_works(std::shared_ptr<Works> made) {
    set_up_log(made->settings.log.level);
    works->drafts.reset();
    works->publisher.reset();
    works->event_command.reset();
    auto old = std::exchange(works, std::move(made));
    if (server) server->use(works->tls);
    old->dispatcher->stop(patience_of_reload);
    leaving.push_back(old->dispatcher);
    retiring = std::jthread([this, old, before = std::move(retiring)]() mutable {
      old->postman.reset();  // ends its look into the mailbox
      old->lmtp.reset();     // ends its sessions, unless they go on
      if (before.joinable()) before.join();
      old->dispatcher->join();
      asio::post(context, [old = std::move(old)] {});  // it was the main thread's
    });
    writer->submit({[this, keys = keys_of_lists(works->settings)] {
                      store::Ledger(*writing).know_lists(keys);
                    },
                    {},
                    {}});
    works->drafts->scan();
    spdlog::info("reloaded {}", works->settings.file.string());
  }

  void stop(Result<void> why) {
    if (stopping) return;
    stopping = true;
    outcome = std::move(why);
    service_manager::stopping();
    if (outcome) spdlog::info("ending: finishing what is on the wire");
    ticker.cancel();
    maintainer.reset();
    if (server) server->stop();
    if (works->lmtp) works->lmtp->stop();
    works->drafts.reset();
    leaving.push_back(works->dispatcher);
    for (const auto& each : leaving)
      if (const auto dispatcher = each.lock()) dispatcher->stop(queue::patience_at_end);
    // Readers' clicks are answered while the senders end.
    retiring = std::jthread(
        [this, ending = std::move(works->dispatcher), before = std::move(retiring)]() mutable {
          if (before.joinable()) before.join();
          ending.reset();
          asio::post(context, [this] { context.stop(); });
        });
  }
};

App::App(std::unique_ptr<State> state) : state_(std::move(state)) {}

App::~App() {
  if (!state_) return;
  if (state_->retiring.joinable()) state_->retiring.join();
  // The writer ends first, with all that it was told to write.
  state_->writer.reset();
}

Result<std::unique_ptr<App>> App::open(config::Settings settings, const Clock& clock,
                                       const Options& options) {
  auto state = std::make_unique<State>(clock, options);
  if (auto opened = state->open_database(settings); !opened)
    return tl::make_unexpected(opened.error());
  auto works = Works::make(std::move(settings), state->ground());
  if (!works) return tl::make_unexpected(works.error());
  state->works = std::move(*works);
  return std::unique_ptr<App>(new App(std::move(state)));
}

Result<void> App::run() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGIO, SIG_IGN);  // what a broken read lease on a draft would raise
  state_->started_at = state_->clock.now();
  if (guards::clock_is_synchronised() == false)
    spdlog::warn("the clock is not synchronised with others (timedatectl)");
  state_->wait_for_signals();
  state_->works->drafts->scan();
  for (;;) {
    try {
      state_->context.run();
      return state_->outcome;
    } catch (const std::exception& error) {
      // What one handler could not do must not end the others.
      spdlog::error("{}", error.what());
    }
  }
}

}  // namespace postrider::daemon
