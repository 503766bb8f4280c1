// Notices as the ledger keeps them: whoever has something to say to one reader makes one here, in
// the transaction of what it is about; the daemon sends it as soon as that is on disk. Belongs to
// the thread of its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "mail/address.h"
#include "queue/delivery.h"
#include "queue/notice.h"
#include "queue/store.h"
#include "store/sqlite.h"

namespace postrider::store {

struct NoticeOrder {
  queue::NoticeKind kind;
  std::optional<IssueId> issue = {};
  std::optional<SubscriberId> subscriber = {};  // nothing: `address` is that of nobody on the list
  std::optional<ListId> list = {};              // nothing: none, or several
  std::optional<mail::Address> address = {};    // nothing: the subscriber's when it is sent
  std::string language = {};                    // a BCP 47 tag; empty: the subscriber's
  std::string detail = "{}";                    // JSON, as the kind's composer wants it
  std::optional<std::int64_t> report = {};      // that it answers; nothing: none
  bool may_wait = false;                        // behind those that somebody waits for
};

/// What the holder of a notice's token may find of it.
struct NoticeRow {
  std::int64_t id;
  queue::NoticeKind kind;
  std::optional<SubscriberId> subscriber;
  std::string address;  // empty: the subscriber's
  std::string detail;
  Instant at;  // made then
};

/// One notice for people.
struct NoticeStory {
  queue::NoticeKind kind;
  std::string to;  // its address
  Instant at;
  queue::DeliveryState state = queue::DeliveryState::queued;
  std::optional<Instant> due;
  std::vector<queue::Attempt> attempts;
};

/// Of those to readers.
struct NoticeSums {
  std::int64_t waiting = 0;  // due by now, or after a try
  std::int64_t later = 0;    // due later, and not tried yet
  std::int64_t failed = 0;   // failed or bounced within a day
};

class Notices {
 public:
  explicit Notices(Database& database) : database_(database) {}

  /// Returns its random id: the context of the tokens that its mail carries. `due`: not before;
  /// nothing: at once.
  std::uint64_t make(const NoticeOrder& order, Instant now, std::optional<Instant> due = {});

  std::optional<NoticeRow> find(std::uint64_t uid);

  /// Those outside issues, oldest first.
  std::vector<NoticeStory> of(SubscriberId subscriber);
  NoticeSums sums(Instant now);

 private:
  Database& database_;
};

}  // namespace postrider::store
