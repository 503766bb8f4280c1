// An IMAP server of one folder on a loopback port, which a test can make behave oddly.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/settings.h"
#include "daemon/mailbox/reading.h"
#include "support/scripted_server.h"

namespace postrider::test {

/// What the hook of a fake server did with a command.
enum class Odd { no, answered, drop };

struct FakeImap {
  using Peer = ScriptedServer::Peer;

  std::map<std::uint32_t, std::string> mails;  // by UID
  std::set<std::uint32_t> deleted{};
  std::string validity = "7";
  std::string capabilities = "IMAP4rev1 UIDPLUS";
  std::string opened = "[READ-WRITE]";
  std::function<Odd(Peer&, const std::string& tag, const std::string& command)> odd{};
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
  std::vector<std::uint32_t> left() {
    return locked([&] {
      std::vector<std::uint32_t> uids;
      for (const auto& [uid, bytes] : mails) uids.push_back(uid);
      return uids;
    });
  }

  config::Mailbox settings() const { return settings_of(config::MailboxKind::imap, server.port()); }

  /// The commands heard that have these words in them.
  std::size_t heard(std::string_view words) {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(std::ranges::count_if(
        commands, [&](const auto& command) { return command.find(words) != std::string::npos; }));
  }

  static std::string fetched(std::size_t number, std::uint32_t uid, const std::string& bytes) {
    return "* " + std::to_string(number) + " FETCH (UID " + std::to_string(uid) + " BODY[]<0> {" +
           std::to_string(bytes.size()) + "}\r\n" + bytes + ")\r\n";
  }

 private:
  static std::vector<std::uint32_t> members(std::string_view set) {
    std::vector<std::uint32_t> members;
    for (const auto part : split(set, ',')) {
      const auto ends = split(part, ':');
      const auto last = std::stoul(std::string(ends.back()));
      for (auto i = std::stoul(std::string(ends.front())); i <= last; ++i)
        members.push_back(static_cast<std::uint32_t>(i));
    }
    return members;
  }

  void serve(Peer& peer) {
    peer.say("* OK ready\r\n");
    for (auto line = peer.hear(); !line.empty(); line = peer.hear()) {
      const auto blank = line.find(' ');
      const auto tag = line.substr(0, blank);
      const auto command = line.substr(blank + 1);
      const std::lock_guard lock(mutex);
      commands.push_back(command);
      const auto done = odd ? odd(peer, tag, command) : Odd::no;
      if (done == Odd::drop || command == "LOGOUT") return;
      if (done == Odd::no) peer.say(answer(command) + tag + " OK " + opened + " done\r\n");
    }
  }

  std::string answer(const std::string& command) {
    const auto words = split(command, ' ');
    std::string said;
    if (command == "CAPABILITY") return "* CAPABILITY " + capabilities + "\r\n";
    if (words[0] == "EXAMINE" || words[0] == "SELECT")
      return "* FLAGS (\\Deleted)\r\n* " + std::to_string(mails.size()) +
             " EXISTS\r\n* OK [UIDVALIDITY " + validity + "] fine\r\n";
    if (words[0] == "FETCH") {
      const auto wanted = members(words[1]);
      std::uint32_t number = 0;
      for (const auto& [uid, bytes] : mails)
        if (const auto n = ++number; n >= wanted.front() && n <= wanted.back())
          said += "* " + std::to_string(n) + " FETCH (UID " + std::to_string(uid) + ")\r\n";
    } else if (words[0] == "EXPUNGE") {
      for (const auto uid : deleted) mails.erase(uid);
    } else if (words[0] == "UID" && words[1] == "EXPUNGE") {
      for (const auto uid : members(words[2]))
        if (deleted.contains(uid)) mails.erase(uid);
    } else if (words[0] == "UID" && words[1] == "STORE") {
      for (const auto uid : members(words[2])) deleted.insert(uid);
    } else if (words[0] == "UID" && words[1] == "FETCH") {
      for (const auto uid : members(words[2]))
        if (mails.contains(uid)) said += fetched(1, uid, mails[uid].substr(0, (10 << 20) + 1));
    }
    return said;
  }
};

}  // namespace postrider::test
