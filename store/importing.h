// One import: rows sorted by address first, then written in steps of some milliseconds, so that no
// other writer waits, each in the order of the index. Belongs to the thread of its Database.
#pragma once

#include <optional>
#include <vector>

#include "store/import_lock.h"
#include "store/step_size.h"
#include "store/subscriber_writer.h"
#include "subscribers/import.h"
#include "subscribers/sorted_rows.h"
#include "subscribers/staged_entry.h"

namespace postrider::store {

class Importing {
 public:
  Importing(Database& database, const subscribers::ImportOrder& order, Instant now,
            ErasedKeys keys);

  /// As of subscribers::Store::import.
  Result<subscribers::ImportSummary> run(const subscribers::Reading& reading);

 private:
  struct Row {
    std::string canonical;
    subscribers::StagedEntry staged;
  };

  void look_for_keys() const;
  void count_row();
  void stage(subscribers::Entry entry, std::int64_t row, std::int64_t line);
  void begin();
  void write_all();
  void take(std::string_view canonical, subscribers::StagedEntry staged);
  void settle_duplicates();
  void write_step();
  void carry_out(const Row& row);
  void remember_erased(const Row& row);
  void bear_out(const Row& row, const KnownReader& known);
  void ask(std::int64_t subscriber);
  void note_change(const Row& row, const KnownReader& before, const subscribers::Decision& decision,
                   std::int64_t subscriber);
  void show_change(const Row& row, const KnownReader& before,
                   const subscribers::Decision& decision);
  void write_summary();
  void finish();
  void skip(subscribers::SkippedRow row);
  void tell(bool reading, std::int64_t rows);

  Database& database_;
  const ErasedKeys keys_;
  const subscribers::ImportOrder& order_;
  const Instant now_;
  const ListRow list_;
  subscribers::SortedRows rows_;
  subscribers::ImportSummary summary_;
  std::int64_t evidence_ = 0;
  std::unique_ptr<SubscriberWriter> writer_;
  std::vector<Row> same_;   // rows of one address
  std::vector<Row> batch_;  // of the next step
  std::optional<ImportLock> lock_;
  const int most_frames_;  // of the log
  StepSize size_;
  std::int64_t done_ = 0;
  Instant first_question_{};
  std::int64_t questions_ = 0;  // asked so far
};

/// How far the log may grow before it is copied back between steps: the less often, the fewer
/// syncs; but on a small disk it must leave room.
int most_frames_in(const std::filesystem::path& folder);

/// As of subscribers::Store.
std::vector<subscribers::ImportRecord> imports(Database& database);
Result<subscribers::UndoSummary> undo_import(Database& database, std::int64_t import,
                                             std::string_view actor, Instant now,
                                             const subscribers::UndoOrder& order);

}  // namespace postrider::store
