// A platform's lists, as a table: by which columns they are known, what each column means, and
// what its words for a reader's state are. One .cpp a platform. Immutable; any thread.
//
// Names of columns are compared without case, and `_` counts as a blank: "OPTIN_TIME" is
// "optin time". A column that stands in no table becomes an attribute of its own spelling.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "subscribers/formats/format.h"
#include "subscribers/subscriber.h"

namespace postrider::subscribers {

/// What a column says about a reader. Of several columns for one of the first group the table's
/// first one counts and the others become attributes; all of the second group are heard.
enum class Meaning : std::uint8_t {
  email,
  name,
  first_name,
  last_name,
  language,
  time_zone,
  tags,
  joined_at,
  opted_in_at,
  opted_in_from,
  confirmed_at,
  confirmed_from,

  status,        // one of the platform's words
  state,         // the same where it is one of them, else an attribute: "CA"
  subscribed,    // no: unsubscribed; yes or a date says nothing more than that
  confirmed,     // no: pending; yes or a date
  unsubscribed,  // yes or a date
  unsubscribe,   // the same, else an attribute: a link
  bounced,       // yes or a date
  complained,    // yes or a date
  agreed,        // no: unsubscribed; else how of the consent
  wanted,        // no: unsubscribed; an attribute beside that
  plan,          // the same, but "cancelled" may be said of a paid one
  how,           // of the consent
  where,         // of the consent
  json,          // a JSON object: an attribute for each key
  python,        // the same as Python writes it
  record,        // these are of Postrider's own export (own_record.h)
  list,
  suppressed,
  left_all,
  since,
  consent,  // as it is kept here
  pause,
  erased_key,
  erased_hash,
  attribute,
  left_out,
};

/// The detail of columns that may have nothing to do with mails.
inline constexpr std::string_view rename_it = "rename it if it is about something else";

struct Rule {
  std::string_view column;  // simplified: lower case, blanks for _
  Meaning meaning;
  std::string_view detail = {};  // left_out: why; else what to know of it
};

/// A column that tells of every row of its file, whatever stands in it.
struct WholeFile {
  std::string_view column;
  Standing standing;
};

struct Platform {
  Format format = Format::csv;
  std::string_view title = "CSV";                       // for people: "Ghost"
  std::vector<std::vector<std::string_view>> known_by;  // all columns of any one of these
  std::vector<Rule> rules = {};
  std::vector<std::pair<std::string_view, Standing>> words = {};  // of `status`, in lower case
  std::string_view tag_separators = ",";
  std::vector<WholeFile> whole_file = {};
  std::string_view deleted_suffix = {};  // of addresses whose owner asked to be deleted
};

/// Never for Format::automatic.
const Platform& platform(Format format);

/// "OPTIN_TIME " → "optin time".
std::string simplified(std::string_view column);

/// "isOpted-In? " → "isoptedin": what is left of a name or a word without case, blanks and signs.
std::string bare(std::string_view text);

// One a file.
const Platform& csv_platform();
const Platform& substack_platform();
const Platform& mailchimp_platform();
const Platform& ghost_platform();
const Platform& listmonk_platform();
const Platform& buttondown_platform();
const Platform& keila_platform();
const Platform& beehiiv_platform();
const Platform& postrider_platform();

/// All but csv.
const std::array<const Platform*, 8>& known_platforms();

}  // namespace postrider::subscribers
