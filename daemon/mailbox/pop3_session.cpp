#include "daemon/mailbox/pop3_session.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "daemon/mailbox/lines.h"

namespace postrider::daemon::mailbox {

namespace {

constexpr std::size_t most_ahead = 20;  // commands on their way, where the server allows it
constexpr std::size_t longest_id = 255;
constexpr std::uint64_t longest_rest = std::uint64_t{100} << 20;  // read over, of a message cut

class Pop3Session final : public Session {
 public:
  explicit Pop3Session(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)), lines_(*connection_) {
    say("CAPA");
    if (!is_ok(lines_.line())) return;
    each_line([&](std::string_view line) {
      if (iequals(line, "PIPELINING")) ahead_ = most_ahead;
    });
  }

  std::int64_t list(const std::function<bool(Listed)>& take) override {
    std::int64_t count = 0;
    bool more = true;
    each_listed([&](Listed listed) {
      ++count;
      more = more && take(std::move(listed));
    });
    return count;
  }

  void fetch(const std::vector<Listed>& wanted, const std::function<bool(Arrived)>& take) override {
    std::string refusal;
    std::size_t came = 0;
    for_each_answer("RETR ", wanted, [&](const Listed& listed, const std::string& answer) {
      if (!is_ok(answer)) {
        refusal = answer;
        return true;
      }
      ++came;
      return take(read(listed.id)) && !is_broken_off_;
    });
    if (came == 0 && !refusal.empty()) refuse("to give a mail", refusal);
  }

  void remove(const std::vector<std::string>& ids) override {
    const std::unordered_set<std::string_view> gone(ids.begin(), ids.end());
    std::vector<Listed> wanted;
    each_listed([&](Listed listed) {
      if (gone.contains(listed.id)) wanted.push_back(std::move(listed));
    });
    for_each_answer("DELE ", wanted, [&](const Listed&, const std::string& answer) {
      if (!is_ok(answer)) refusal_ = answer;
      return true;
    });
  }

  /// The server deletes only now.
  void end() override {
    if (is_broken_off_) return;
    say("QUIT");
    if (const auto answer = lines_.line(); !is_ok(answer)) refuse("to end the session", answer);
    if (!refusal_.empty()) refuse("to delete a mail", refusal_);
  }

 private:
  void say(const std::string& command) { connection_->send(command + "\r\n"); }

  static bool is_ok(std::string_view answer) { return answer.starts_with("+OK"); }

  [[noreturn]] void refuse(const std::string& what, const std::string& answer) const {
    throw Broken(connection_->peer() + " refuses " + what + ": " +
                 printable(cut_utf8(answer, longest_said)));
  }

  /// To the lone dot.
  void each_line(const std::function<void(std::string_view)>& take) {
    for (;;) {
      const auto line = lines_.line();
      if (line == ".") return;
      take(trim(line));
    }
  }

  void each_listed(const std::function<void(Listed)>& take) {
    say("UIDL");
    if (const auto answer = lines_.line(); !is_ok(answer))
      refuse("to name its mails for good (UIDL), so read them by IMAP", answer);
    each_line([&](std::string_view line) {
      Listed listed{{}, 0};
      const auto [end, error] =
          std::from_chars(line.data(), line.data() + line.size(), listed.number);
      listed.id = trim({end, line.data() + line.size()});
      if (error != std::errc{} || listed.id.empty() || listed.id.size() > longest_id)
        throw Broken(connection_->peer() + " lists its mails in a way that cannot be read: " +
                     printable(cut_utf8(line, longest_said)));
      take(std::move(listed));
    });
  }

  /// Sends the command for each message, some ahead of their answers, until `take` says no.
  void for_each_answer(const std::string& command, const std::vector<Listed>& wanted,
                       const std::function<bool(const Listed&, const std::string&)>& take) {
    std::size_t sent = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      std::string commands;
      // In one piece, once half of them are answered.
      if (sent <= i + ahead_ / 2)
        for (; sent < std::min(wanted.size(), i + ahead_); ++sent)
          commands += command + std::to_string(wanted[sent].number) + "\r\n";
      if (!commands.empty()) connection_->send(commands);
      if (take(wanted[i], lines_.line())) continue;
      is_broken_off_ |= sent > i + 1;
      return;
    }
  }

  Arrived read(const std::string& id) {
    Arrived message{id, {}};
    std::uint64_t rest = 0;
    const auto add = [&](std::string_view text) {
      const auto some = text.substr(0, largest_message - message.bytes.size());
      message.bytes += some;
      rest += text.size() - some.size();
    };
    for (bool begins = true;;) {
      auto [text, ends] = lines_.piece();
      is_broken_off_ = rest > longest_rest;
      if (is_broken_off_ || (begins && ends && text == ".")) break;
      if (begins && text.starts_with('.')) text.remove_prefix(1);
      add(text);
      if (ends) add("\r\n");
      begins = ends;
    }
    return message;
  }

  const std::unique_ptr<Connection> connection_;
  Lines lines_;
  std::size_t ahead_ = 1;
  std::string refusal_;  // of a deletion
  bool is_broken_off_ = false;
};

}  // namespace

std::unique_ptr<Session> make_pop3_session(std::unique_ptr<Connection> connection) {
  return std::make_unique<Pop3Session>(std::move(connection));
}

}  // namespace postrider::daemon::mailbox
