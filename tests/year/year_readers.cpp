// Readers come, go and change, by all doors there are.
#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "mail/address.h"
#include "subscribers/suppression.h"
#include "year/year.h"

namespace postrider::year {

namespace {

std::string row(const Reader& reader) {
  return reader.email + "," + reader.key + "," + reader.zone + "\n";
}

constexpr const char* header = "email,key,time zone\n";

}  // namespace

/// All read the first list, half of them the second, and an eighth the third.
void Year::begin_list(std::size_t readers) {
  while (readers_.size() < readers) readers_.make();
  for (std::size_t list = 0, each = 1; list < lists().size(); ++list, each = list == 1 ? 2 : 8) {
    std::string csv = header;
    for (std::size_t reader = 0; reader < readers; reader += each) {
      csv += row(readers_.at(reader));
      readers_.join(reader, list);
    }
    paper_.import(lists()[list].key, csv);
  }
}

/// Nobody knows whether a change comes before an issue's start or after it, unless it has started.
bool Year::may_readers_change() {
  if (paper_.daemon().runs()) paper_.settle_or([this] { return books_.have_all_started(); });
  return true;
}

void Year::some_leave(int count) {
  may_readers_change();
  for (int i = 0; i < count; ++i) leave(some_reader());
  readers_changed();
}

void Year::leave(std::size_t number) {
  auto& reader = readers_.at(number);
  const auto list = static_cast<std::size_t>(pick(list_count));
  const auto now = paper_.now();
  if (!reader.gets(list)) return;
  const bool by_link = paper_.daemon().runs() && !reader.way_out[list].empty() && !one_in(3);
  if (by_link) {
    ++events_["left by link"];
    const auto status = paper_.daemon().post(reader.way_out[list], "List-Unsubscribe=One-Click");
    if (status != 200) books_.blame(reader.email + ": cannot leave: " + std::to_string(status));
    reader.standing[list] = Standing::left;
  } else if (one_in(5)) {
    ++events_["suppressed"];
    paper_.ledger().suppress(*mail::parse_address(reader.email),
                             subscribers::SuppressionReason::asked, "operator", now);
    reader.suppressed = true;
  } else {
    ++events_["left by command"];
    paper_.ledger().unsubscribe(paper_.subscriber(reader.email), paper_.list(lists()[list].key),
                                "operator", "subscriber unsubscribe", now);
    reader.standing[list] = Standing::left;
  }
  books_.note_leaving(number, reader.suppressed ? std::nullopt : std::optional(list));
}

void Year::some_join(int count) {
  may_readers_change();
  for (int i = 0; i < count; ++i) {
    const auto number = one_in(2) ? readers_.make() : some_reader();
    const auto list = static_cast<std::size_t>(pick(list_count));
    const auto& reader = readers_.at(number);
    ++events_["added"];
    paper_.add(reader.email, reader.key, lists()[list].key);
    readers_.join(number, list);
  }
  readers_changed();
}

/// New readers, known ones, such as left or are suppressed, and a row that is none.
void Year::import() {
  may_readers_change();
  ++events_["import"];
  const auto list = static_cast<std::size_t>(pick(list_count));
  const auto rows = 3 + pick(static_cast<int>(readers_.size() / 50) + 1);
  const bool is_anything_open =
      std::any_of(books_.issues().begin(), books_.issues().end(),
                  [](const auto& issue) { return !issue.second.is_closed; });
  std::string csv = header;
  std::set<std::size_t> imported;
  for (int i = 0; i < rows; ++i) {
    const auto number = one_in(2) ? readers_.make() : some_reader();
    auto& reader = readers_.at(number);
    // Of a reader who left, nothing is taken; and what is on its way may have the old one.
    if (!is_anything_open && one_in(2) && reader.gets(list) && !imported.contains(number))
      reader.key += "x";
    imported.insert(number);
    csv += row(reader);
    readers_.join(number, list);
  }
  const auto summary = paper_.import(lists()[list].key, csv + "nobody,k,UTC\n");
  if (summary.read != rows + 1) books_.blame("an import has not read all of its rows");
  readers_changed();
}

/// The report of a mail of the last issue.
void Year::some_bounce() {
  if (last_.empty() || !paper_.daemon().runs()) return;
  const auto& issue = books_.of(last_);
  const auto number = some_reader();
  auto& reader = readers_.at(number);
  if (!issue.is_closed || number >= issue.places.size() || issue.places[number].copies == 0 ||
      !reader.gets(issue.list))
    return;
  ++events_["bounced"];
  if (paper_.report(reader.email, reader.way_out[issue.list]) != store::Filed::matched)
    books_.blame(reader.email + ": a report of its mail is not believed");
  reader.suppressed = true;
  books_.note_leaving(number, std::nullopt);
}

}  // namespace postrider::year
