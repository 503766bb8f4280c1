#include "subscribers/formats/own_record.h"

#include <charconv>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

std::string quoted(std::string_view value) { return "\"" + printable(cut_utf8(value, 100)) + "\""; }

std::optional<Finding> settle_erased(const OwnRecord& record, Entry& entry) {
  entry.erased = parse_fingerprint(record.erased_key, record.erased_hash);
  if (entry.erased) return {};
  return Finding{"unusable hash",
                 "has no hash of an erased address, or not the number of its key, "
                 "as the export wrote them"};
}

std::optional<Finding> settle_suppressed(const OwnRecord& record, Entry& entry) {
  if (record.suppressed.empty()) return {};
  entry.suppressed = parse_suppression_reason(to_lower(record.suppressed));
  if (entry.suppressed && entry.suppressed != SuppressionReason::erased) return {};
  return Finding{"unknown status", "suppressed " + quoted(record.suppressed) +
                                       " is no reason that is known; known are: bounced, "
                                       "complained, asked"};
}

}  // namespace

std::optional<Finding> settle(const OwnRecord& record, std::string_view list, Entry& entry) {
  if (record.kind == "erased") return settle_erased(record, entry);
  if (auto finding = settle_suppressed(record, entry)) return finding;
  const bool is_reader = record.kind.empty() || record.kind == "subscriber";
  if (!is_reader && record.kind != "suppression")
    return Finding{"unknown record", "record " + quoted(record.kind) +
                                         " is none of subscriber, suppression and erased"};
  const bool on_list = list.empty() || record.list == list;
  // Who left all lists has left this one, too.
  const bool left_all = is_reader && !on_list && !record.left_all.empty();
  if (left_all) entry.standing = Standing::unsubscribed;
  const bool here = on_list || left_all;
  entry.is_reader = is_reader && here;
  // A suppression is not of one list.
  if (!entry.is_reader && entry.suppressed) {
    entry.standing.reset();
    return {};
  }
  if (!is_reader) return Finding{"unknown status", "a suppression has no reason"};
  if (!here)
    return Finding{"not on the list", record.list.empty()
                                          ? "is on no list"
                                          : "is on " + quoted(record.list) + ", not on " +
                                                quoted(list) + "; import it there with --list"};
  if (!entry.standing)
    return Finding{"unknown status",
                   "state does not say how the reader stands; known are: "
                   "pending, confirmed, unsubscribed"};
  return {};
}

std::optional<Fingerprint> parse_fingerprint(std::string_view key, std::string_view hash) {
  Fingerprint print;
  const auto* const begin = key.data();
  const auto* const end = begin + key.size();
  if (key.size() != 16 || std::from_chars(begin, end, print.key, 16).ptr != end) return {};
  if (hash.size() != 2 * print.hash.size()) return {};
  for (std::size_t i = 0; i < print.hash.size(); ++i) {
    const auto* const first = hash.data() + 2 * i;
    if (std::from_chars(first, first + 2, print.hash[i], 16).ptr != first + 2) return {};
  }
  return print;
}

}  // namespace postrider::subscribers
