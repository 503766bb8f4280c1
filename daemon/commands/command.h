// What all commands share: how they are run, what they print, how they fail.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/fingerprints.h"
#include "base/token.h"
#include "config/settings.h"
#include "store/ledger.h"
#include "store/sqlite.h"
#include "store/sqlite_subscribers.h"

namespace CLI {
class App;
}

namespace postrider::daemon::commands {

/// Exit statuses.
constexpr int done = 0;
constexpr int refused = 1;

/// Options that every command knows.
struct Common {
  std::filesystem::path config;  // --config; may be empty
};

/// A command's work; what it returns is the exit status. Errors are thrown as Refusal.
using Command = std::function<int()>;

/// Thrown by commands: one clear line for stderr, exit status 1.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The value, or a Refusal with the error's line.
template <class T>
T value_of(Result<T> result) {
  if (!result) throw Refusal(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// The newsletter's settings; a Refusal with all their faults, a line each.
config::Settings load(const Common& common);

/// The database where there is one, to read: looking makes none.
std::unique_ptr<store::Database> existing_database(const config::Settings& settings);

/// A Refusal where this command finds no token keys: the daemon may have others, so none is made.
void require_token_keys(const config::Settings& settings);

/// Who sits there: root by sudo is whoever asked for it.
std::string user_name();

/// The newsletter's settings and its database, opened for writing beside a running daemon.
struct Newsletter {
  explicit Newsletter(const Common& common);

  config::Settings settings;
  std::unique_ptr<store::Database> database;
  store::Ledger ledger;
  store::SqliteSubscribers subscribers;
  SystemClock clock;

  /// The named list, or the only one; a Refusal where it is unknown or must be named, which is done
  /// as `how` says.
  const config::List& list(const std::string& named, std::string_view how = "with --list") const;
  /// The issue of that slug, or a Refusal that suggests the nearest.
  queue::Issue issue(const std::string& slug);
  /// "2022-01-10 08:00 EST" in the publication's zone; "-" for nothing.
  std::string time(const std::optional<Instant>& instant) const;
  /// [publication] approval = "required".
  bool needs_approval() const;
  /// It needs none, or has one that stands.
  bool may_go(const queue::Issue& issue) const;
  bool daemon_runs() const;
  /// Says on stdout what keeps an issue that may go from doing so.
  void tell_whether_it_goes();
  /// Why the database sends nothing before a `postrider claim`; nothing: it may.
  std::optional<std::string> unclaimed();
  /// Says so on stdout, where it is so.
  void tell_unclaimed();
  /// The ledger's, with a note at those that wait for the claim.
  std::vector<queue::Issue> issues();
  /// Of erased addresses; reads the token keys when they are wanted. A Refusal where they are
  /// missing: only `init` and `run` make one, since the service may have its own as a credential.
  const Fingerprints& erased_keys();

 private:
  std::optional<Fingerprints> erased_keys_;
};

/// Each adds its commands to the command line and sets `command` when one of them was given.
void add_init(CLI::App& app, Common& common, Command& command);
void add_drafts(CLI::App& app, Common& common, Command& command);  // check, preview, test
void add_run(CLI::App& app, Common& common, Command& command);
void add_status(CLI::App& app, Common& common, Command& command);
void add_issue(CLI::App& app, Common& common, Command& command);
void add_corrections(CLI::App& issue, Common& common, Command& command);  // of it
void add_approve(CLI::App& app, Common& common, Command& command);
void add_schedule(CLI::App& app, Common& common, Command& command);
void add_stats(CLI::App& app, Common& common, Command& command);
void add_events(CLI::App& app, Common& common, Command& command);
void add_why(CLI::App& app, Common& common, Command& command);
void add_subscriber(CLI::App& app, Common& common, Command& command);
void add_erase(CLI::App& subscriber, Common& common, Command& command);            // of it
void add_export(CLI::App& subscriber, Common& common, Command& command);           // of it
void add_import(CLI::App& subscriber, Common& common, Command& command);           // of it
void add_imports(CLI::App& subscriber, Common& common, Command& command);          // of it
void add_subscriber_list(CLI::App& subscriber, Common& common, Command& command);  // of it
void add_suppression(CLI::App& app, Common& common, Command& command);
void add_bounce(CLI::App& app, Common& common, Command& command);
void add_sign_up(CLI::App& app, Common& common, Command& command);
void add_segment(CLI::App& app, Common& common, Command& command);
void add_token(CLI::App& app, Common& common, Command& command);
void add_dkim(CLI::App& app, Common& common, Command& command);
void add_claim(CLI::App& app, Common& common, Command& command);
void add_backup(CLI::App& app, Common& common, Command& command);  // and restore
void add_maintain(CLI::App& app, Common& common, Command& command);

}  // namespace postrider::daemon::commands
