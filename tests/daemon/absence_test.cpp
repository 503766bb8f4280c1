#include "daemon/absence.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace std::chrono_literals;
using subscribers::Subscription;
using subscribers::SubscriptionState;
using subscribers::Suppression;
using subscribers::SuppressionReason;

namespace {

constexpr Instant day(int number) { return Instant(24h * number); }

/// An issue that started on day 10, and a reader who was confirmed on its list on day 1.
struct Ground {
  queue::Issue issue;
  subscribers::Subscriber reader;
  std::optional<Suppression> suppression;
  std::vector<store::Event> events;

  Ground() {
    issue.lists = {"report"};
    issue.started_at = day(10);
    reader.created_at = day(1);
    reader.subscriptions = {{"report", SubscriptionState::confirmed, day(1), "operator", ""}};
  }

  void happened(int on, const std::string& kind, const std::string& detail = "") {
    events.push_back({0, day(on), kind, "reader", detail, "", ""});
  }

  void is(SubscriptionState state, int since) {
    reader.subscriptions.front().state = state;
    reader.subscriptions.front().since = day(since);
  }

  daemon::Absence absence() const {
    return daemon::find_absence(issue, reader, suppression, events, [](Instant at) {
      return "day " + std::to_string(at.time_since_epoch() / 24h);
    });
  }
  std::string told() const {
    const auto found = absence();
    return found.reason + "; " + found.told;
  }
};

}  // namespace

TEST_CASE("who was confirmed and could be mailed was outside of the segment") {
  Ground ground;
  ground.issue.segment = "country = 'KZ'";
  CHECK(ground.told() == "segment; outside of its segment: country = 'KZ'");
}

TEST_CASE("the segment is not blamed for what the reader's state did") {
  Ground ground;
  ground.issue.segment = "country = 'KZ'";
  SUBCASE("suppressed") {
    ground.suppression = Suppression{"", SuppressionReason::bounced, day(5)};
    CHECK(ground.told() == "suppressed; suppressed since day 5: bounced");
  }
  SUBCASE("left") {
    ground.is(SubscriptionState::unsubscribed, 5);
    CHECK(ground.told() == "unsubscribed; had left report on day 5");
  }
  SUBCASE("never confirmed") {
    ground.is(SubscriptionState::pending, 5);
    CHECK(ground.told() == "unconfirmed; had not confirmed the subscription");
  }
  SUBCASE("paused") {
    ground.reader.paused_until = day(12);
    ground.happened(9, "subscriber.paused", "until " + rfc3339(day(12)));
    CHECK(ground.told() == "paused; paused until day 12");
  }
  SUBCASE("joined later") {
    ground.reader.created_at = day(11);
    ground.is(SubscriptionState::confirmed, 11);
    CHECK(ground.told() == "later; joined on day 11, after its start");
  }
  SUBCASE("confirmed later") {
    ground.is(SubscriptionState::confirmed, 11);
    CHECK(ground.told() == "later; confirmed on report only on day 11");
  }
  SUBCASE("on another list") {
    ground.reader.subscriptions.front().list = "digest";
    CHECK(ground.told() == "not_subscribed; is on none of its lists");
  }
}

TEST_CASE("what changed after the start is not the reason") {
  Ground ground;
  ground.issue.segment = "country = 'KZ'";
  SUBCASE("suppressed and paused later") {
    ground.suppression = Suppression{"", SuppressionReason::asked, day(11)};
    ground.happened(11, "subscriber.suppressed", "asked");
    ground.reader.paused_until = day(20);
    ground.happened(12, "subscriber.paused", "until " + rfc3339(day(20)));
    CHECK(ground.absence().reason == "segment");
  }
  SUBCASE("a pause that was over, or taken back") {
    ground.happened(2, "subscriber.paused", "until " + rfc3339(day(4)));
    CHECK(ground.absence().reason == "segment");
    ground.happened(5, "subscriber.paused", "until " + rfc3339(day(20)));
    ground.happened(6, "subscriber.resumed");
    CHECK(ground.absence().reason == "segment");
  }
}

TEST_CASE("a reason that is over is known by what ended it") {
  Ground ground;
  SUBCASE("a suppression") {
    ground.happened(12, "suppression.removed", "bounced");
    ground.happened(13, "subscriber.suppressed", "asked");
    ground.suppression = Suppression{"", SuppressionReason::asked, day(13)};
    CHECK(ground.told() == "suppressed; suppressed until day 12: bounced");
  }
  SUBCASE("a suppression that a breaker took back") {
    ground.happened(9, "subscriber.suppressed", "bounced");
    ground.happened(12, "subscriber.suppression_withheld", "held back at a.example");
    CHECK(ground.told() == "suppressed; suppressed until day 12: held back at a.example");
  }
  SUBCASE("one that was never done, as a breaker held") {
    ground.happened(8, "subscriber.suppressed", "bounced");
    ground.happened(9, "subscriber.suppression_undone", "bounced");
    ground.happened(12, "subscriber.suppression_withheld", "held back at a.example");
    CHECK(ground.absence().reason == "unknown");
  }
  SUBCASE("one whose report was taken back") {
    ground.happened(12, "subscriber.suppression_undone", "bounced");
    CHECK(ground.told() == "suppressed; suppressed until day 12: bounced");
  }
  SUBCASE("a pause") {
    ground.happened(9, "subscriber.paused", "until " + rfc3339(day(12)));
    ground.happened(11, "subscriber.resumed");
    CHECK(ground.told() == "paused; paused until day 12");
  }
  SUBCASE("leaving that was taken back") {
    ground.happened(9, "subscriber.unsubscribed");
    ground.happened(11, "subscriber.resubscribed");
    CHECK(ground.told() == "unsubscribed; had left report on day 9, and took that back on day 11");
  }
}

TEST_CASE("an import that came after the start tells of times before it") {
  Ground ground;
  ground.happened(11, "subscriber.imported", "to report from list.csv");
  CHECK(ground.told() == "later; confirmed on report only on day 11");
}

TEST_CASE("where later changes hide the reason, that is said") {
  Ground ground;
  ground.is(SubscriptionState::unsubscribed, 11);
  CHECK(ground.told() == "unknown; what has changed since hides why");
  ground.issue.segment = "country = 'KZ'";
  CHECK(ground.told() ==
        "unknown; outside of its segment (country = 'KZ') or not confirmed then; what has changed "
        "since hides which");
  ground.is(SubscriptionState::confirmed, 12);
  ground.happened(11, "subscriber.unsubscribed");
  CHECK(ground.absence().reason == "unknown");
}
