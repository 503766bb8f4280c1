#include "store/erasure.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "store/erased.h"
#include "store/import_changes.h"
#include "store/ledger.h"
#include "store/reader_hand.h"
#include "store/suppressions.h"
#include "store/traces.h"

namespace postrider::store {

namespace {

bool is_word(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// The text with each `what` (in lower case) replaced. `words`: only where it is a whole word.
std::string without(const std::string& text, std::string_view what, bool words) {
  const auto lower = to_lower(text);
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; (at = lower.find(what, at)) != std::string::npos;) {
    const auto end = at + what.size();
    const bool whole =
        (at == 0 || !is_word(lower[at - 1])) && (end == lower.size() || !is_word(lower[end]));
    if (whole || !words) {
      out.append(text, done, at - done).append(erased_text);
      done = end;
    }
    at = end;
  }
  return out.append(text, done);
}

class Eraser {
 public:
  Eraser(Database& database, std::string canonical)
      : database_(database),
        canonical_(std::move(canonical)),
        email_(mail::address_of(canonical_)),
        local_(email_.substr(0, email_.rfind('@'))) {}

  /// What has to do with the row of a subscriber, and that itself.
  void forget(SubscriberId subscriber, Instant now) {
    Ledger(database_).call_off(subscriber, {}, now);
    // Of a delivery on the wire the outcome comes later: store/sqlite_queue.cpp looks for the row.
    run("UPDATE attempts SET reply = '(erased)' WHERE subscriber_id = ? AND issue_id IN "
        "(SELECT id FROM issues UNION ALL SELECT 0)",
        subscriber);
    run("UPDATE events SET detail = '', subscriber_id = NULL WHERE subscriber_id = ?", subscriber);
    forget_changes(database_, subscriber);
    forget_words(subscriber);
    run("DELETE FROM notices WHERE subscriber_id = ?", subscriber);
    run("DELETE FROM sign_ups WHERE subscriber_id = ?", subscriber);
    run("UPDATE bounces SET subscriber_id = NULL, domain_id = NULL, recipient = '', text = '', "
        "left_lists = '[]' "
        "WHERE subscriber_id = ?",
        subscriber);
    run("DELETE FROM subscriptions WHERE subscriber_id = ?", subscriber);
    run("UPDATE evidence SET detail = '{}', subscriber_id = NULL WHERE subscriber_id = ?",
        subscriber);
    run("DELETE FROM subscribers WHERE id = ?", subscriber);
  }

  /// What names the address without belonging to a row of it.
  void forget_mentions() {
    forget_suppression(database_, canonical_);
    forget_notices();
    forget_domain();
    for (const auto& [select, update, servers_words] : mentions)
      mend(select, update, servers_words);
  }

 private:
  /// Texts of which few rows can name a reader, each with its key. Servers name them in their own
  /// spellings: of their words the local part alone goes, too.
  struct Mention {
    std::string_view select, update;
    bool servers_words;
  };
  static constexpr Mention mentions[] = {
      {"SELECT id, detail FROM events INDEXED BY events_of_nobody WHERE subscriber_id IS NULL AND "
       "detail <> '' AND kind <> "
       "'issue.paused'",
       "UPDATE events SET detail = ? WHERE id = ?", false},
      {"SELECT id, detail FROM events INDEXED BY events_of_nobody WHERE subscriber_id IS NULL AND "
       "detail <> '' AND kind = "
       "'issue.paused'",
       "UPDATE events SET detail = ? WHERE id = ?", true},
      {"SELECT id, note FROM issues WHERE note <> ''", "UPDATE issues SET note = ? WHERE id = ?",
       true},
      {"SELECT id, segment FROM issues WHERE segment <> '' AND started_at IS NOT NULL",
       "UPDATE issues SET segment = ? WHERE id = ?", false},
      {"SELECT id, line FROM operator_mails", "UPDATE operator_mails SET line = ? WHERE id = ?",
       true},
      {"SELECT name, reason FROM pauses", "UPDATE pauses SET reason = ? WHERE name = ?", true},
      {"SELECT id, source FROM imports", "UPDATE imports SET source = ? WHERE id = ?", false},
      {"SELECT e.id, e.detail FROM imports m JOIN evidence e ON e.id = m.evidence_id",
       "UPDATE evidence SET detail = ? WHERE id = ?", false}};

  void run(std::string_view sql, SubscriberId subscriber) {
    database_.prepare(sql).bind(subscriber.value).run();
  }

  /// What the reader wrote, to whomever it is to be sent on.
  void forget_words(SubscriberId subscriber) {
    run("DELETE FROM notices WHERE report_id IN (SELECT report_id FROM bounces "
        "WHERE subscriber_id = ? AND report_id IS NOT NULL) AND report_id IS NOT NULL",
        subscriber);
    run("UPDATE reports SET message = NULL WHERE id IN (SELECT report_id FROM bounces "
        "WHERE subscriber_id = ?1 UNION ALL SELECT report_id FROM notices "
        "WHERE subscriber_id = ?1)",
        subscriber);
  }

  void mend(std::string_view select, std::string_view update, bool servers_words) {
    std::vector<std::pair<std::string, std::string>> changed;
    {
      auto query = database_.prepare(select);
      while (query.step()) {
        const auto text = query.text(1);
        auto mended = without(text, email_, false);
        if (servers_words) mended = without(mended, local_, true);
        if (mended != text) changed.emplace_back(query.text(0), std::move(mended));
      }
    }
    for (const auto& [key, text] : changed) database_.prepare(update).bind(text).bind(key).run();
  }

  /// Those to the address, whoever had it or signed up with it. What is on its way to the operator
  /// goes on: that the operator was a reader, too, is what is erased.
  void forget_notices() {
    constexpr std::string_view to_it =
        "FROM notices WHERE address = ? COLLATE NOCASE AND address IS NOT NULL "
        "AND (kind NOT IN ('operator_mail', 'preview') OR due IS NULL) ";
    const auto run_for = [this, to_it](std::string_view before, std::string_view after) {
      const auto sql = std::string(before) + std::string(to_it) + std::string(after);
      database_.prepare(sql).bind(email_).run();
    };
    run_for(
        "UPDATE attempts SET reply = '(erased)' WHERE (issue_id, subscriber_id, notice) IN "
        "(SELECT coalesce(issue_id, 0), coalesce(subscriber_id, 0), id ",
        ")");
    run_for("DELETE ", "");
  }

  /// A domain that nobody else has names a person as well.
  void forget_domain() {
    const auto domain = canonical_.substr(0, canonical_.find(' '));
    auto others = database_.prepare(
        "SELECT 1 FROM subscribers WHERE canonical > ?1 || ' ' AND canonical < ?1 || '!' LIMIT 1");
    if (others.bind(domain).step()) return;
    database_.prepare("UPDATE domains SET name = 'erased ' || id WHERE name = ?")
        .bind(domain)
        .run();
    database_.prepare("DELETE FROM breakers WHERE domain = ?").bind(domain).run();
  }

  Database& database_;
  const std::string canonical_, email_, local_;  // in lower case
};

/// What the reader had before a change of address, canonical, unless it is another's by now.
std::vector<std::string> former_addresses(Database& database, SubscriberId subscriber) {
  std::vector<std::string> former;
  auto query = database.prepare(
      "SELECT detail FROM events WHERE subscriber_id = ? AND kind = 'subscriber.address_changed'");
  query.bind(subscriber.value);
  while (query.step()) {
    const auto detail = query.view(0);
    const auto address =
        mail::parse_address(detail.substr(std::min(address_was.size(), detail.size())));
    if (!address) continue;
    auto canonical = address->canonical();
    auto owner = database.prepare("SELECT 1 FROM subscribers WHERE canonical = ?");
    if (!owner.bind(canonical).step()) former.push_back(std::move(canonical));
  }
  return former;
}

std::optional<SubscriberId> find_subscriber(Database& database, const std::string& canonical) {
  auto query = database.prepare("SELECT id FROM subscribers WHERE canonical = ?");
  return query.bind(canonical).step() ? std::optional(SubscriberId{query.integer(0)})
                                      : std::nullopt;
}

/// The address and those before it, canonical.
std::vector<std::string> addresses_of(Database& database, const std::string& canonical) {
  std::vector<std::string> all;
  if (const auto subscriber = find_subscriber(database, canonical))
    all = former_addresses(database, *subscriber);
  all.push_back(canonical);
  return all;
}

std::vector<std::string> emails_of(const std::vector<std::string>& canonicals) {
  std::vector<std::string> emails;
  for (const auto& canonical : canonicals) emails.push_back(mail::address_of(canonical));
  return emails;
}

}  // namespace

KeptMentions look_ahead(Database& database, const mail::Address& address,
                        const std::stop_token& stop) {
  KeptMentions found{emails_of(addresses_of(database, address.canonical()))};
  find_kept_mentions(database, found, stop);
  return found;
}

Erasure erase(Database& database, const Fingerprints& keys, const mail::Address& address,
              const std::string& actor, Instant now, KeptMentions kept) {
  const auto canonical = address.canonical();
  Erasure erasure;
  database.transact([&] {
    ErasedAddresses erased(database, keys);
    erasure = {false, erased.knows(canonical)};
    const auto subscriber = find_subscriber(database, canonical);
    const auto all = addresses_of(database, canonical);
    if (const auto emails = emails_of(all); kept.emails != emails) kept = {emails};
    find_kept_mentions(database, kept);
    forget_kept_mentions(database, kept);
    if (subscriber) Eraser(database, canonical).forget(*subscriber, now);
    for (const auto& one : all) {
      Eraser(database, one).forget_mentions();
      erased.remember(one, now);
    }
    erasure.subscriber = subscriber.has_value();
    note_traces(database);
    Ledger(database).note_event("subscriber.erased", "", actor, now);
  });
  return erasure;
}

bool erase(Database& database, const Fingerprints& keys, SubscriberId subscriber,
           const std::string& actor, Instant now, const KeptMentions& kept) {
  bool erased = false;
  database.transact([&] {
    std::string email;
    {
      auto query = database.prepare("SELECT email FROM subscribers WHERE id = ?");
      if (!query.bind(subscriber.value).step()) return;
      email = query.text(0);
    }
    const auto address = mail::parse_address(email);
    erased = address && erase(database, keys, *address, actor, now, kept).subscriber;
  });
  return erased;
}

}  // namespace postrider::store
