// All of the daemon that follows from the settings, made anew by a reload. Belongs to the main
// thread, but for what the threads of its dispatcher do.
#pragma once

#include <functional>
#include <memory>

#include "base/token.h"
#include "config/settings.h"
#include "daemon/door_reads.h"
#include "daemon/drafts.h"
#include "daemon/event_command.h"
#include "daemon/http/doors.h"
#include "daemon/lmtp/server.h"
#include "daemon/local_starts.h"
#include "daemon/mailroom.h"
#include "daemon/operator_desk.h"
#include "daemon/postman.h"
#include "daemon/publisher.h"
#include "daemon/registrar.h"
#include "daemon/review_desk.h"
#include "daemon/timetable.h"
#include "queue/dispatcher.h"
#include "queue/writer.h"
#include "store/sqlite_queue.h"

namespace postrider::daemon {

namespace webhooks {
class Webhooks;
}

struct Works {
  /// What they stand on; it outlives them.
  struct Ground {
    boost::asio::io_context& context;
    const Clock& clock;
    store::Database& reading;  // the main thread's
    DoorReads& door_reads;
    store::Database& writing;  // the writer thread's
    queue::Writer& writer;
    std::function<void()> poke;               // told when the queue may have changed
    std::function<void()> scanned;            // told when a scan of the drafts is in the ledger
    std::shared_ptr<lmtp::Server> lmtp = {};  // of those before, which goes on where it may
    Instant built = guards::build_date();     // a clock that says less cannot be right
  };

  /// Everything but the senders' threads, so that faulty settings change nothing.
  static Result<std::shared_ptr<Works>> make(config::Settings settings, const Ground& ground);
  /// Starts these.
  void start_sending(store::SqliteQueue& queue, const Ground& ground);
  /// From now on; what is in the mailbox of a copied database may be for the other one.
  void read_mailbox();

  // Later members use earlier ones.
  config::Settings settings;
  std::shared_ptr<const TokenKeys> keys;
  std::unique_ptr<Mailroom> mailroom;
  std::shared_ptr<ListRegistrar> registrar;
  std::unique_ptr<OperatorDesk> operator_desk;
  std::unique_ptr<ReviewDesk> review_desk;
  std::unique_ptr<EventCommand> event_command;
  std::shared_ptr<webhooks::Webhooks> webhooks;
  std::unique_ptr<Timetable> timetable;
  std::unique_ptr<LocalStarts> local_starts;
  http::Handler doors;
  std::shared_ptr<http::Tls> tls;  // nothing: without
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<Drafts> drafts;                 // do nothing before the first scan
  std::unique_ptr<Postman> postman;               // nothing: without a mailbox
  std::shared_ptr<lmtp::Server> lmtp;             // nothing: nobody delivers
  std::shared_ptr<queue::Dispatcher> dispatcher;  // nothing: not started yet, or ended

 private:
  std::unique_ptr<Drafts> watch_drafts(const Ground& ground);
  Result<void> open_lmtp(const Ground& ground);

  std::shared_ptr<lmtp::Clerk> clerk_;  // for it, from the start on
};

}  // namespace postrider::daemon
