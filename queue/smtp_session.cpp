#include "queue/smtp_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "queue/judge.h"

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

/// As Expect has them, up to `dot`.
constexpr std::array<std::string_view, 4> commands{"MAIL FROM", "RCPT TO", "DATA", "message"};
// A server may slow a session down that only meets refusals: Postfix counts errors, of which a
// refused RCPT with the DATA behind it makes two, and answers after ten of them in seconds.
constexpr int most_refused = 4;
constexpr std::size_t longest_envid = 100;  // RFC 3461 §4.4

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
}

/// RFC 3461 §4.
std::string xtext(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c <= '~' && c != '+' && c != '=') {
      out += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out += {'+', digits[octet / 16], digits[octet % 16]};
  }
  return out;
}

}  // namespace

SmtpSession::SmtpSession(SmtpSessionHost& host, const SmtpOffers& offers, const Clock& clock,
                         int most_messages, Endpoint peer, const SmtpTimeouts& timeouts,
                         LoginSecrets secrets)
    : host_(host),
      offers_(offers),
      clock_(clock),
      most_messages_(most_messages),
      peer_(std::move(peer)),
      timeouts_(timeouts),
      secrets_(std::move(secrets)),
      self_(std::make_shared<SmtpSession*>(this)) {}

SmtpSession::~SmtpSession() { *self_ = nullptr; }

void SmtpSession::pump() {
  if (idle() && !quit_ && broken_.empty()) offer_envelope();
}

bool SmtpSession::idle() const { return !envelope_ && !body_ && expected_.empty(); }

bool SmtpSession::awaits_verdict() const { return body_ && body_->dot_left; }

bool SmtpSession::finished() const {
  return !broken_.empty() || (quit_ && expected_.empty() && output().empty());
}

std::string_view SmtpSession::output() const {
  if (!head_.empty()) return head_;
  return data_.empty() ? std::string_view(tail_) : data_.front();
}

std::size_t SmtpSession::outputs(std::span<std::string_view> pieces) const {
  std::size_t count = 0;
  const auto add = [&](std::string_view piece) {
    if (!piece.empty() && count < pieces.size()) pieces[count++] = piece;
  };
  add(head_);
  for (const auto piece : data_) add(piece);
  add(tail_);
  return count;
}

void SmtpSession::sent(std::size_t octets) {
  while (octets > 0) {
    const auto some = std::min(octets, output().size());
    consume(some);
    octets -= some;
  }
}

/// Of the first piece.
void SmtpSession::consume(std::size_t octets) {
  if (body_ && body_->dot_sent && !body_->dot_left && data_.empty()) {
    // The dot is the first thing behind the body: any octet of what follows may complete it.
    body_->dot_left = octets > 0;
  }
  if (!head_.empty()) {
    head_.erase(0, octets);
  } else if (!data_.empty()) {
    data_.front().remove_prefix(octets);
    if (data_.front().empty()) data_.pop_front();
    if (data_.empty()) head_ = std::exchange(tail_, {});
  } else {
    tail_.erase(0, octets);
  }
}

void SmtpSession::command(std::string_view text, Expect expected) {
  // Behind a body that is still going out, everything waits in its order.
  auto& out = data_.empty() ? head_ : tail_;
  out += text;
  expected_.push_back(expected);
}

void SmtpSession::offer_envelope() {
  if (winding_up_ || taken_ >= most_messages_ || refused_in_a_row_ >= most_refused) {
    if (!body_) {
      command("QUIT\r\n", Expect::quit);
      quit_ = true;
    }
    return;
  }
  while (auto parcel = host_.next_parcel()) {
    if (const auto refusal = refused_here(*parcel)) {
      host_.finish(*parcel, clock_.now(), *refusal);
      continue;
    }
    ++taken_;
    return send_envelope({std::move(*parcel), clock_.now(), {}});
  }
}

/// What the server has told beforehand that it will not take.
std::optional<Outcome> SmtpSession::refused_here(const Parcel& parcel) const {
  const auto refused = [&](Scope scope, std::string why) {
    return Outcome{OutcomeKind::refused, scope, {0, "", std::move(why)}, peer_};
  };
  const auto& [sender, recipient, id] = parcel.envelope;
  for (const auto& [address, scope] :
       {std::pair{&recipient, Scope::recipient}, {&sender, Scope::sender}})
    if (!offers_.smtputf8 && !is_ascii(*address))
      return refused(scope, printable(*address) +
                                " has letters other than ASCII before the @, which the relay does "
                                "not take (it offers no SMTPUTF8)");
  const auto& data = parcel.data;
  if (!offers_.eight_bit_mime && data.is_eight_bit())
    return refused(Scope::message,
                   "the message has letters other than ASCII in its header or text, which the "
                   "relay does not take (it offers no 8BITMIME)");
  if (offers_.size > 0 && data.size() > offers_.size)
    return refused(Scope::message,
                   "the message has " + with_thousands(static_cast<std::int64_t>(data.size())) +
                       " octets, and the relay takes at most " +
                       with_thousands(static_cast<std::int64_t>(offers_.size)) + " (SIZE)");
  return {};
}

std::string SmtpSession::mail_command(const Parcel& parcel) const {
  const auto& [sender, recipient, id] = parcel.envelope;
  auto line = "MAIL FROM:<" + sender + ">";
  if (offers_.size > 0) line += " SIZE=" + std::to_string(parcel.data.size());
  if (parcel.data.is_eight_bit()) line += " BODY=8BITMIME";
  if (!is_ascii(sender) || !is_ascii(recipient)) line += " SMTPUTF8";
  if (offers_.dsn) {
    line += " RET=HDRS";
    if (const auto envid = xtext(id); !envid.empty() && envid.size() <= longest_envid)
      line += " ENVID=" + envid;
  }
  return line + "\r\n";
}

std::string SmtpSession::rcpt_command(const Parcel& parcel) const {
  return "RCPT TO:<" + parcel.envelope.recipient + (offers_.dsn ? "> NOTIFY=FAILURE" : ">") +
         "\r\n";
}

void SmtpSession::send_envelope(Mail mail) {
  command(mail_command(mail.parcel), Expect::mail);
  if (offers_.pipelining) {
    command(rcpt_command(mail.parcel), Expect::rcpt);
    command("DATA\r\n", Expect::data);
  }
  envelope_ = std::move(mail);
}

bool SmtpSession::receive(std::string_view bytes) {
  const bool readable = replies_.feed(bytes);
  while (auto reply = replies_.next()) {
    reply->text = secrets_.hidden(std::move(reply->text));
    if (!handle(*reply)) return false;
  }
  return readable || break_off("the server sent something that is no SMTP reply");
}

bool SmtpSession::handle(const mail::Reply& reply) {
  if (expected_.empty()) return handle_unasked(reply);
  const auto stage = expected_.front();
  expected_.pop_front();
  if (stage <= Expect::dot) host_.heard(commands[static_cast<std::size_t>(stage)], reply);
  if (stage == Expect::quit) return true;
  // 421: the server closes the connection (RFC 5321 §3.8); it is nobody's fault but the session's.
  if (reply.code == 421 && stage != Expect::dot) {
    blameless_ = stage == Expect::mail;
    return break_off(reply.str());
  }
  answered_ = answered_ || stage <= Expect::dot;
  switch (stage) {
    case Expect::mail:
    case Expect::rcpt:
      return handle_envelope(stage, reply);
    case Expect::data:
      return handle_data(reply);
    case Expect::dot:
      return handle_dot(reply);
    case Expect::lone_dot:
      reset();
      return true;
    case Expect::rset:
      if (!reply.positive()) return break_off("RSET was refused: " + reply.str());
      offer_envelope();
      return true;
    case Expect::quit:
      break;
  }
  return true;
}

/// Some servers refuse a message before they have seen its end (RFC 5321 §4.2.5 has no place for
/// it).
bool SmtpSession::handle_unasked(const mail::Reply& reply) {
  host_.heard("unasked", reply);
  const bool refuses_body =
      body_ && reply.code != 421 && !reply.positive() && !reply.intermediate();
  if (!refuses_body) return break_off("the server spoke without being asked: " + reply.str());
  const auto mail = *std::exchange(body_, {});
  data_ = {};
  judged_by(mail, judge(Stage::dot, reply));
  return break_off(reply.str());
}

bool SmtpSession::handle_envelope(Expect stage, const mail::Reply& reply) {
  if (reply.intermediate()) return break_off("an unexpected reply: " + reply.str());
  auto& mail = *envelope_;
  if (!reply.positive() && !mail.refusal)
    mail.refusal = judge(stage == Expect::mail ? Stage::mail : Stage::rcpt, reply);
  if (offers_.pipelining) return true;
  if (mail.refusal) {
    judged_by(mail, *mail.refusal);
    envelope_.reset();
    reset();
  } else if (stage == Expect::mail) {
    command(rcpt_command(mail.parcel), Expect::rcpt);
  } else {
    command("DATA\r\n", Expect::data);
  }
  return true;
}

bool SmtpSession::handle_data(const mail::Reply& reply) {
  if (reply.positive()) return break_off("an unexpected reply to DATA: " + reply.str());
  if (!reply.intermediate() && !envelope_->refusal) envelope_->refusal = judge(Stage::data, reply);
  if (!envelope_->refusal && winding_up_) {
    leave(ending);
    return false;
  }
  auto mail = std::move(*envelope_);
  envelope_.reset();
  if (!mail.refusal) {
    body_ = std::move(mail);
    start_body();
    return true;
  }
  judged_by(mail, *mail.refusal);
  if (reply.intermediate())
    // Some servers want a message though nobody is to get it: an empty one.
    command(".\r\n", Expect::lone_dot);
  else
    reset();
  return true;
}

void SmtpSession::start_body() {
  auto& mail = *body_;
  if (!mail.parcel.data.is_plain()) mail.parcel.data = mail.parcel.data.dot_stuffed();
  for (const auto piece : mail.parcel.data.pieces())
    if (!piece.empty()) data_.push_back(piece);
  host_.begin(mail.parcel.claimed.claim(), [self = self_](bool ours) {
    if (!*self) return;
    auto& session = **self;
    if (!session.body_ || session.body_->dot_sent) return;
    if (ours)
      session.send_dot();
    else
      session.called_off();
  });
}

/// It is back in the queue already, or in other hands: there is nothing to give back.
void SmtpSession::called_off() {
  data_ = {};
  body_.reset();
  leave("the delivery was called off");
}

void SmtpSession::send_dot() {
  if (winding_up_) return leave(ending);
  const bool whole_lines = body_->parcel.data.ends_with_line();
  body_->dot_sent = true;
  command(whole_lines ? ".\r\n" : "\r\n.\r\n", Expect::dot);
  if (offers_.pipelining) offer_envelope();
}

bool SmtpSession::handle_dot(const mail::Reply& reply) {
  if (reply.intermediate()) return break_off("an unexpected reply to a message: " + reply.str());
  const bool early = !body_->dot_left;  // it has not seen the end of what it answers
  if (early && reply.positive()) return break_off("a reply before the message's end");
  const auto mail = std::move(*body_);
  body_.reset();
  data_ = {};
  if (reply.code == 421)
    host_.broke(mail.parcel, mail.begun, reply.str());
  else
    judged_by(mail, judge(Stage::dot, reply));
  if (reply.code == 421 || early) {
    blameless_ = true;  // the next envelope, which may be out already
    return break_off(reply.str());
  }
  if (!envelope_ && expected_.empty()) offer_envelope();
  return true;
}

void SmtpSession::reset() { command("RSET\r\n", Expect::rset); }

void SmtpSession::judged_by(const Mail& mail, Outcome outcome) {
  refused_in_a_row_ = outcome.kind == OutcomeKind::delivered ? 0 : refused_in_a_row_ + 1;
  ++judged_;
  outcome.peer = peer_;
  host_.finish(mail.parcel, mail.begun, outcome);
}

bool SmtpSession::break_off(const std::string& why) {
  if (broken_.empty()) broken_ = why;
  return false;
}

void SmtpSession::leave(const std::string& why) {
  if (!broken_.empty()) return;
  broken_ = why;
  by_us_ = true;
}

void SmtpSession::lost(const std::string& why) {
  if (!quit_) break_off(why);  // after QUIT all was settled
  data_ = {};
  head_.clear();
  tail_.clear();
  expected_.clear();
  // What broke the session is the message that went out first.
  blameless_ = blameless_ || by_us_;
  settle_body();
  settle_envelope();
}

void SmtpSession::abandon(const std::string& why) {
  leave(why);
  lost(why);
}

void SmtpSession::settle_body() {
  const auto mail = std::exchange(body_, {});
  if (!mail) return;
  if (mail->dot_left)
    host_.finish(mail->parcel, mail->begun,
                 {OutcomeKind::in_doubt,
                  Scope::session,
                  {0, "", "cut off after the message's end, before the answer: " + broken_},
                  peer_});
  else if (by_us_)
    host_.release(mail->parcel, broken_);
  else
    host_.broke(mail->parcel, mail->begun, broken_);
  blameless_ = true;
}

void SmtpSession::settle_envelope() {
  const auto mail = std::exchange(envelope_, {});
  if (!mail) return;
  if (mail->refusal)
    judged_by(*mail, *mail->refusal);
  else if (blameless_)
    host_.release(mail->parcel, broken_);
  else
    host_.broke(mail->parcel, mail->begun, broken_);
}

void SmtpSession::wind_up() {
  winding_up_ = true;
  if (idle() && !quit_)
    offer_envelope();  // which says QUIT now
  else if (body_ ? !body_->dot_sent : envelope_.has_value())
    leave(ending);
}

std::optional<Duration> SmtpSession::patience() const {
  if (!output().empty()) return timeouts_.block;
  if (expected_.empty()) return {};
  switch (expected_.front()) {
    case Expect::data:
      return timeouts_.data;
    case Expect::dot:
    case Expect::lone_dot:
      return timeouts_.answer;
    case Expect::quit:
      return 5s;
    default:
      return timeouts_.command;
  }
}

}  // namespace postrider::queue
