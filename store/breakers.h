// Where so many mailboxes are gone at once that it is hardly true: of a domain, or of an issue.
// Nobody is suppressed there for that before the operator decides. Belongs to the thread of its
// Database; call it inside a transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "mail/address.h"
#include "store/sqlite.h"

namespace postrider::store {

struct Breaker {
  std::string domain;  // empty: of an issue
  std::string issue;   // its slug; empty: of a domain
  Instant at;
  std::string reason;
  std::int64_t withheld = 0;  // addresses

  /// What `bounce release` takes.
  const std::string& name() const { return domain.empty() ? issue : domain; }
};

/// Whose mail came back.
struct BouncedReader {
  SubscriberId id;
  mail::Address address;
  std::string domain;
  std::int64_t domain_id = 0;
};

/// Nothing: erased.
std::optional<BouncedReader> find_bounced(Database& database, SubscriberId subscriber);

class Breakers {
 public:
  explicit Breakers(Database& database) : database_(database) {}

  /// Suppresses a reader whose mails fail, unless that is withheld. The effect (store/bounces.h).
  unsigned suppress(const BouncedReader& reader, IssueId issue, const std::string& actor,
                    Instant now);

  /// A reader of that domain was reported gone: many of one within a day are rather a fault of the
  /// domain than so many who have moved.
  void watch(const BouncedReader& reader, Instant now);

  /// From now on nobody is suppressed for a failure of this issue, and who was is not any more.
  void hold(IssueId issue, const std::string& reason, Instant now);
  /// How many who are gone have been decided on and do not count again; nothing: the issue is held,
  /// or its failures are believed.
  std::optional<std::int64_t> forgiven(IssueId issue);

  std::vector<Breaker> held();
  std::optional<Breaker> held(IssueId issue);

  /// The operator's decision about an issue that was held.
  struct Decision {
    Instant held_at, at;
    std::string reason;  // why it was held
    bool suppressed = false;
  };
  /// Nothing: it was never held, or is not decided yet.
  std::optional<Decision> decision(IssueId issue);

  struct Released {
    Breaker breaker;
    std::int64_t readers = 0;
  };
  /// Lifts that of the domain or, where there is none, of the issue with that slug. `suppress`:
  /// does what was withheld, else those readers are mailed on. Nothing: there is none.
  std::optional<Released> release(std::string_view name, bool suppress, Instant now);

 private:
  struct Row;
  std::optional<std::string> holder(const std::string& domain, IssueId issue);
  static std::vector<Row> rows_of(Statement& query);
  void withhold(const std::vector<Row>& rows, const std::string& name, Instant now);
  std::int64_t decide(const std::vector<Row>& rows, const std::string& name, bool suppress,
                      Instant now);
  std::int64_t release_domain(const std::string& domain, bool suppress, Instant now);
  std::int64_t release_issue(const std::string& slug, bool suppress, Instant now);

  Database& database_;
};

}  // namespace postrider::store
