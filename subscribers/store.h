// What the subscriber list asks of its storage. Implemented in store/sqlite_subscribers.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/import.h"
#include "subscribers/segment.h"
#include "subscribers/subscriber.h"

namespace postrider::subscribers {

/// Who did it: "operator", "reader", "import 3", "daemon".
struct Actor {
  std::string name;
};

/// Who of all subscribers is meant: those of whom all of it is true.
struct ListFilter {
  std::string list;                             // have to do with this list (key); empty: any
  std::optional<SubscriptionState> state;       // on that list, or on any
  bool suppressed = false;                      // only these
  std::optional<Instant> paused_at = {};        // only who is paused at that time
  std::optional<segment::Node> condition = {};  // `joined` in it is of that list, or of any
};

class Store {
 public:
  virtual ~Store() = default;

  /// One entry, confirmed on the list (the operator vouches, and that is the evidence kept), or
  /// asked by a mail where its standing is pending. Error: an invalid address, or one that would
  /// need SMTPUTF8.
  virtual Result<Added> add(const Entry& entry, std::string_view list, const Actor& actor,
                            Instant now) = 0;

  /// An import: `reading` is called once and hands over the rows, which are written in the order of
  /// their addresses, in transactions that take some milliseconds each. Of several rows with one
  /// address the first counts, but for one that says of its reader to have left. Error: what
  /// `reading` says; nothing is changed then. Where it is cut off, what was written is a part of an
  /// import like any other: to go on, import the file again.
  virtual Result<ImportSummary> import(const Reading& reading, const ImportOrder& order,
                                       Instant now) = 0;

  /// The newest first.
  virtual std::vector<ImportRecord> imports() = 0;

  /// Takes an import back: whom it brought is gone, whom it changed is as before, but for those
  /// that someone else has changed since, and for rows that the ledger of an issue sent meanwhile
  /// needs. In steps as an import's. Error: no such import, or undone already.
  virtual Result<UndoSummary> undo(std::int64_t import, const Actor& actor, Instant now,
                                   const UndoOrder& order = {}) = 0;

  virtual std::optional<Subscriber> find(std::string_view email) = 0;
  virtual std::optional<Subscriber> find(const Uid& uid) = 0;

  /// Exact, as of one moment.
  virtual std::int64_t count(const ListFilter& filter) = 0;
  /// In the order of their addresses; by keyset pages, so that nobody waits and memory stays flat.
  virtual void each(const ListFilter& filter,
                    const std::function<void(const Subscriber&)>& visit) = 0;

  /// The names of all attributes that any subscriber has.
  virtual std::set<std::string> attribute_names() = 0;
};

}  // namespace postrider::subscribers
