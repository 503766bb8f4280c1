#include "mail/failure_words.h"

#include <span>
#include <vector>

#include "mail/failure_patterns.h"
#include "mail/pattern_match.h"
#include "mail/status_code.h"

namespace postrider::mail {

namespace {

using enum Cause;

struct StatusMeaning {
  std::string_view detail;  // without the class; a subject alone stands for the rest of it
  Cause cause;
};

/// RFC 3463, RFC 7372, RFC 7505 and what Exchange Online adds. A status that is missing here, as
/// x.0.0, x.1.0, x.2.0, x.3.0, x.4.1 and x.5.0 are, says nothing.
constexpr StatusMeaning statuses[] = {
    {"1.1", unknown_mailbox},
    {"1.2", bad_domain},
    {"1.3", unknown_mailbox},
    {"1.4", server},
    {"1.6", moved},
    {"1.7", sender},
    {"1.8", sender},
    {"1.10", unknown_mailbox},  // RFC 7505 calls it a null MX, Exchange Online an unknown recipient
    {"2.1", disabled},
    {"2.2", full},
    {"2.3", size},
    {"2.4", server},
    {"3.1", server},
    {"3.2", server},
    {"3.3", content},
    {"3.4", size},
    {"3.5", server},
    {"4.2", network},
    {"4.3", network},
    {"4.4", bad_domain},
    {"4.5", rate},
    {"4.6", loop},
    {"4.7", expired},
    {"4.14", loop},
    {"4.310", bad_domain},
    {"4.312", network},
    {"4.316", network},
    {"5.1", protocol},
    {"5.2", protocol},
    {"5.3", rate},
    {"5.4", protocol},
    {"6", content},
    {"7.8", authentication},
    {"7.9", authentication},
    {"7.13", disabled},
    {"7.17", unknown_mailbox},
    {"7.18", bad_domain},
    {"7.20", authentication},
    {"7.21", authentication},
    {"7.22", authentication},
    {"7.23", authentication},
    {"7.24", authentication},
    {"7.25", reputation},
    {"7.26", authentication},
    {"7.27", authentication},
    {"7.28", reputation},
    {"7.29", authentication},
    {"7.30", authentication},
    {"7.32", authentication},
    {"7.509", authentication},
    {"7.515", authentication},
    {"7", policy},
};

const StatusMeaning* status_meaning(std::string_view status) {
  if (leading_status(status) != status || status.empty()) return nullptr;
  const auto detail = status.substr(2);
  for (const auto& one : statuses)
    if (detail == one.detail || (one.detail.size() == 1 && detail.starts_with(one.detail)))
      return &one;
  return nullptr;
}

bool dead(Cause cause) { return meaning(cause).kind == ReportKind::hard; }

/// A reply of the class 4 says nothing for good, whatever mailbox or domain it speaks of; nor does
/// a status of that class where there is no reply.
bool temporary(int code, std::string_view status) {
  return code != 0 ? code / 100 == 4 : status.starts_with('4');
}

FailureVerdict verdict(Cause cause, std::string_view rule) {
  const auto [reason, kind] = meaning(cause);
  return {kind, reason, rule};
}

FailureVerdict by_reply_code(int code) {
  switch (code) {
    case 551:
      return verdict(moved, "reply 551");
    case 552:
      return verdict(full, "reply 552");
    case 556:
      return verdict(no_mail_domain, "reply 556");
    case 421:
    case 450:
    case 451:
    case 452:
      return verdict(server, "reply 4xx");
    default:
      return verdict(unknown, "");
  }
}

std::vector<std::string_view> words_of(std::span<const FailurePattern> patterns) {
  std::vector<std::string_view> words;
  for (const auto& pattern : patterns) words.push_back(pattern.words);
  return words;
}

/// "a.example" is within "a.example", and so is "mail.a.example".
bool is_within(std::string_view domain, std::string_view wider) {
  if (!domain.ends_with(wider)) return wider.empty();
  return domain.size() == wider.size() || wider.empty() ||
         domain[domain.size() - wider.size() - 1] == '.';
}

const FailurePattern* first(const PatternIndex& index, std::span<const FailurePattern> patterns,
                            std::string_view text, std::string_view domain) {
  const auto counts = [&](std::size_t row) { return is_within(domain, patterns[row].domain); };
  const std::size_t row = index.first_in(text, counts);
  return row == PatternIndex::none ? nullptr : &patterns[row];
}

const FailurePattern* first_clear(std::string_view text, std::string_view domain) {
  static const PatternIndex index(words_of(clear_patterns()));
  return first(index, clear_patterns(), text, domain);
}

const FailurePattern* first_vague(std::string_view text, std::string_view domain) {
  static const PatternIndex index(words_of(vague_patterns()));
  return first(index, vague_patterns(), text, domain);
}

}  // namespace

FailureVerdict judge_failure(int code, std::string_view status, std::string_view text,
                             std::string_view domain) {
  StatusCode own;
  if (code == 0 && status.empty()) {
    own = find_status_code(text);
    code = own.code;
    status = own.status;
  }
  const auto words = folded_words(text, domain);
  const auto* said = status_meaning(status);
  const auto* clear = first_clear(words, domain);
  // what is wrong with the sender's address is told in the same words as of a recipient's
  const bool of_sender = said && said->cause == sender && clear && dead(clear->cause);
  if (clear && !of_sender) return verdict(clear->cause, clear->words);

  const bool passing = temporary(code, status);
  if (said && !(passing && dead(said->cause))) return verdict(said->cause, said->detail);
  if (const auto* pattern = first_vague(words, domain);
      pattern && !(passing && dead(pattern->cause)))
    return verdict(pattern->cause, pattern->words);
  return by_reply_code(code);
}

}  // namespace postrider::mail
