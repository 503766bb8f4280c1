// Keeps an eye on what is ready and has not started: what was approved and has changed is not
// approved any more, and reviewers are shown what is new. Belongs to the main thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/errands.h"
#include "store/approvals.h"
#include "store/sqlite.h"

namespace postrider::daemon {

class ReviewDesk {
 public:
  /// A theme may change without a draft or the ledger telling.
  static constexpr std::chrono::seconds look_every{30};

  /// `reading`: the main thread's. All references must outlive it.
  ReviewDesk(const config::Settings& settings, store::Database& reading, Errands errands,
             const Clock& clock);

  /// Cheap where nothing has changed.
  void tick();

 private:
  /// An issue and its draft, as they were seen together.
  struct Sight {
    IssueId issue;
    std::string source_hash;
    store::Covered covered;
  };
  struct Look {
    std::string row;             // what the ledger said
    std::optional<Sight> sight;  // nothing: its draft is being rewritten, or is faulty
    Instant at{};
  };
  /// What is to be done by the settings.
  struct Terms {
    config::Publication publication;

    bool is_news(store::Database& database, const Sight& sight) const;
    void settle(store::Database& database, const std::vector<Sight>& sights, Instant now) const;
    void settle_one(store::Database& database, const Sight& sight, Instant now) const;
  };

  std::vector<Sight> look_at_all(Instant now);
  std::optional<Sight> look_at(const queue::Issue& issue);
  bool is_news(const std::vector<Sight>& sights);

  const config::Settings& settings_;
  const Terms terms_;
  store::Database& reading_;
  const Errands errands_;
  const Clock& clock_;
  std::map<IssueId, Look> looks_;
  std::optional<std::int64_t> data_version_;
  std::optional<Instant> looked_at_;                            // when the last round of looks was
  bool is_unfinished_ = false;                                  // that round
  std::shared_ptr<bool> busy_ = std::make_shared<bool>(false);  // the main thread's
};

}  // namespace postrider::daemon
