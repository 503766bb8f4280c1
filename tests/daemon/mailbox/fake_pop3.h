// A POP3 server on a loopback port, which a test can make behave oddly.
#pragma once

#include <algorithm>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "daemon/mailbox/fake_imap.h"
#include "support/scripted_server.h"

namespace postrider::test {

struct FakePop3 {
  using Peer = ScriptedServer::Peer;

  struct Mail {
    std::string id;
    std::string bytes;  // as they go over the wire
  };

  std::vector<Mail> mails;
  bool pipelines = true;
  std::function<Odd(Peer&, const std::string& command)> odd{};
  std::vector<std::string> commands{};
  std::mutex mutex{};  // guards all of it while the server serves
  ScriptedServer server{[this](Peer& peer) { serve(peer); }};  // last: it uses the others

  /// While the server serves, a test touches the members in here alone.
  template <class Change>
  auto locked(Change change) {
    const std::lock_guard lock(mutex);
    return change();
  }
  void behave(decltype(odd) how) {
    locked([&] { odd = std::move(how); });
  }
  std::vector<std::string> left() {
    return locked([&] {
      std::vector<std::string> ids;
      for (const auto& mail : mails) ids.push_back(mail.id);
      return ids;
    });
  }

  config::Mailbox settings() const { return settings_of(config::MailboxKind::pop3, server.port()); }

  std::size_t heard(std::string_view words) {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(std::ranges::count_if(
        commands, [&](const auto& command) { return command.starts_with(words); }));
  }

 private:
  void serve(Peer& peer) {
    std::set<std::size_t> deleted;
    peer.say("+OK ready\r\n");
    for (auto line = peer.hear(); !line.empty(); line = peer.hear()) {
      const std::lock_guard lock(mutex);
      commands.push_back(line);
      const auto done = odd ? odd(peer, line) : Odd::no;
      if (done == Odd::drop) return;
      if (done == Odd::no && line == "QUIT") remove(deleted);
      if (done == Odd::no) peer.say(answer(line, deleted));
      if (line == "QUIT") return;
    }
  }

  void remove(const std::set<std::size_t>& deleted) {
    for (auto number = mails.size(); number > 0; --number)
      if (deleted.contains(number)) mails.erase(mails.begin() + static_cast<long>(number) - 1);
  }

  std::string answer(const std::string& line, std::set<std::size_t>& deleted) {
    if (line == "CAPA")
      return std::string("+OK\r\nUSER\r\nUIDL\r\n") + (pipelines ? "PIPELINING\r\n" : "") + ".\r\n";
    if (line == "UIDL") {
      std::string list = "+OK\r\n";
      std::size_t number = 0;
      for (const auto& mail : mails) list += std::to_string(++number) + " " + mail.id + "\r\n";
      return list + ".\r\n";
    }
    if (line.starts_with("RETR "))
      return "+OK\r\n" + mails[std::stoul(line.substr(5)) - 1].bytes + ".\r\n";
    if (line.starts_with("DELE ")) deleted.insert(std::stoul(line.substr(5)));
    return "+OK\r\n";
  }
};

}  // namespace postrider::test
