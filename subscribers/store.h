// What the subscriber list asks of its storage. Implemented in store/sqlite_subscribers.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "subscribers/import.h"
#include "subscribers/subscriber.h"

namespace postrider::subscribers {

/// Who did it: "operator", "reader", "import 3", "daemon".
struct Actor {
  std::string name;
};

struct ListFilter {
  std::string list;                        // key; empty: all
  std::optional<SubscriptionState> state;  // on that list, or on any
};

class Store {
 public:
  virtual ~Store() = default;

  /// One entry, confirmed on the list (the operator vouches, and that is the evidence kept). Error:
  /// an invalid address, or one that would need SMTPUTF8.
  virtual Result<Added> add(const Entry& entry, std::string_view list, const Actor& actor,
                            Instant now) = 0;

  /// An import in transactions of some thousands of rows: `reading` is called once and hands over
  /// the rows (read_csv with a stream bound to it). `source` names the file in the evidence. Error:
  /// what `reading` says; nothing is changed then.
  virtual Result<ImportSummary> import(const Reading& reading, std::string_view list,
                                       std::string_view source, Instant now) = 0;

  virtual std::optional<Subscriber> find(std::string_view email) = 0;
  virtual std::optional<Subscriber> find(const Uid& uid) = 0;

  /// In the order of their addresses; by keyset pages, so that nobody waits.
  virtual void each(const ListFilter& filter,
                    const std::function<void(const Subscriber&)>& visit) = 0;

  /// The names of all attributes that any subscriber has.
  virtual std::set<std::string> attribute_names() = 0;
};

}  // namespace postrider::subscribers
