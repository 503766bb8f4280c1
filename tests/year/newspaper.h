// A newsletter in a folder of its own, with its daemon, and all that its people do to it: the
// writer's drafts, the operator's commands, the readers' clicks. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "store/ledger.h"
#include "store/reports.h"
#include "store/sqlite.h"
#include "store/sqlite_subscribers.h"
#include "subscribers/import.h"
#include "year/daemon_process.h"
#include "year/outbox.h"
#include "year/shared_clock.h"

namespace postrider::year {

constexpr int relays = 8;  // threads that send: so many mails may be in doubt after a crash

/// A folder in memory where there is one, since a year has some ten thousand commits; gone
/// afterwards.
class YearFolder {
 public:
  YearFolder();
  ~YearFolder();
  YearFolder(const YearFolder&) = delete;
  YearFolder& operator=(const YearFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class Newspaper {
 public:
  /// `told`: hears of each mail that comes out.
  explicit Newspaper(std::function<void(const Mail&)> told);

  Instant now() const { return clock_.now(); }
  void set_clock(Instant now) { clock_.set(now); }

  DaemonProcess& daemon() { return daemon_; }
  store::Database& database() { return *database_; }
  store::Ledger& ledger() { return ledger_; }

  /// The writer saves a file; from now on it is waited for until the daemon has read it.
  void write_draft(const std::string& slug, const std::string& text);
  void remove_draft(const std::string& slug);
  /// The same for an issue that is under way, and `issue amend` of it: the number of the new
  /// version; nothing: there is nothing left to amend, and the file is as it was.
  std::optional<int> amend(const std::string& slug, const std::string& text);
  /// A file of readers, imported as the command does it.
  subscribers::ImportSummary import(const std::string& list, const std::string& csv);
  /// As the command does it.
  void add(const std::string& email, const std::string& key, const std::string& list);
  ListId list(const std::string& key);
  SubscriberId subscriber(const std::string& email);
  /// A report comes back: the reader whose way out that is has no mailbox any more.
  store::Filed report(const std::string& email, const std::string& way_out);

  /// Reads the mails that have come out; waits so many ms at most. Whether there were any.
  bool collect(int most_wait = 0);
  /// Until the daemon has read what was written, and dealt the slots.
  void await_drafts();
  /// Until the daemon has nothing more to do at this time.
  void settle();
  /// Until this is so, or the daemon has nothing more to do.
  void settle_or(const std::function<bool()>& enough);

 private:
  void await(const std::function<bool()>& enough, const std::function<bool()>& at_rest);
  bool is_quiet();
  bool is_quiet_now();
  bool has_row(const char* sql);
  bool are_drafts_read();

  const YearFolder folder_;
  const config::Settings settings_;
  const std::function<void(const Mail&)> told_;
  SharedClock clock_;
  std::unique_ptr<store::Database> database_;
  store::Ledger ledger_;
  store::SqliteSubscribers subscribers_;
  Outbox outbox_;
  DaemonProcess daemon_;
  std::map<std::string, std::string> unread_;  // drafts, and the hash that they had
  int files_ = 0;
};

}  // namespace postrider::year
