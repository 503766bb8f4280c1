#include "daemon/local_starts.h"

#include <doctest/doctest.h>
#include <future>

#include "queue/writer.h"
#include "store/house.h"

using namespace postrider;
using namespace std::chrono_literals;

namespace {

/// An issue for 08:00 of Monday; it is Sunday noon in Berlin, where its publication is.
struct Waiting : test::House {
  config::Settings settings;
  std::unique_ptr<store::Database> writing = open();
  store::SqliteQueue queue{*writing, test::policy(), clock.now()};
  queue::Writer writer{queue};
  daemon::LocalStarts starts{
      settings, *database, daemon::Errands(*writing, writer, [](std::function<void()>) {}), clock};
  IssueId id{};

  Waiting() {
    clock.set(parse_rfc3339("2022-01-09T11:00:00Z").value());
    settings.publication.timezone = "Europe/Berlin";
    config::List list{.key = "report", .name = "The Report"};
    list.schedule.zone = "Europe/Berlin";
    settings.lists = {list};
    store::DraftRecord record;
    record.slug = record.title = "weekly";
    record.path = "weekly.md";
    record.lists = {"report"};
    record.ready = true;
    record.state = queue::IssueState::scheduled;
    record.scheduled_at = parse_rfc3339("2022-01-10T07:00:00Z").value();
    record.local_time = 8h;
    record.local_day = {std::chrono::local_days(std::chrono::year(2022) / 1 / 10),
                        *record.scheduled_at};
    id = ledger.put_draft(record, "daemon", clock.now());
  }

  void join(const std::string& name, const std::string& zone) {
    const auto reader = add(name + "@a.example");
    database->prepare("UPDATE subscribers SET time_zone = ? WHERE id = ?")
        .bind(zone)
        .bind(reader.value)
        .run();
  }

  /// When the issue starts, a while later.
  std::string looked(Duration later = daemon::LocalStarts::look_every) {
    clock.advance(later);
    starts.tick();
    std::promise<void> done;
    writer.submit({[] {}, [&] { done.set_value(); }, {}});  // on disk
    done.get_future().wait();
    return rfc3339(*ledger.find_issue(id)->scheduled_at);
  }
};

}  // namespace

TEST_CASE("a reader who joins in an earlier zone moves the start, and who leaves moves it back") {
  Waiting waiting;
  CHECK(waiting.looked() == "2022-01-10T07:00:00Z");
  waiting.join("east", "Asia/Tokyo");
  CHECK(waiting.looked(1s) == "2022-01-10T07:00:00Z");  // looks once a minute
  CHECK(waiting.looked() == "2022-01-09T23:00:00Z");
  waiting.join("west", "America/New_York");
  CHECK(waiting.looked() == "2022-01-09T23:00:00Z");
  const auto east = waiting.subscribers.find("east@a.example")->id;
  waiting.ledger.unsubscribe(east, {}, "reader", "link", waiting.clock.now());
  CHECK(waiting.looked() == "2022-01-10T07:00:00Z");
}

TEST_CASE(
    "one who joins when their hour has passed moves nothing, nor does anybody once it is due") {
  Waiting waiting;
  waiting.clock.set(parse_rfc3339("2022-01-09T23:30:00Z").value());
  waiting.join("east", "Asia/Tokyo");
  CHECK(waiting.looked() == "2022-01-10T07:00:00Z");
  waiting.clock.set(parse_rfc3339("2022-01-10T07:00:00Z").value());
  waiting.join("london", "Europe/London");
  CHECK(waiting.looked() == "2022-01-10T07:00:00Z");
}

TEST_CASE("readers without a zone go by their list's, or else by the publication's") {
  config::Settings settings;
  settings.publication.timezone = "Asia/Tokyo";
  config::List list{.key = "report", .name = "The Report"};
  list.schedule.zone = "Europe/Berlin";
  settings.lists = {list};
  CHECK(daemon::home_zone({"report"}, settings) == "Europe/Berlin");
  CHECK(daemon::home_zone({"gone"}, settings) == "Asia/Tokyo");
  CHECK(daemon::home_zone({}, settings) == "Asia/Tokyo");
}
