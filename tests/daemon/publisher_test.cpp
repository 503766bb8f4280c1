#include "daemon/publisher.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::daemon;
using queue::IssueState;
using namespace std::chrono_literals;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }

const Instant now = at("2022-01-10T13:00:00Z");

config::Publication publication() {
  config::Publication made;
  made.timezone = "America/New_York";
  return made;
}

DraftFacts ready_draft() {
  DraftFacts facts;
  facts.path = "2022-01-10.md";
  facts.slug = "2022-01-10";
  facts.title = "Kazakhstan";
  facts.hash = "abc";
  facts.lists = {"report"};
  facts.ready = true;
  return facts;
}

queue::Issue issue_of(const DraftFacts& facts, IssueState state) {
  queue::Issue issue;
  issue.id = {1};
  issue.slug = facts.slug;
  issue.path = facts.path;
  issue.state = state;
  if (state == IssueState::sending || state == IssueState::sent) issue.started_at = now - 1h;
  return issue;
}

std::optional<store::DraftRecord> planned(const DraftFacts& facts,
                                          const std::optional<queue::Issue>& existing = {},
                                          bool first_scan = false) {
  return plan(facts, existing, first_scan, now, publication());
}

}  // namespace

TEST_CASE("a draft that is not ready stays a draft, whatever its time") {
  auto facts = ready_draft();
  facts.ready = false;
  facts.send_at = templates::SendNow{};
  CHECK(planned(facts)->state == IssueState::draft);
}

TEST_CASE("a ready draft with a time to come is scheduled in the publication's zone") {
  auto facts = ready_draft();
  facts.send_at = parse_local("2022-01-10 09:00").value();
  const auto record = planned(facts);
  CHECK(record->state == IssueState::scheduled);
  CHECK(record->scheduled_at == at("2022-01-10T14:00:00Z"));
}

TEST_CASE("a ready draft that says now goes out now, and its time stays when it is read again") {
  auto facts = ready_draft();
  facts.send_at = templates::SendNow{};
  CHECK(planned(facts)->scheduled_at == now);
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.scheduled_at = now - 5min;
  CHECK(planned(facts, existing)->scheduled_at == now - 5min);
}

TEST_CASE("a ready draft without a time on a list without a schedule waits and says so") {
  const auto record = planned(ready_draft());
  CHECK(record->state == IssueState::draft);
  CHECK(record->note.find("postrider issue send 2022-01-10") != std::string::npos);
}

TEST_CASE("the first scan of a new database holds every ready draft") {
  auto facts = ready_draft();
  facts.send_at = templates::SendNow{};
  const auto record = planned(facts, {}, true);
  CHECK(record->state == IssueState::held);
  CHECK(record->note.find("postrider issue send") != std::string::npos);
  facts.ready = false;
  CHECK(planned(facts, {}, true)->state == IssueState::draft);
}

TEST_CASE("the first scan after a restore holds what the backup did not know as ready") {
  auto facts = ready_draft();
  facts.restored = true;
  facts.send_at = now + 24h;
  const auto record = planned(facts, {}, true);
  CHECK(record->state == IssueState::held);
  CHECK(record->note.find("may have been sent since") != std::string::npos);
  CHECK(record->note.find("postrider issue send 2022-01-10") != std::string::npos);
  auto existing = issue_of(facts, IssueState::draft);
  CHECK(planned(facts, existing, true)->state == IssueState::held);
  existing.ready = true;
  CHECK(planned(facts, existing, true)->state == IssueState::scheduled);
  existing.state = IssueState::scheduled;
  CHECK(planned(facts, existing, true)->state == IssueState::scheduled);
  CHECK(planned(facts, {}, false)->state == IssueState::scheduled);
}

TEST_CASE("a draft that was gone and comes back as another forgets when it was to go out") {
  auto facts = ready_draft();
  facts.send_at = templates::SendNow{};
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.source_hash = facts.hash;
  existing.missing = true;
  existing.scheduled_at = now - 72h;
  CHECK(planned(facts, existing)->state == IssueState::held);
  facts.hash = "another";
  CHECK(planned(facts, existing)->scheduled_at == now);
}

TEST_CASE("a held issue stays held when its draft is edited") {
  auto facts = ready_draft();
  facts.send_at = templates::SendNow{};
  auto existing = issue_of(facts, IssueState::held);
  existing.note = "why";
  const auto record = planned(facts, existing);
  CHECK(record->state == IssueState::held);
  CHECK(record->note == "why");
}

TEST_CASE("an issue found more than max_lateness after its time is held, with its lateness") {
  auto facts = ready_draft();
  facts.send_at = now - 24h;
  CHECK(planned(facts)->state == IssueState::scheduled);
  facts.send_at = now - 24h - 1s;
  const auto record = planned(facts);
  CHECK(record->state == IssueState::held);
  CHECK(record->note.find("max_lateness") != std::string::npos);
}

TEST_CASE("a ready draft with faults is rejected, and mending it brings it back") {
  auto facts = ready_draft();
  facts.send_at = now + 1h;
  facts.errors = "drafts/2022-01-10.md:9: unknown tag";
  CHECK(planned(facts)->state == IssueState::rejected);
  CHECK(planned(facts)->note == facts.errors);
  facts.errors.clear();
  CHECK(planned(facts, issue_of(facts, IssueState::rejected))->state == IssueState::scheduled);
}

TEST_CASE("an edit after the sending has started changes nothing") {
  for (const auto state : {IssueState::sending, IssueState::sent}) {
    auto facts = ready_draft();
    facts.hash = "changed";
    CHECK_FALSE(planned(facts, issue_of(facts, state)));
  }
}

TEST_CASE("a slug that was sent is refused to another draft, which stands under its own name") {
  auto facts = ready_draft();
  const auto sent = issue_of(facts, IssueState::sent);
  facts.path = "again.md";
  const auto record = planned(facts, sent);
  CHECK(record->state == IssueState::rejected);
  CHECK(record->slug == "again");
  CHECK(record->note.find("slug") != std::string::npos);
}

TEST_CASE("two drafts cannot share a slug while both are there") {
  auto facts = ready_draft();
  auto other = issue_of(facts, IssueState::draft);
  facts.path = "copy.md";
  CHECK(planned(facts, other)->state == IssueState::rejected);
  other.missing = true;  // it was renamed: the new file takes its place
  CHECK(planned(facts, other)->slug == facts.slug);
}

TEST_CASE("an operator's time outweighs the draft's") {
  auto facts = ready_draft();
  facts.send_at = now + 1h;
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.chosen_at = now + 5h;
  CHECK(planned(facts, existing)->scheduled_at == now + 5h);
}

TEST_CASE("a cancelled issue is not brought back by its draft") {
  auto facts = ready_draft();
  facts.send_at = now + 1h;
  CHECK(planned(facts, issue_of(facts, IssueState::cancelled))->state == IssueState::cancelled);
}

TEST_CASE("a writer who takes ready back takes the issue back") {
  auto facts = ready_draft();
  facts.ready = false;
  facts.send_at = now + 1h;
  CHECK(planned(facts, issue_of(facts, IssueState::scheduled))->state == IssueState::draft);
}

TEST_CASE("what a guard or an operator has stopped stays stopped, whatever becomes of its draft") {
  for (const auto state : {IssueState::held, IssueState::paused, IssueState::cancelled}) {
    CAPTURE(to_string(state));
    auto facts = ready_draft();
    facts.send_at = templates::SendNow{};
    auto existing = issue_of(facts, state);
    existing.note = "why";
    facts.errors = "drafts/2022-01-10.md:9: TODO was left in";
    auto record = planned(facts, existing);
    CHECK(record->state == state);
    CHECK(record->note == "why; and its draft is faulty: " + facts.errors);
    existing.note = record->note;
    facts.errors.clear();
    record = planned(facts, existing);
    CHECK(record->state == state);
    CHECK(record->note == "why");
  }
}

TEST_CASE("an edit while an issue is paused or cancelled is known when it goes on") {
  for (const auto state : {IssueState::paused, IssueState::cancelled}) {
    auto facts = ready_draft();
    auto existing = issue_of(facts, state);
    existing.lists = {"report"};
    facts.lists = {"vip"};
    facts.hash = "changed";
    facts.title = "New";
    facts.send_at = now + 24h;
    const auto record = planned(facts, existing);
    CHECK(record->state == state);
    CHECK(record->lists == facts.lists);
    CHECK(record->source_hash == facts.hash);
    CHECK(record->title == facts.title);
    CHECK(record->scheduled_at == now + 24h);
  }
}

TEST_CASE("the first scan of a new database holds faulty ready drafts too") {
  auto facts = ready_draft();
  facts.send_at = templates::SendNow{};
  facts.errors = "theme/issue.html.mustache:1: unclosed section";
  const auto record = planned(facts, {}, true);
  CHECK(record->state == IssueState::held);
  CHECK(record->note.find(facts.errors) != std::string::npos);
}

TEST_CASE("now moves an issue forward that was scheduled for later") {
  auto facts = ready_draft();
  facts.send_at = templates::SendNow{};
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.scheduled_at = now + 24h;
  CHECK(planned(facts, existing)->scheduled_at == now);
}

TEST_CASE("a lateness is told in the unit that people count it in") {
  auto facts = ready_draft();
  facts.send_at = now - 24h * 400;
  CHECK(planned(facts)->note.find("was 400d ago") != std::string::npos);
  facts.send_at = now - 26h;
  CHECK(planned(facts)->note.find("was 26h ago") != std::string::npos);
}

TEST_CASE("an issue whose segment the settings have lost is held, and says so") {
  auto facts = ready_draft();
  facts.segment = "kz";
  facts.send_at = now + 1h;
  CHECK(planned(facts)->segment == "kz");
  facts.errors = "drafts/2022-01-10.md:3: segment: column 1: there is no saved segment 'kz'";
  facts.segment_is_faulty = true;
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.source_hash = facts.hash;
  const auto record = planned(facts, existing);
  CHECK(record->state == IssueState::held);
  CHECK(record->note.starts_with("its segment cannot be read any more"));
  CHECK(record->note.find("postrider issue send 2022-01-10") != std::string::npos);
  CHECK(record->note.ends_with("there is no saved segment 'kz'"));
  // Where the draft itself says something else now, its writer is to mend it.
  existing.source_hash = "before";
  CHECK(planned(facts, existing)->state == IssueState::rejected);
}

TEST_CASE("a ready draft without a time waits for a slot of its list, and keeps the one it got") {
  auto facts = ready_draft();
  facts.by_slot = true;
  auto record = planned(facts);
  CHECK(record->state == IssueState::draft);
  CHECK(record->note.find("next free slot") != std::string::npos);
  facts.slot = now + 24h;
  record = planned(facts, issue_of(facts, IssueState::scheduled));
  CHECK(record->state == IssueState::scheduled);
  CHECK(record->scheduled_at == now + 24h);
  facts.slot = now - 25h;  // the daemon was off
  CHECK(planned(facts, issue_of(facts, IssueState::scheduled))->state == IssueState::held);
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.chosen_at = now + 5h;
  CHECK(planned(facts, existing)->scheduled_at == now + 5h);
  CHECK(planned(facts, {}, true)->state == IssueState::held);
}

TEST_CASE("a ready draft for lists with different slots is rejected without a time of its own") {
  auto facts = ready_draft();
  facts.slot_trouble = "is missing, and its lists have different slots";
  CHECK(planned(facts)->state == IssueState::rejected);
  CHECK(planned(facts)->note == "2022-01-10.md: send_at: " + facts.slot_trouble);
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.chosen_at = now + 5h;
  CHECK(planned(facts, existing)->state == IssueState::scheduled);
}

namespace {

/// For 08:00 of readers in Tokyo, New York and the publication's zone, which is New York's.
DraftFacts local_draft() {
  auto facts = ready_draft();
  facts.local_time = 8h;
  facts.home_zone = "America/New_York";
  facts.zones = {"Asia/Tokyo", "America/New_York"};
  return facts;
}

}  // namespace

TEST_CASE("a draft by local time starts when the first of its readers' clocks show it") {
  auto facts = local_draft();
  const auto day = std::chrono::local_days(std::chrono::year(2022) / 1 / 17);
  const std::vector<templates::SendAt> ways{day, parse_local("2022-01-17 20:30").value(),
                                            at("2022-01-18T02:00:00Z")};  // the 17th in New York
  for (const auto& way : ways) {
    facts.send_at = way;
    const auto record = planned(facts);
    CHECK(record->state == IssueState::scheduled);
    CHECK(record->scheduled_at == at("2022-01-16T23:00:00Z"));
    CHECK(record->local_time == 8h);
    REQUIRE(record->local_day);
    CHECK(record->local_day->day == day);
    CHECK(record->local_day->slot == at("2022-01-17T13:00:00Z"));
  }
}

TEST_CASE("a draft by local time takes its day from the slot that it was given") {
  auto facts = local_draft();
  facts.by_slot = true;
  CHECK(planned(facts)->state == IssueState::draft);
  CHECK(planned(facts)->local_time == 8h);
  CHECK_FALSE(planned(facts)->local_day);
  facts.slot = at("2022-01-18T02:00:00Z");  // Monday 21:00 in New York
  const auto record = planned(facts);
  CHECK(record->scheduled_at == at("2022-01-16T23:00:00Z"));
  CHECK(record->local_day->day == std::chrono::local_days(std::chrono::year(2022) / 1 / 17));
  CHECK(record->local_day->slot == facts.slot);
}

TEST_CASE("lateness of a draft by local time counts from its first readers' hour") {
  auto facts = local_draft();
  facts.send_at = std::chrono::local_days(std::chrono::year(2022) / 1 / 10);
  // 23:00 of the day before; it is 13:00 now.
  CHECK(planned(facts)->state == IssueState::scheduled);
  auto strict = publication();
  strict.max_lateness = 13h;
  const auto record = plan(facts, {}, false, now, strict);
  CHECK(record->state == IssueState::held);
  CHECK(record->note.find("issue schedule 2022-01-10 DAY") != std::string::npos);
}

TEST_CASE("a draft by local time that is read again starts no sooner for a zone that is new") {
  auto facts = local_draft();
  facts.send_at = std::chrono::local_days(std::chrono::year(2022) / 1 / 11);
  facts.zones.push_back("Europe/Berlin");
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.scheduled_at = at("2022-01-10T23:00:00Z");
  CHECK(planned(facts, existing)->scheduled_at == at("2022-01-10T23:00:00Z"));
  facts.zones.push_back("Pacific/Kiritimati");  // 18:00
  CHECK(planned(facts, existing)->scheduled_at == at("2022-01-10T18:00:00Z"));
  const auto later = plan(facts, existing, false, at("2022-01-10T18:30:00Z"), publication());
  CHECK(later->scheduled_at == at("2022-01-10T23:00:00Z"));
  // Nor where something has stopped it meanwhile.
  existing.state = IssueState::paused;
  existing.local_time = facts.local_time;
  existing.local_day = std::get<std::chrono::local_days>(*facts.send_at);
  const auto paused = plan(facts, existing, false, at("2022-01-10T18:30:00Z"), publication());
  CHECK(paused->scheduled_at == at("2022-01-10T23:00:00Z"));
}

TEST_CASE(
    "what an operator chose outweighs the draft's day, and its local time where it is a moment") {
  auto facts = local_draft();
  facts.send_at = std::chrono::local_days(std::chrono::year(2022) / 1 / 11);
  auto existing = issue_of(facts, IssueState::scheduled);
  existing.chosen_at = existing.scheduled_at = now + 1h;
  CHECK(planned(facts, existing)->scheduled_at == now + 1h);
  CHECK_FALSE(planned(facts, existing)->local_day);
  existing.local_day = std::chrono::local_days(std::chrono::year(2022) / 1 / 12);
  CHECK(planned(facts, existing)->scheduled_at == at("2022-01-11T23:00:00Z"));
  CHECK(planned(facts, existing)->local_day->day == existing.local_day);
  existing.scheduled_at = now;  // let go though its first hour had passed
  CHECK(planned(facts, existing)->scheduled_at == now);
}
