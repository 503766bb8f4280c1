// The subscriber list in SQLite. Belongs to the thread of its Database.
#pragma once

#include "store/subscriber_writer.h"
#include "subscribers/store.h"

namespace postrider::store {

class SqliteSubscribers final : public subscribers::Store {
 public:
  /// `keys`: with them `add` and `import` leave out who was erased.
  explicit SqliteSubscribers(Database& database, ErasedKeys keys = {})
      : database_(database), keys_(std::move(keys)) {}

  Result<subscribers::Added> add(const subscribers::Entry& entry, std::string_view list,
                                 const subscribers::Actor& actor, Instant now) override;
  Result<subscribers::ImportSummary> import(const subscribers::Reading& reading,
                                            const subscribers::ImportOrder& order,
                                            Instant now) override;
  std::vector<subscribers::ImportRecord> imports() override;
  Result<subscribers::UndoSummary> undo(std::int64_t import, const subscribers::Actor& actor,
                                        Instant now,
                                        const subscribers::UndoOrder& order = {}) override;
  std::optional<subscribers::Subscriber> find(std::string_view email) override;
  std::optional<subscribers::Subscriber> find(const Uid& uid) override;
  std::int64_t count(const subscribers::ListFilter& filter) override;
  void each(const subscribers::ListFilter& filter,
            const std::function<void(const subscribers::Subscriber&)>& visit) override;
  std::set<std::string> attribute_names() override;

 private:
  Database& database_;
  const ErasedKeys keys_;
};

}  // namespace postrider::store
