#include "store/maintenance.h"

#include <atomic>
#include <utility>

#include "base/octets.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/operator_mail.h"
#include "store/paced_writes.h"
#include "store/tidying.h"

namespace postrider::store {

namespace {

constexpr std::uintmax_t log_growth = 128ULL * 1024 * 1024;  // octets, that one look may cause

/// While it lives, long statements ask.
struct Asked {
  Asked(Database& of, std::function<bool()> go_on) : database(of) {
    database.ask(std::move(go_on));
  }
  ~Asked() { database.ask({}); }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;
  Database& database;
};

class MaintenanceRun {
 public:
  MaintenanceRun(Database& database, const MaintenanceOrder& order, const Clock& clock,
                 const MaintenanceProgress& progress)
      : database_(database), order_(order), clock_(clock), progress_(progress) {}

  Maintenance run() {
    look_through();
    if (done_.faults.empty() && order_.only_look) foresee();
    if (done_.faults.empty() && !order_.only_look && !done_.interrupted) tidy();
    return done_;
  }

 private:
  bool goes_on(std::string_view doing, std::int64_t part, std::int64_t whole) {
    if (!done_.interrupted && !progress_(doing, part, whole)) done_.interrupted = true;
    return !done_.interrupted;
  }

  void look_through() {
    Integrity integrity(database_);
    const auto tables = integrity.tables();
    const auto whole = static_cast<std::int64_t>(tables.size());
    for (const auto& table : tables) {
      if (!goes_on("checking", done_.tables, whole)) return;
      look_at(integrity, table, whole);
      ++done_.tables;
    }
  }

  /// While it reads, the log cannot begin anew.
  void look_at(Integrity& integrity, const std::string& table, std::int64_t whole) {
    const auto most = database_.size_of_log() + log_growth;
    const auto place = done_.tables;
    const Asked asked(database_, [this, most, place, whole] {
      return goes_on("checking", place, whole) && database_.size_of_log() < most;
    });
    try {
      auto fault = integrity.look_at(table);
      if (fault && goes_on("checking", place, whole)) done_.faults.push_back(std::move(*fault));
    } catch (const Interrupted&) {
      if (goes_on("checking", place, whole)) done_.unchecked.push_back(table);
    }
  }

  void foresee() {
    if (order_.fold_after > Duration::zero())
      done_.issues = static_cast<std::int64_t>(
          Folding(database_).due(clock_.now() - order_.fold_after).size());
    done_.freed = pages_to_give_back(database_) * size_of_page(database_);
  }

  void tidy() {
    database_.gather_commits();
    fold();
    give_back();
    database_.sync_commits();
    if (!done_.interrupted) done_.log_emptied = database_.empty_log();
  }

  void fold() {
    if (order_.fold_after <= Duration::zero()) return;
    Folding folding(database_);
    const auto before = clock_.now() - order_.fold_after;
    const auto due = folding.due(before);
    const auto whole = static_cast<std::int64_t>(due.size());
    for (const auto issue : due) {
      do {
        if (!goes_on("folding", done_.issues, whole)) return;
        database_.copy_back();
        database_.let_others_write();
      } while (folding.step(issue, before, clock_.now(), done_.folded));
      ++done_.issues;
    }
  }

  void give_back() {
    const auto size = size_of_page(database_);
    const auto whole = pages_to_give_back(database_);
    std::int64_t given = 0;
    while (goes_on("giving back", given, whole)) {
      const auto pages = give_pages_back(database_);
      if (pages == 0) break;
      given += pages;
      database_.copy_back();
      database_.let_others_write();
    }
    done_.freed = given * size;
  }

  Database& database_;
  const MaintenanceOrder order_;
  const Clock& clock_;
  const MaintenanceProgress& progress_;
  Maintenance done_;
};

void set_maintained(Database& database, Instant now) {
  database
      .prepare(
          "INSERT INTO meta VALUES ('maintained', ?) ON CONFLICT DO UPDATE SET value = "
          "excluded.value")
      .bind(now)
      .run();
}

}  // namespace

Maintenance maintain(Database& database, const MaintenanceOrder& order, const Clock& clock,
                     const MaintenanceProgress& progress) {
  static const std::atomic<bool> no_hurry{false};
  pace_writes(no_hurry);
  return MaintenanceRun(database, order, clock, progress).run();
}

void note_maintenance(Database& database, const Maintenance& done, std::string_view actor,
                      Instant now) {
  if (done.interrupted) return;
  database.transact([&] {
    Ledger ledger(database);
    if (done.faults.empty()) {
      ledger.note_event("maintenance.done", in_words(done), std::string(actor), now);
      set_maintained(database, now);
      return;
    }
    const auto what = in_words(done.faults.front());
    ledger.note_event("database.damaged", what, std::string(actor), now);
    OperatorMails(database).tell(OperatorEvent::database_damaged, "the database",
                                 "it is damaged: " + what + "; " + std::string(mend_damage), now);
  });
}

std::optional<Instant> maintained_at(Database& database) {
  auto query = database.prepare("SELECT value FROM meta WHERE key = 'maintained'");
  if (!query.step()) return {};
  return query.instant(0);
}

std::optional<Instant> maintenance_counts_from(Database& database) {
  if (const auto done = maintained_at(database)) return done;
  auto query = database.prepare("SELECT value FROM meta WHERE key = 'maintain_from'");
  if (!query.step()) return {};
  return query.instant(0);
}

void count_maintenance_from(Database& database, Instant now) {
  database.prepare("INSERT INTO meta VALUES ('maintain_from', ?) ON CONFLICT DO NOTHING")
      .bind(now)
      .run();
}

std::string in_words(const TableFault& fault) {
  return "table '" + fault.table + "': " + printable(fault.what) +
         (fault.more > 0 ? " (and " + with_thousands(fault.more) + " more)" : "");
}

std::string in_words(const Maintenance& done) {
  auto words =
      counted(done.tables - static_cast<std::int64_t>(done.unchecked.size()), "table") + " whole";
  if (!done.unchecked.empty()) words += ", not looked at: " + join(done.unchecked, ", ");
  words += ", " + counted(done.issues, "issue") + " folded";
  if (done.issues > 0)
    words += ": " + counted(done.folded.attempts, "attempt") + " and " +
             counted(done.folded.events, "event") + " gone";
  return words + ", " + megabytes(static_cast<std::uintmax_t>(done.freed)) + " given back";
}

}  // namespace postrider::store
