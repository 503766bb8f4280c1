#include "queue/pressure.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;

TEST_CASE("a reply that names a time asks for that pause") {
  const auto asked = [](const char* text) { return asked_pause({450, "", text}); };
  CHECK(asked("Greylisted, try again in 300 seconds") == 300s);
  CHECK(asked("Please try again after 5 min") == 5min);
  CHECK(asked("come back in 00:05:00") == std::nullopt);
  CHECK(asked("Retry in 1 hour.") == 1h);
  CHECK(asked("deferred for 90s") == 90s);
  CHECK(asked("try again in 99999 hours") == longest_pause);
  CHECK(asked("try again in 5 messages") == std::nullopt);
  CHECK(asked("try again later") == std::nullopt);
  CHECK_FALSE(asked_pause({550, "", "try again in 5 minutes"}));
}

TEST_CASE("a reply about the recipient's domain is told from one about us or one address") {
  const auto speaks = [](const char* text) {
    return speaks_of_domain({421, "4.7.0", text}, "reader@Big.example");
  };
  CHECK(speaks("unusual rate of mail to big.example"));
  CHECK(speaks("[BIG.EXAMPLE] rate limit"));
  CHECK(speaks("throttled: big.example."));
  CHECK(speaks("too many messages to this domain, try again in 1 hour"));
  CHECK(speaks("mx.big.example says: limit of big.example reached"));
  CHECK_FALSE(speaks("unusual rate of mail from 192.0.2.1"));
  CHECK_FALSE(speaks("mx.big.example: too many connections"));
  CHECK_FALSE(speaks("<reader@big.example>: too many messages"));
  CHECK_FALSE(speaks("big.example.org: too many messages"));
  CHECK_FALSE(speaks("notbig.example is throttled"));
}

TEST_CASE("what large receivers say to those who are too fast is known, with its pause") {
  struct Case {
    mail::Reply reply;
    std::optional<Duration> pause;
  };
  for (const auto& [reply, pause] : {
           Case{{421, "4.7.28", "Our system has detected an unusual rate of mail"}, 10min},
           Case{{421, "4.7.0", "[TSS04] Messages from 192.0.2.1 temporarily deferred"}, 2h},
           Case{{421, "", "[TSS05] permanently deferred"}, 4h},
           Case{{451, "4.7.652",
                 "The mail server [192.0.2.1] has exceeded the maximum number of "
                 "connections"},
                1h},
           Case{{452, "4.4.5", "Insufficient resources"}, 0ms},
           Case{{421, "4.7.0", "Too many connections from your IP"}, 0ms},
           Case{{450, "4.7.1", "rate limit exceeded, retry in 120 seconds"}, 120s},
           Case{{450, "4.7.1", "Greylisted, try again in 300 seconds"}, std::nullopt},
           Case{{452, "4.2.2", "mailbox full"}, std::nullopt},
           Case{{450, "4.2.1", "The user is receiving mail at a rate limit"}, std::nullopt},
           Case{{550, "5.7.1", "too many messages"}, std::nullopt},
       }) {
    CAPTURE(reply.text);
    const auto pressure = pressure_of(reply);
    CHECK(pressure.has_value() == pause.has_value());
    if (pressure && pause) CHECK(pressure->pause == *pause);
  }
}
