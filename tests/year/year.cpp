#include "year/year.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postrider::year {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::year_month_day first_day{std::chrono::year(2025), std::chrono::January,
                                                std::chrono::day(1)};
constexpr int days = 62 * 7;

constexpr std::array things{"Grain",  "Rail",   "Gas",  "Steel", "Ports",
                            "Cotton", "Tea",    "Coal", "Wheat", "Ships",
                            "Copper", "Timber", "Fish", "Silk",  "Barley"};
constexpr std::array moves{"moves east",  "is late",    "gets dearer",         "goes by sea",
                           "finds a way", "is counted", "waits at the border", "is back"};

}  // namespace

Year::Year(unsigned seed, std::size_t readers)
    : seed_(seed),
      dice_(seed),
      timetable_(first_day, days),
      paper_([this](const Mail& mail) { books_.enter(mail); }),
      books_(paper_.database(), readers_),
      published_(lists().size()) {
  paper_.set_clock(moment("UTC", first_day, 0min));
  begin_list(readers);
  wake();
  settle();
  plan();
}

/// Each event throws dice of its own, so that what one of them owes to the threads' time does not
/// make all that follow others.
void Year::at(Instant time, std::function<void()> event) {
  plan_.emplace(time, [this, number = ++planned_, event = std::move(event)] {
    dice_.seed(seed_ * 10'007 + number);
    event();
  });
}

void Year::run(std::size_t weekly, std::size_t monthly) {
  while (!plan_.empty() && (published_[0] < weekly || published_[1] < monthly)) {
    const auto next = plan_.extract(plan_.begin());
    if (next.key() > paper_.now()) go_to(next.key());
    next.mapped()();
    settle();
  }
  if (!paper_.daemon().runs()) wake();
  go_to(paper_.now() + 1h);  // what a clock that was put back has left to do
  settle();
  paper_.daemon().end();
  paper_.collect();
  books_.check_all(timetable_);
}

// Time and the daemon ----------------------------------------------------------------------------

void Year::go_to(Instant time) {
  paper_.set_clock(time);
  if (paper_.daemon().runs()) look_around();
}

void Year::step_clock(Duration by) {
  ++events_[by > 0s ? "clock put forward" : "clock put back"];
  go_to(paper_.now() + by);
}

/// What the daemon sees at this time, and has to do.
void Year::look_around() {
  const auto now = paper_.now();
  books_.bring_up_to_date(now);
  const auto turn = timetable_.look(now);
  for (const auto& slug : turn.starts) {
    books_.open(timetable_.of(slug), now);
    on_their_way_.push_back(slug);
  }
  held_.insert(held_.end(), turn.held.begin(), turn.held.end());
}

void Year::wake() {
  paper_.daemon().start();
  look_around();
}

void Year::crash() {
  ++events_["crash"];
  paper_.daemon().kill();
  paper_.collect();
}

void Year::settle() {
  if (!paper_.daemon().runs()) return;
  if (!on_their_way_.empty() && !is_interrupted_) {
    is_interrupted_ = true;
    interrupt();
    is_interrupted_ = false;
  }
  if (is_interrupted_) return;
  paper_.settle();
  books_.check(paper_.now());
  for (const auto& slug : std::exchange(on_their_way_, {})) {
    ++published_[books_.of(slug).list];
    last_ = slug;
    sent_.push_back(slug);
  }
  tidy();
  let_go_held();
}

/// The writer keeps the drafts of the last issues alone; a daemon that starts reads all that are
/// there.
void Year::tidy() {
  constexpr std::size_t kept = 6;
  if (sent_.size() <= kept || !books_.of(sent_.front()).is_closed) return;
  paper_.remove_draft(sent_.front());
  sent_.pop_front();
}

/// `postrider issue send` of what came too late.
void Year::let_go_held() {
  if (held_.empty()) return;
  for (const auto& slug : std::exchange(held_, {})) {
    ++events_["held"];
    const auto issue = paper_.ledger().find_issue(slug);
    if (!issue || issue->state != queue::IssueState::held)
      books_.blame(slug + ": is not held, though it is late");
    const auto now = paper_.now();
    books_.open(timetable_.of(slug), now);
    on_their_way_.push_back(slug);
    if (const auto done = paper_.ledger().schedule(slug, now, "operator", now); !done)
      books_.blame(slug + ": " + done.error().message);
  }
  settle();
}

// The writer -------------------------------------------------------------------------------------

void Year::write(std::size_t list, const std::string& slug) {
  const auto number = static_cast<std::size_t>(drafts_++);
  Draft draft;
  draft.slug = slug;
  draft.title = std::string(things.at(number % things.size())) + " " +
                moves.at(number / things.size() % moves.size());
  draft.list = list;
  draft.date = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(paper_.now()));
  books_.announce(draft);
  paper_.write_draft(slug, text_of(draft));
  timetable_.write(std::move(draft));
  if (!paper_.daemon().runs()) return;
  paper_.await_drafts();
  look_around();
}

void Year::edit(const std::string& slug) {
  auto& draft = timetable_.of(slug);
  if (draft.is_out) return;
  ++events_["draft edited"];
  ++draft.version;
  paper_.write_draft(slug, text_of(draft));
}

std::string Year::text_of(const Draft& draft) const {
  return "---\ntitle: " + draft.title + " (text " + std::to_string(draft.version) +
         ")\nstatus: ready\nlists: [" + lists()[draft.list].key +
         "]\ndate: " + year::text_of(draft.date) +
         "\n---\n\nDear reader,\n\nKey: {{subscriber.attributes.key}}.\n\n## " + draft.title +
         "\n\nThis is what became of it since " + year::text_of(draft.date) + ", as " + draft.slug +
         " tells it.\n";
}

}  // namespace postrider::year
