#include "queue/smtp_relay.h"

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <thread>

#include "memory_store.h"
#include "queue/dispatcher.h"
#include "support/fake_clock.h"
#include "support/scripted_server.h"
#include "unpaced.h"

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;
using test::ScriptedServer;
using Peer = ScriptedServer::Peer;

namespace {

struct HelloComposer final : Composer {
  Result<void> compose(Parcel& parcel) override {
    parcel.envelope = {"from@report.example", parcel.claimed.email};
    parcel.data = "To: " + parcel.claimed.email + "\r\n\r\nHello.\r\n";
    return {};
  }
};

/// A queue of some deliveries that go to a server by one SMTP relay.
struct Post {
  /// `domain`: of the first delivery, which then has a lane.
  Post(int deliveries, const ScriptedServer& server, int connections, const char* domain = nullptr)
      : store(deliveries) {
    if (domain) {
      store.rows.begin()->second.group = GroupId{7};
      store.domains[GroupId{7}] = domain;
    }
    SmtpRelayOptions options;
    options.name = "relay";
    options.host = "127.0.0.1";
    options.port = server.port();
    options.tls = TlsPolicy::none;
    options.connections = connections;
    auto pacing = test::unpaced(clock, connections);
    auto outlets = test::only(make_smtp_relay(options, clock, pacing->health(0)));
    dispatcher =
        std::make_unique<Dispatcher>(store, writer, composer, clock, RetryPolicy{{1min}, 1h, true},
                                     std::move(pacing), std::move(outlets));
  }
  bool settles(DeliveryState state, std::size_t count) {
    return wait_for([&] { return store.count(state) == count; });
  }
  static bool wait_for(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  test::FakeClock clock;
  test::MemoryStore store;
  Writer writer{store};
  HelloComposer composer;
  std::unique_ptr<Dispatcher> dispatcher;
};

/// Answers commands up to a final dot; false: QUIT, or the client is gone.
bool up_to_dot(Peer& peer) {
  for (auto line = peer.hear(); !line.empty(); line = peer.hear()) {
    if (line == "QUIT") return peer.say("221 bye\r\n") && false;
    peer.say(line == "DATA" ? "354 go\r\n" : "250 ok\r\n");
    if (line != "DATA") continue;
    while (peer.hear() != ".") {
    }
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a queue goes out over several connections, each mail once") {
  std::atomic<int> taken = 0;
  const ScriptedServer server([&](Peer& peer) {
    peer.welcome();
    while (up_to_dot(peer)) {
      ++taken;
      peer.say("250 taken\r\n");
    }
  });
  Post post(100, server, 3);
  CHECK(post.settles(DeliveryState::accepted, 100));
  CHECK(taken == 100);
  CHECK(server.connections() <= 3);
}

TEST_CASE("a server that asks for a pause gets nothing more, over open connections neither") {
  std::atomic<int> taken = 0;
  std::atomic<bool> left = false;
  const ScriptedServer server([&](Peer& peer) {
    peer.welcome();
    while (up_to_dot(peer)) {
      ++taken;
      peer.say("451 4.7.1 too many messages, try again in 60 seconds\r\n");
    }
    left = true;
  });
  const Post post(20, server, 1);
  CHECK(Post::wait_for([&] { return left.load(); }));
  CHECK(taken.load() <= 2);  // the envelope behind the first mail was out already
}

TEST_CASE("a session that breaks for a domain's limit holds up that domain, not the relay") {
  const auto carried = [](const char* words) {
    const ScriptedServer server([&](Peer& peer) {
      peer.welcome("250 SIZE\r\n");
      for (auto line = peer.hear(); !line.empty(); line = peer.hear()) {
        if (line.find("reader1@") != std::string::npos) {
          peer.say("421 4.7.28 " + std::string(words) + "\r\n");
          return;
        }
        peer.say(line == "DATA" ? "354 go\r\n" : "250 ok\r\n");
        while (line == "DATA" && peer.hear() != ".") {
        }
        if (line == "DATA") peer.say("250 taken\r\n");
      }
    });
    Post post(5, server, 1, "readers.example");
    std::string name;
    REQUIRE(Post::wait_for([&] {
      const std::lock_guard lock(post.store.mutex);
      if (!post.store.pauses.empty()) name = post.store.pauses[0].name;
      return !name.empty();
    }));
    if (name == "domain readers.example") CHECK(post.settles(DeliveryState::accepted, 4));
    return name;
  };
  CHECK(carried("an unusual rate of mail to readers.example") == "domain readers.example");
  CHECK(carried("an unusual rate of mail from you") == "relay relay ");
}

TEST_CASE("a connection that opens while the relay ends takes up no work") {
  std::atomic<bool> ending = false, begun = false, late_mail = false, late_quit = false;
  std::atomic<int> dots = 0;
  const auto until = [](const std::atomic<bool>& flag) {
    Post::wait_for([&] { return flag.load(); });
  };
  const ScriptedServer server([&](Peer& peer) {
    if (peer.number > 1) until(ending);
    peer.welcome();
    if (peer.number > 1) {
      const auto line = peer.hear();
      late_mail = line.starts_with("MAIL");
      late_quit = line == "QUIT";
      return;
    }
    if (!up_to_dot(peer)) return;
    ++dots;
    until(late_quit);
    peer.say("250 taken\r\n");
    peer.hear();
  });
  Post post(3, server, 2);
  REQUIRE(Post::wait_for([&] { return dots == 1 && server.connections() == 2; }));
  post.dispatcher->stop(30s);
  ending = true;
  const auto from = std::chrono::steady_clock::now();
  post.dispatcher.reset();
  CHECK(std::chrono::steady_clock::now() - from < 4s);
  CHECK(late_quit);
  CHECK_FALSE(late_mail);
  CHECK(post.settles(DeliveryState::accepted, 1));
  CHECK(post.settles(DeliveryState::queued, 2));
}

TEST_CASE("at the end an owed answer is waited for as long as was said") {
  std::atomic<int> dots = 0;
  const ScriptedServer server([&](Peer& peer) {
    peer.welcome();
    if (!up_to_dot(peer)) return;
    ++dots;
    peer.hear();
  });
  Post post(1, server, 1);
  REQUIRE(Post::wait_for([&] { return dots == 1; }));
  post.dispatcher->stop(300s);
  CHECK_FALSE(post.store.count(DeliveryState::in_doubt));
  post.dispatcher->stop(0s);  // and that can be shortened
  post.dispatcher.reset();
  CHECK(post.settles(DeliveryState::in_doubt, 1));
}

TEST_CASE("a server that is lost before it answers makes the relay wait, and costs no attempt") {
  const ScriptedServer server([&](Peer& peer) { peer.say("421 too many\r\n"); });
  Post post(5, server, 2);
  const auto status = [&] { return post.dispatcher->status()[0]; };
  CHECK(Post::wait_for([&] { return status().state == "waiting"; }));
  CHECK(status().retry_at);
  CHECK(status().last_error.find("421 too many") != std::string::npos);
  CHECK(post.settles(DeliveryState::queued, 5));
  CHECK(post.store.rows.begin()->second.delivery.attempts == 0);
}
