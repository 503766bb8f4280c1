// Watches what issues stand on: relays, the mailbox, the database, the disk, the certificate; and
// whether issues move. What goes wrong for long enough, and what is well again, becomes an event
// and a mail to the operator. Belongs to the main thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/errands.h"
#include "daemon/postman.h"
#include "queue/relay.h"
#include "store/ledger.h"
#include "store/operator_mail.h"

namespace postrider::daemon {

/// How things stand at one moment.
struct Sights {
  std::vector<queue::RelayStatus> relays = {};  // by their names
  std::optional<PostmanStatus> mailbox = {};
  std::string trouble = {};                 // why nothing can be written; empty: all is well
  std::optional<std::uintmax_t> room = {};  // octets free beside the database
  std::optional<Instant> certificate_ends = {};
  bool is_unclaimed = false;  // nothing may be sent
};

class Watchman {
 public:
  /// References must outlive it.
  Watchman(store::Database& reading, Errands errands, const Clock& clock);

  /// Every few seconds.
  void look(const Sights& sights);

  static constexpr Duration patience = std::chrono::minutes(10);       // with relay and mailbox
  static constexpr Duration standstill = std::chrono::hours(1);        // of an issue
  static constexpr Duration absence = std::chrono::minutes(5);         // between two looks
  static constexpr std::uintmax_t little_room = 512ULL * 1024 * 1024;  // octets
  static constexpr Duration ends_soon = std::chrono::days(14);         // told again at 3 and at 0

 private:
  struct News {
    std::string kind, detail;
    store::OperatorEvent mail{};
    std::string about, line;
    std::optional<IssueId> issue = {};
  };
  /// After a suspend or a step of the clock nobody knows how long something has been bad.
  void begin_anew();
  enum class Turn { none, worse, better };
  /// What became of something that is bad, or not, after so much of it.
  Turn turn(const std::string& name, bool bad, Duration after);
  bool is_told(const std::string& name) const;
  void look_at_relays(const std::vector<queue::RelayStatus>& relays);
  void look_at_mailbox(const PostmanStatus& mailbox);
  void look_at_trouble(const std::string& trouble);
  void look_at_room(std::uintmax_t room);
  void look_at_certificate(Instant ends);
  void look_at_issues();
  void tell(News news);

  struct Condition {
    Instant since;  // bad
    bool told = false;
  };
  struct Progress {
    std::int64_t settled = 0;
    Instant since;
  };
  store::Database& reading_;
  const Errands errands_;
  const Clock& clock_;
  Instant now_{};
  std::map<std::string, Condition> bad_;
  std::map<std::string, Progress> progress_;  // of issues, by their slugs
  std::string trouble_;                       // the last one
};

}  // namespace postrider::daemon
