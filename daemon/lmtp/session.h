// One LMTP dialogue (RFC 2033): octets in, octets out; no socket, no clock. It takes mail to the
// addresses that are served, and gives a message away only whole.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::daemon::lmtp {

struct SessionLimits {
  std::size_t message = 10 * 1024 * 1024;   // octets; more are not read of what comes back
  std::size_t drained = 100 * 1024 * 1024;  // so many of a longer one, then the session ends
  std::size_t line = 2048;                  // octets of a command (RFC 5321 §4.5.3.1.4 has 512)
  std::size_t recipients = 100;
  std::size_t faults = 100;  // commands that are none
};

/// What all sessions' messages may still take, in octets.
struct Room {
  std::size_t left = 64 * 1024 * 1024;
};

struct Delivery {
  std::string sender;  // empty: nobody, as of reports
  std::vector<std::string> recipients;
  std::string message;
};

class Session {
 public:
  /// `serves`: that address; `room` outlives it.
  Session(std::function<bool(const std::string&)> serves, Room& room,
          const SessionLimits& limits = {});
  ~Session() { forget_message(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Octets as they came, cut anywhere.
  void take(std::string_view octets);
  /// What is to be sent now; asking again gives what has come since.
  std::string take_answers();

  /// A message that has come whole. Nothing behind it is looked at before `settle`.
  const Delivery* delivery() const { return whole_ ? &delivery_ : nullptr; }
  /// Whether it is on disk here.
  void settle(bool kept);

  /// Ends it with that answer: now, or when the message that is on its way is settled.
  void end_soon(std::string_view answer);
  void end(std::string_view answer);
  /// Nothing is read any more, and after the last answers the connection closes.
  bool has_ended() const { return ended_; }

 private:
  struct Verb;
  bool step();
  bool step_in_commands();
  bool step_in_message();
  void obey(std::string_view line);
  void add(std::string_view octets);
  void finish_message();
  void forget_message();
  void answer_each(std::string_view answer);
  void reset();
  void say(std::string_view answer);
  void fault(std::string_view answer);

  void greet(std::string_view rest);
  void mail_from(std::string_view rest);
  void rcpt_to(std::string_view rest);
  void data(std::string_view rest);
  void rset(std::string_view rest);
  void noop(std::string_view rest);
  void verify(std::string_view rest);
  void quit(std::string_view rest);
  void no_smtp(std::string_view rest);

  const std::function<bool(const std::string&)> serves_;
  Room& room_;
  const SessionLimits limits_;
  std::string input_;
  std::size_t done_ = 0;  // of it
  std::string output_;
  std::size_t faults_ = 0;
  bool greeted_ = false;
  bool begun_ = false;       // MAIL was taken
  bool in_message_ = false;  // DATA was
  bool at_line_start_ = true;
  bool whole_ = false;
  bool ended_ = false;
  std::size_t length_ = 0;  // of the message, also where it is not kept
  Delivery delivery_;
  std::string
      refusal_;  // what is said to it when it has come whole; empty: nothing speaks against it
  std::string farewell_;  // after it
};

}  // namespace postrider::daemon::lmtp
