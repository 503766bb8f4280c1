// What becomes of an issue that is found to be wrong: a new version of its content for those who
// have not been served yet, and an erratum for those who have. Belongs to the thread of its
// Database.
//
// A delivery has the version whose mail began last, written with `sending` (store/sqlite_queue.h);
// a claim composed of an older one than the newest cannot begin any more. So no mail of an older
// version begins once `amend` has returned.
//
// An erratum is an issue: with sums, excluded readers, pause, cancel and retry. Its readers are
// gathered from the deliveries of the issue that it corrects, some thousand a transaction, while it
// is being sent already: who leaves meanwhile is cancelled as of any issue. It is not sent before
// all are gathered; should that be cut off, the daemon goes on with it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "queue/issue.h"
#include "store/ledger.h"
#include "store/sqlite.h"

namespace postrider::store {

/// A version of an issue's content, with the deliveries whose mail of it was the last to begin.
struct IssueVersion {
  int version = 0;  // 0: of those with none yet
  std::optional<Instant> frozen_at;
  std::string subject;
  queue::IssueSums readers;
};

/// What an issue's content is to be from now on.
struct Amendment {
  int based_on = 0;  // the newest version when it was made
  FrozenIssue content;
  std::string source_hash;
};

struct ErratumOrder {
  std::string corrects;  // a slug
  std::vector<int> versions;
  std::string slug;  // of its own
  std::string path;  // of its file
  std::string source_hash;
  FrozenIssue content;
  Duration undo_window{};
};

/// Whom an erratum goes to.
struct Affected {
  std::int64_t audience = 0;
  std::map<std::string, std::int64_t> excluded;  // who got it and gets no erratum: reason → readers
};

/// Deliveries that one transaction looks at.
constexpr std::int64_t corrected_at_once = 2000;

class Corrections {
 public:
  explicit Corrections(Database& database) : database_(database) {}

  /// Oldest first; without those that nobody has where there is nobody. Of the only one its readers
  /// are all.
  std::vector<IssueVersion> versions(const queue::Issue& issue);

  /// Why it cannot be amended, as it is now.
  Result<void> can_be_amended(const queue::Issue& issue) const;
  /// The number of the new version, which is the newest from then on. Error: it cannot be amended
  /// any more, or was amended by somebody else.
  Result<int> amend(std::string_view slug, const Amendment& amendment, const Actor& actor,
                    Instant now);

  /// What an erratum is about where nobody says it: the versions before the newest; the only one.
  static std::vector<int> faulty_versions(const queue::Issue& issue);
  /// Error: there is no such version, the issue still goes out with one of them, or mails of them
  /// are on the wire. `source_hash`: of the erratum's file.
  Result<void> can_be_corrected(const queue::Issue& issue, const std::vector<int>& versions,
                                std::string_view source_hash);
  Affected affected(const queue::Issue& issue, const std::vector<int>& versions, Instant now);
  /// A slug for the next erratum of an issue: "weekly-erratum-1".
  std::string free_slug(const queue::Issue& issue);
  /// Its row and content, live, with none of its readers yet. Error: as of can_be_corrected; the
  /// slug was taken.
  Result<IssueId> begin_erratum(const ErratumOrder& order, const Actor& actor, Instant now);
  /// A step of gathering its readers. True: there is more.
  bool gather_erratum(IssueId erratum, Instant now);
  /// One whose gathering was cut off, or is under way.
  std::optional<IssueId> erratum_in_part();

 private:
  struct Step;

  std::int64_t count(std::string_view sql, IssueId issue, const std::string& versions);
  std::optional<std::int64_t> end_of_step(IssueId issue, std::int64_t from);
  Step look(IssueId issue, IssueId erratum, const std::string& versions, std::int64_t from,
            std::int64_t to, Instant now);

  Database& database_;
};

}  // namespace postrider::store
