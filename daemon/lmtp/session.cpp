#include "daemon/lmtp/session.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "mail/address.h"

namespace postrider::daemon::lmtp {

namespace {

constexpr std::size_t longest_path = 320;  // what addresses have ever been allowed
constexpr std::string_view end_of_line = "\r\n";

bool has_controls(std::string_view line) {
  return std::ranges::any_of(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// "<joe@a.example> SIZE=5" behind FROM: or TO:.
struct Path {
  std::string_view address;
  std::string_view parameters;
};

/// A > within quotes ends no path; a route before the address says nothing any more (RFC 5321
/// appendix C).
std::optional<Path> parse_path(std::string_view rest, std::string_view prefix) {
  if (!iequals(rest.substr(0, prefix.size()), prefix)) return {};
  rest = trim(rest.substr(prefix.size()));
  if (!rest.starts_with('<')) return {};
  bool quoted = false;
  std::size_t end = 1;
  for (; end < rest.size() && (quoted || rest[end] != '>'); ++end)
    if (rest[end] == '"')
      quoted = !quoted;
    else if (quoted && rest[end] == '\\')
      ++end;
  if (end >= rest.size()) return {};
  auto address = rest.substr(1, end - 1);
  if (address.starts_with('@')) address.remove_prefix(std::min(address.find(':'), address.size()));
  if (address.starts_with(':')) address.remove_prefix(1);
  return Path{address, trim(rest.substr(end + 1))};
}

/// What is wrong with the parameters of MAIL; empty: nothing.
std::string_view complaint(std::string_view parameters, std::size_t most) {
  for (const auto parameter : split(parameters, ' ')) {
    const auto word = to_lower(parameter);
    if (word.empty() || word == "body=7bit" || word == "body=8bitmime" || word == "smtputf8")
      continue;
    if (!word.starts_with("size=")) return "555 5.5.4 this parameter was not offered";
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(word.data() + 5, word.data() + word.size(), size);
    if (error == std::errc::invalid_argument || end != word.data() + word.size())
      return "501 5.5.4 SIZE is a number";
    if (error != std::errc() || size > most) return "552 5.3.4 the message is too large";
  }
  return {};
}

}  // namespace

Session::Session(std::function<bool(const std::string&)> serves, Room& room,
                 const SessionLimits& limits)
    : serves_(std::move(serves)), room_(room), limits_(limits) {
  say("220 postrider LMTP");
}

void Session::take(std::string_view octets) {
  if (ended_) return;
  input_ += octets;
  while (!ended_ && !whole_ && step()) continue;
  input_.erase(0, done_);
  done_ = 0;
}

std::string Session::take_answers() { return std::exchange(output_, {}); }

void Session::settle(bool kept) {
  whole_ = false;
  answer_each(kept ? "250 2.0.0 it is kept"
                   : "451 4.3.0 it cannot be kept right now; please try again later");
  take({});
}

void Session::end_soon(std::string_view answer) {
  if (in_message_ || whole_)
    farewell_ = answer;
  else
    end(answer);
}

void Session::end(std::string_view answer) {
  if (ended_) return;
  say(answer);
  ended_ = true;
}

/// One line; false: none has come.
bool Session::step() { return in_message_ ? step_in_message() : step_in_commands(); }

/// Who ends lines otherwise than by CR LF may mean to smuggle (RFC 5321 §2.3.8).
bool Session::step_in_commands() {
  const auto rest = std::string_view(input_).substr(done_);
  const auto length = rest.find('\n');
  if (std::min(length, rest.size()) > limits_.line) {
    end("500 5.5.2 this line is too long");
    return false;
  }
  if (length == std::string_view::npos) return false;
  done_ += length + 1;
  if (length == 0 || rest[length - 1] != '\r')
    end("500 5.5.2 a line ends in CR LF");
  else
    obey(rest.substr(0, length - 1));
  return true;
}

/// Only CR LF . CR LF ends it: a bare CR or LF is an octet like others.
bool Session::step_in_message() {
  auto rest = std::string_view(input_).substr(done_);
  if (at_line_start_ && rest.starts_with('.')) {
    if (rest == "." || rest == ".\r") return false;
    if (rest.starts_with(".\r\n")) {
      done_ += 3;
      finish_message();
      return true;
    }
    ++done_;  // RFC 5321 §4.5.2
    rest.remove_prefix(1);
    at_line_start_ = false;
  }
  const auto end = rest.find(end_of_line);
  const bool whole = end != std::string_view::npos;
  const auto length =
      whole ? end + end_of_line.size() : rest.size() - (rest.ends_with('\r') ? 1 : 0);
  add(rest.substr(0, length));
  done_ += length;
  if (length > 0) at_line_start_ = whole;
  return whole;
}

void Session::add(std::string_view octets) {
  length_ += octets.size();
  if (refusal_.empty() && length_ > limits_.message)
    refusal_ = "552 5.3.4 the message is too large";
  if (refusal_.empty() && octets.size() > room_.left)
    refusal_ = "452 4.3.1 too much mail at once; please try again later";
  if (refusal_.empty()) {
    room_.left -= octets.size();
    delivery_.message += octets;
    return;
  }
  forget_message();
  if (length_ <= limits_.drained) return;
  farewell_ = "421 4.3.4 the message is far too large";
  finish_message();
}

void Session::finish_message() {
  in_message_ = false;
  if (refusal_.empty())
    whole_ = true;
  else
    answer_each(std::exchange(refusal_, {}));
}

void Session::forget_message() {
  room_.left += delivery_.message.size();
  std::string().swap(delivery_.message);
}

/// RFC 2033 §4.2: for each recipient, in their order, also where two are the same.
void Session::answer_each(std::string_view answer) {
  for (std::size_t i = 0; i < delivery_.recipients.size(); ++i) say(answer);
  reset();
  if (!farewell_.empty()) end(farewell_);
}

void Session::reset() {
  forget_message();
  delivery_ = {};
  refusal_.clear();
  length_ = 0;
  begun_ = false;
}

void Session::say(std::string_view answer) { output_.append(answer).append(end_of_line); }

void Session::fault(std::string_view answer) {
  say(answer);
  if (++faults_ > limits_.faults) end("421 4.7.0 too many faults");
}

struct Session::Verb {
  std::string_view name;
  void (Session::*obey)(std::string_view rest);
};

void Session::obey(std::string_view line) {
  static constexpr Verb verbs[] = {{"lhlo", &Session::greet},   {"mail", &Session::mail_from},
                                   {"rcpt", &Session::rcpt_to}, {"data", &Session::data},
                                   {"rset", &Session::rset},    {"noop", &Session::noop},
                                   {"vrfy", &Session::verify},  {"quit", &Session::quit},
                                   {"helo", &Session::no_smtp}, {"ehlo", &Session::no_smtp}};
  if (has_controls(line)) return fault("500 5.5.2 a command has no control characters in it");
  const auto space = std::min(line.find(' '), line.size());
  const auto* const verb = std::ranges::find(verbs, to_lower(line.substr(0, space)), &Verb::name);
  if (verb == std::end(verbs)) return fault("500 5.5.1 there is no such command");
  (this->*verb->obey)(trim(line.substr(space)));
}

void Session::greet(std::string_view rest) {
  if (rest.empty()) return fault("501 5.5.4 LHLO needs a name");
  reset();
  greeted_ = true;
  for (const auto* offer :
       {"postrider", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"})
    say("250-" + std::string(offer));
  say("250 SIZE " + std::to_string(limits_.message));
}

void Session::no_smtp(std::string_view) {
  fault("500 5.5.1 this is LMTP, which begins with LHLO (RFC 2033); let your server deliver by it");
}

void Session::mail_from(std::string_view rest) {
  if (!greeted_) return fault("503 5.5.1 LHLO comes first");
  if (begun_) return fault("503 5.5.1 one MAIL at a time");
  const auto path = parse_path(rest, "FROM:");
  if (!path) return fault("501 5.5.4 write MAIL FROM:<address>");
  if (path->address.size() > longest_path) return fault("501 5.1.7 this address is too long");
  if (const auto wrong = complaint(path->parameters, limits_.message); !wrong.empty())
    return say(wrong);
  begun_ = true;
  delivery_.sender = path->address;
  say("250 2.1.0 go on");
}

void Session::rcpt_to(std::string_view rest) {
  if (!begun_) return fault("503 5.5.1 MAIL comes first");
  const auto path = parse_path(rest, "TO:");
  if (!path) return fault("501 5.5.4 write RCPT TO:<address>");
  if (!path->parameters.empty()) return say("555 5.5.4 this parameter was not offered");
  const auto address = mail::parse_address(path->address);
  const auto written = address ? address->str() : std::string();
  if (!serves_(written)) return say("550 5.1.1 nobody of that name is here");
  if (delivery_.recipients.size() >= limits_.recipients)
    return say("452 4.5.3 too many recipients at once");
  delivery_.recipients.push_back(written);
  say("250 2.1.5 go on");
}

void Session::data(std::string_view rest) {
  if (!rest.empty()) return fault("501 5.5.4 DATA stands alone");
  if (delivery_.recipients.empty()) return fault("503 5.5.1 there is no recipient");
  in_message_ = at_line_start_ = true;
  say("354 a line with a dot alone ends it");
}

void Session::rset(std::string_view) {
  reset();
  say("250 2.0.0 done");
}

void Session::noop(std::string_view) { say("250 2.0.0 done"); }

void Session::verify(std::string_view) { say("252 2.0.0 send it and see"); }

void Session::quit(std::string_view) { end("221 2.0.0 goodbye"); }

}  // namespace postrider::daemon::lmtp
