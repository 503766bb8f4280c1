#include "store/issue_watch.h"

#include "base/text.h"
#include "store/breakers.h"
#include "store/ledger.h"
#include "store/operator_mail.h"
#include "store/rates.h"

namespace postrider::store {

using mail::ReportKind;
using subscribers::Complaints;
using subscribers::IssueShares;
using subscribers::IssueVerdict;
using subscribers::judge_complaints;
using subscribers::judge_issue;

namespace {

/// The numbers are stored.
enum class Warning : std::uint8_t { complaint_aim = 0, complaint_limit = 1, faults = 2, gone = 3 };

class IssueWatch {
 public:
  IssueWatch(Database& database, IssueId issue, Instant now)
      : database_(database), issue_(issue), now_(now), returned_(rates_.of(issue)) {}

  void look() {
    look_at_hard();
    look_at_gone();
    look_at_faults();
    look_at_complaints();
  }

 private:
  void look_at_hard() {
    const auto forgiven = breakers_.forgiven(issue_);
    if (!forgiven) return;
    const auto shares = shares_of(ReportKind::hard, *forgiven);
    if (!shares || judge_issue(ReportKind::hard, *shares) != IssueVerdict::hold) return;
    const auto reason = in_words(*shares, "are reported gone");
    breakers_.hold(issue_, reason, now_);
    const auto slug = this->slug();
    const auto release = "`postrider bounce release " + slug;
    const auto advice = "; none of them is suppressed until you decide: " + release +
                        "` mails them on, " + release + " --suppress` suppresses them";
    const bool paused = pause("held: " + reason, advice);
    if (!paused) ledger_.note_event("bounces.held", reason, "daemon", now_, issue_);
    tell(OperatorEvent::breaker, reason + advice + (paused ? resume() : ""));
    is_first(Warning::gone);
  }

  /// Where nothing is held, as of a first issue, they are suppressed, and yet too many.
  void look_at_gone() {
    if (!returned_.are_many_gone() || !is_first(Warning::gone)) return;
    const auto gone = returned_.share(&Returned::hard);
    warn(OperatorEvent::gone_rate, "issue.gone_rate",
         with_thousands(gone.readers) + " readers of " + counted(gone.mails, "mail") +
             " are reported gone, " + percent(gone) +
             ", where 5 % are many and providers end contracts; look where these readers came "
             "from before the next issue");
  }

  void look_at_faults() {
    if (is_told(Warning::faults)) return;
    const auto shares = shares_of(ReportKind::policy, 0);
    if (!shares || judge_issue(ReportKind::policy, *shares) != IssueVerdict::pause) return;
    is_first(Warning::faults);
    const auto reason = in_words(*shares, "were refused for the mail itself or its sender");
    const auto advice =
        "; `postrider bounce list --issue " + slug() + "` shows what the servers say";
    if (pause(reason, advice))
      tell(OperatorEvent::issue_paused, reason + advice + resume());
    else
      warn(OperatorEvent::failure_rate, "issue.failure_rate", reason + advice);
  }

  void look_at_complaints() {
    const auto share = returned_.complaint_share();
    const auto found = judge_complaints(share);
    if (found == Complaints::well) return;
    const bool over_limit = found == Complaints::over_limit;
    // Who hears of the limit need not hear of the aim.
    const bool aim_is_new = is_first(Warning::complaint_aim);
    if (!(over_limit ? is_first(Warning::complaint_limit) : aim_is_new)) return;
    warn(OperatorEvent::complaint_rate, "issue.complaint_rate",
         counted(share.readers, "complaint") + " of " + with_thousands(share.mails) +
             " accepted mails, " + percent(share) +
             (over_limit ? ", over the 0.3 % from which large receivers refuse a sender"
                         : ", over the 0.1 % that large receivers ask for") +
             "; they are unsubscribed. Look where these readers came from, and whether the way "
             "out of a mail is easy to find");
  }

  /// Nothing: that is not worth a look. `forgiven`: so many do not count.
  std::optional<IssueShares> shares_of(ReportKind kind, std::int64_t forgiven) {
    const bool hard = kind == ReportKind::hard;
    const auto count = hard ? &Returned::hard : &Returned::faults;
    auto all = returned_.share(count);
    all.readers -= forgiven;
    constexpr subscribers::Share spotless{0, subscribers::least_history};
    if (judge_issue(kind, {all, all, spotless}) == IssueVerdict::go_on) return {};
    const auto before = rates_.before(issue_).share(count);
    if (judge_issue(kind, {all, all, before}) == IssueVerdict::go_on) return {};
    auto elsewhere = rates_.elsewhere(issue_, count).share(count);
    elsewhere.readers -= forgiven;
    return IssueShares{all, elsewhere, before};
  }

  static std::string in_words(const IssueShares& shares, std::string_view what) {
    return with_thousands(shares.all.readers) + " readers of " + counted(shares.all.mails, "mail") +
           " " + std::string(what) + ", " + percent(shares.all) +
           (shares.before.mails == 0 ? "" : "; of the issues before it " + percent(shares.before));
  }

  /// False: it is not being sent.
  bool pause(const std::string& why, const std::string& advice) {
    const auto note = why + advice + resume();
    const auto paused = database_
                            .prepare(
                                "UPDATE issues SET state = 4, note = ? WHERE id = ? "
                                "AND state = 2")
                            .bind(std::string_view(note))
                            .bind(issue_.value)
                            .run();
    if (paused > 0) ledger_.note_event("issue.paused", why, "daemon", now_, issue_);
    return paused > 0;
  }

  std::string resume() {
    return "; the issue is paused, `postrider issue resume " + slug() + "` goes on";
  }

  bool is_told(Warning warning) {
    return database_.prepare("SELECT 1 FROM issue_warnings WHERE issue_id = ? AND warning = ?")
        .bind(issue_.value)
        .bind(static_cast<std::int64_t>(warning))
        .step();
  }

  bool is_first(Warning warning) {
    return database_.prepare("INSERT INTO issue_warnings VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
               .bind(issue_.value)
               .bind(static_cast<std::int64_t>(warning))
               .bind(now_)
               .run() > 0;
  }

  void warn(OperatorEvent kind, std::string_view event, const std::string& line) {
    ledger_.note_event(event, line, "daemon", now_, issue_);
    tell(kind, line);
  }

  void tell(OperatorEvent kind, const std::string& line) {
    OperatorMails(database_).tell(kind, slug(), line, now_);
  }

  std::string slug() { return ledger_.find_issue(issue_)->slug; }

  Database& database_;
  const IssueId issue_;
  const Instant now_;
  Rates rates_{database_};
  Breakers breakers_{database_};
  Ledger ledger_{database_};
  const Returned returned_;
};

}  // namespace

void watch_issue(Database& database, IssueId issue, Instant now) {
  IssueWatch(database, issue, now).look();
}

}  // namespace postrider::store
