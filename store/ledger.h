// What crosses the wings: issues from draft to sent, the freeze of audience and content, leaving
// while an issue is under way, the story of one reader. Each change is one transaction and leaves
// an event with time, cause and actor. A Ledger belongs to the thread of its Database.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "mail/address.h"
#include "queue/delivery.h"
#include "queue/issue.h"
#include "queue/store.h"
#include "store/audience.h"
#include "store/sqlite.h"
#include "subscribers/subscriber.h"
#include "templates/issue.h"
#include "templates/likeness.h"

namespace postrider::store {

/// Who did it: "operator", "reader", "daemon", "import 3".
using Actor = std::string;

/// What a draft says of its issue, as the publisher read it.
struct DraftRecord {
  std::string slug;
  std::string title;
  std::string path;  // below the drafts folder
  std::string source_hash;
  std::vector<std::string> lists;  // keys; never empty but for a rejected one
  std::string segment;             // which of their readers, as written; empty: all
  bool ready = false;
  queue::IssueState state = queue::IssueState::draft;  // draft, scheduled, held or rejected
  std::optional<Instant> scheduled_at;
  std::string note;  // why held or rejected, or why it waits
  // Comes by each reader's own clock: at that hour, and on that day where it is known.
  std::optional<std::chrono::seconds> local_time = {};
  std::optional<queue::LocalDay> local_day = {};
};

/// What the freeze keeps beside the rendered issue, for composing after any restart.
struct FrozenMasthead {
  std::string from;      // a mailbox
  std::string reply_to;  // a mailbox; empty: none
  std::string base_url;
  std::map<std::string, std::string> lists;  // key → name for readers
  int token_key = -1;                        // that signs its Message-IDs; -1: the newest
};

struct FrozenIssue {
  templates::RenderedIssue content;
  FrozenMasthead masthead;
  templates::Likeness likeness = {};  // is kept apart: `Ledger::frozen` leaves it empty
};

/// Why an issue is held.
struct Hold {
  std::string note;    // for people: why, and what lets it go
  std::string guards;  // that hold it, with blanks between
};

/// What speaks against an issue that could start now. Its sums and excluded readers are those that
/// it would have. Called inside the freeze's last transaction: nothing comes between the answer and
/// the start.
using Objection = std::function<std::optional<Hold>(const queue::Issue&)>;

/// How an issue is to start.
struct Start {
  Objection objection = {};
  Duration undo_window{};  // nothing leaves before its end
};

/// How far `Ledger::freeze` came.
enum class Freeze { gathering, done, refused, held };

/// Readers (and domains) that one transaction takes, where nobody measures it: some 5 ms.
constexpr std::int64_t gathered_at_once = 2000;

/// How long before its time the audience of an issue may be gathered.
constexpr auto gather_ahead = std::chrono::minutes(1);

struct Recipient {
  std::string email;  // empty: an erased one
  int version = 0;    // of the content whose mail was sent last; 0: none was
  queue::DeliveryState state = queue::DeliveryState::queued;
  int attempts = 0;
  bool waits_for_resend = false;  // in_doubt and due again
  std::optional<Instant> due;
  int code = 0;  // of what came back, else of the last attempt; 0: none
  std::string enhanced;
  std::string reply;
  std::optional<Instant> time;  // of the same
  queue::Endpoint peer;         // that answered it
};

/// Readers who did not get an issue (yet) for one reason: what came back, or what was last said.
struct Shortfall {
  queue::DeliveryState state = queue::DeliveryState::queued;
  int code = 0;
  std::string enhanced;
  std::string reply;  // one of them
  std::int64_t readers = 0;
};

struct Event {
  std::int64_t id = 0;
  Instant at;
  std::string kind;
  std::string actor;
  std::string detail;
  std::string issue;  // slug; may be empty
  std::string email;  // may be empty
};

struct AttemptRecord {
  int number = 0;
  std::int64_t notice = 0;  // of a notice: its row
  queue::Attempt attempt;
  int version = 0;  // of the issue's content that it was of; 0: of none
};

/// Attempts that are not told any more, since their issue is old (store/folding.h).
struct FoldedAttempts {
  std::int64_t attempts = 0;
  Instant at;
};

/// One reader and one issue.
struct IssueStory {
  queue::Issue issue;
  std::optional<Recipient> delivery;  // nothing: was not in the audience
  std::vector<AttemptRecord> attempts;
  std::optional<FoldedAttempts> folded = {};  // nothing: all are told
};

/// Of a row of subscriptions: can be left. Whom only an import has as gone may say so here, too, so
/// that it stays where the import is undone.
inline constexpr std::string_view can_be_left =
    "(state <> 2 OR EXISTS (SELECT 1 FROM evidence e WHERE e.id = evidence_id "
    "AND e.kind = 'import' AND since <= e.at))";

class Ledger {
 public:
  explicit Ledger(Database& database) : database_(database) {}

  // Lists ---------------------------------------------------------------------------------------
  /// Makes sure that each list of the settings has a row.
  void know_lists(const std::vector<std::string>& keys);
  struct ListRow {
    ListId id;
    std::string key;
    std::uint64_t uid;
  };
  std::vector<ListRow> lists();

  // Issues --------------------------------------------------------------------------------------
  std::optional<queue::Issue> find_issue(std::string_view slug);
  std::optional<queue::Issue> find_issue(IssueId id);
  std::optional<queue::Issue> find_issue_by_path(std::string_view path);
  /// By what readers' links carry.
  std::optional<IssueId> find_issue_by_uid(std::uint64_t uid);
  /// Those that have started and not ended: sending or paused.
  std::vector<queue::Issue> issues_under_way();
  /// What is being sent or paused, what comes (scheduled by time, then held), drafts and rejected
  /// ones, then what has ended: each newest first.
  std::vector<queue::Issue> issues();

  /// A new draft, or what a re-read one says now. Not for issues that have started.
  IssueId put_draft(const DraftRecord& draft, const Actor& actor, Instant now);
  /// The draft's file is gone, or back.
  void set_missing(IssueId issue, bool missing, Instant now);

  /// An operator's time, and what guards were told to let pass, are over; an event says why.
  void forget_chosen_time(const queue::Issue& issue, std::string_view why, Instant now);

  bool first_scan_done();
  void set_first_scan_done(Instant now);

  /// Issues whose time has come: scheduled, not missing, scheduled_at ≤ now; oldest first.
  std::vector<queue::Issue> due_issues(Instant now);

  /// Moves an issue; `note` replaces its note. Throws std::logic_error on a move that the states do
  /// not allow (see queue/issue.h).
  /// `guards`: that hold it, with blanks between; empty: none that would do so again.
  void hold(IssueId issue, std::string_view note, const Actor& actor, Instant now,
            std::string_view guards = "");
  void reject(IssueId issue, std::string_view note, const Actor& actor, Instant now);

  /// An operator's word on a held issue: the guards that hold it let it pass from now on, while its
  /// draft is as it is (queue::Issue::is_released). `schedule` does it.
  void release(const queue::Issue& issue);

  /// What operators do. The error says why it is not possible in the issue's state.
  /// `day`: it comes by local time on that day, and `at` is when the first readers' hour comes.
  Result<void> schedule(std::string_view slug, Instant at, const Actor& actor, Instant now,
                        const std::optional<queue::LocalDay>& day = {});
  /// Takes such a time back: the issue goes by its draft again. `at`: its send_at; nothing: it
  /// takes the next free slot of its lists.
  Result<void> schedule_by_draft(std::string_view slug, std::optional<Instant> at,
                                 const Actor& actor, Instant now);
  /// The zones of its readers make another start of an issue by local time.
  void move_start(IssueId issue, Instant at, Instant now);
  /// Those that wait for their time and go by local time.
  std::vector<queue::Issue> local_issues();
  Result<void> pause(std::string_view slug, const Actor& actor, Instant now);
  Result<void> resume(std::string_view slug, const Actor& actor, Instant now);
  /// Nothing is sent from its first transaction on; the deliveries of large issues are cancelled in
  /// steps after that, each with the sums.
  Result<void> cancel(std::string_view slug, const Actor& actor, Instant now);
  /// An issue whose cancelling was cut off.
  std::optional<IssueId> cancelled_in_part();
  /// A step of that. True: there is more.
  bool cancel_rest(IssueId issue);
  /// Failed, deferred and held in-doubt deliveries of a started issue are due now, with their full
  /// time to try; an issue that was sent is being sent again. Not those who left, were suppressed
  /// or are paused meanwhile. Large issues in steps.
  Result<void> retry(std::string_view slug, const Actor& actor, Instant now);

  /// The clock was put back by so much, to `now`: nothing that is under way waits for what it said
  /// before to come again. What was due is due now, and what waits after a try waits as long as it
  /// would have; an event says so. `undo`: the same with undo windows that nothing has left yet.
  void put_clock_back(Duration by, Instant now, bool undo);
  /// A step of that with an issue's deliveries: of those after subscriber `from`, which is where
  /// the next step begins. True: there is more.
  bool put_clock_back(IssueId issue, Duration by, Instant now, std::int64_t& from);

  // The freeze: scheduled → sending. Content and audience become live in one commit. Audience, as
  // of that commit: confirmed on one of the issue's lists, not suppressed, not paused, in its
  // segment; a reader on several gets one mail, of the first named. All other readers of the lists
  // are excluded and counted by the first reason that is true: suppressed, unsubscribed,
  // unconfirmed, paused, segment. (What other issues deliver meanwhile counts as of when a reader
  // was gathered, or has changed last.) Each call below is a transaction of some 10 ms, however
  // many readers there are; until the last one the issue is scheduled, nothing of it is visible,
  // and whatever becomes of issue or readers meanwhile counts. What was gathered outlives a crash
  // and is gone on with, or thrown away where the issue does not start soon any more.

  /// The paced domains and those with many subscribers have pacing groups of their own. Call it
  /// again while it says `gathering`. Refused: the issue is not due any more, or has another
  /// segment than the order. Held: by the objection; what was gathered is of no use then. An
  /// audience of nobody that nothing is said against makes it sent at once.
  Freeze freeze(IssueId issue, const FrozenIssue& content, const AudienceOrder& order,
                const Actor& actor, Instant now, const Start& start = {});
  /// Scheduled issues, due or soon due: what can be gathered before their time need not be then.
  std::vector<queue::Issue> issues_to_gather(Instant now);
  /// A step of the freeze but for its last, of at most so many readers. True: all is gathered, as
  /// of now.
  bool gather(IssueId issue, const AudienceOrder& order, Instant now,
              std::int64_t most = gathered_at_once);
  /// An issue that something was gathered for and that does not start soon.
  std::optional<IssueId> useless_gathering(Instant now);
  /// A step of throwing that away, if it is of no use still. True: there is more.
  bool discard_gathering(IssueId issue, Instant now);
  /// `version`: of its content; nothing: the newest.
  std::optional<FrozenIssue> frozen(IssueId issue, std::optional<int> version = {});

  /// "I didn't get it": one confirmed reader gets the frozen issue again, outside the sums.
  Result<void> resend(std::string_view slug, std::string_view email, const Actor& actor,
                      Instant now);

  /// When the next delivery of a started issue that waits goes out; nothing: none waits.
  std::optional<Instant> next_due(IssueId issue);
  /// When the last of them does, as things are now.
  std::optional<Instant> last_due(IssueId issue);
  /// How many deliveries to a domain with a pacing group of its own wait or are in hand.
  std::int64_t waiting(IssueId issue, std::string_view domain);
  /// What the rate limits had left when that was kept last (queue::Store::keep).
  std::vector<queue::Allowance> allowances();
  std::vector<queue::Pause> pauses();

  /// Recipients in the order of their rows; streams. `issue` must have started.
  void recipients(IssueId issue, const std::function<void(const Recipient&)>& visit);

  /// The commonest reasons first, some twenty at most.
  std::vector<Shortfall> shortfalls(IssueId issue);

  /// Domains that have settings of their own: the deliveries to them get a pacing group, where they
  /// had none when the issue was gathered.
  void give_groups(IssueId issue, const std::set<std::string>& domains);

  // Readers -------------------------------------------------------------------------------------
  /// Unsubscribes from a list (0: from all, and see leave_all). What the reader has not been sent
  /// yet of issues under way is cancelled. False: was not subscribed there (or not any more).
  /// Idempotent. `issue`: whose link was used, where one was.
  bool unsubscribe(SubscriberId subscriber, ListId list, const Actor& actor, std::string_view cause,
                   Instant now, std::optional<IssueId> issue = {});
  /// The reader wants no mails of any list, those they never were on among them: nobody else puts
  /// them on one. False: had said so already. The event is the caller's.
  bool leave_all(SubscriberId subscriber, Instant now);
  /// What the reader of that address has not been sent yet is cancelled. False: it was suppressed
  /// already, for no less (a complaint is more than a failure). Not for `erased` (store/erasure.h).
  bool suppress(const mail::Address& address, subscribers::SuppressionReason reason,
                const Actor& actor, Instant now);
  /// Cancels what a reader has not been sent yet of issues under way, and what they have asked for
  /// and not confirmed, for a list (0: for any).
  void call_off(SubscriberId subscriber, ListId list, Instant now);

  /// What a reader got or did not get, newest issue first.
  std::vector<IssueStory> stories(SubscriberId subscriber, std::string_view slug = {});
  /// Of a delivery and of copies sent again; issue 0: of the reader's notices outside issues.
  std::vector<AttemptRecord> attempts(IssueId issue, SubscriberId subscriber);
  /// Oldest first; what imports did is told too, with id 0.
  std::vector<Event> events_of(SubscriberId subscriber);
  /// Without its readers' own, such as who left by one of its links.
  std::vector<Event> events_of(IssueId issue);
  /// The number of the newest event; 0: there is none.
  std::int64_t newest_event();
  /// What the operator is to hear of, that came after that event: of issues, sign-ups as a whole,
  /// breakers, relays and the ground it all stands on; some hundreds at most.
  std::vector<Event> events_to_tell(std::int64_t after);
  /// How far the operator's command was told of them; nothing: there was none.
  std::optional<std::int64_t> events_told();
  void set_events_told(std::optional<std::int64_t> last);
  /// All kinds, readers' own and those of imports as a whole among them; `most` at most.
  std::vector<Event> events_after(std::int64_t id, int most);   // oldest first
  std::vector<Event> events_before(std::int64_t id, int most);  // newest first

  void note_event(std::string_view kind, std::string_view detail, const Actor& actor, Instant now,
                  std::optional<IssueId> issue = {}, std::optional<SubscriberId> subscriber = {});

 private:
  /// `detail`: of the event, where that says more than the note.
  void move(IssueId issue, queue::IssueState state, std::string_view note, const Actor& actor,
            Instant now, std::string_view detail = {});
  void put_off(IssueId issue, queue::IssueState state, std::string_view note, const Actor& actor,
               Instant now);
  Result<void> change(std::string_view slug,
                      const std::function<Result<void>(const queue::Issue&)>& work);

  Database& database_;
};

}  // namespace postrider::store
