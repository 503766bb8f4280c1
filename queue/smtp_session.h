// The SMTP transaction (RFC 5321) on one ready connection, without a socket: bytes in, bytes out.
// Where PIPELINING is offered (RFC 2920) a message's end and the next one's MAIL, RCPT and DATA go
// out in one group; else one command at a time.
//
// What it promises: a body goes out only after the 354 to its own envelope's DATA; the final dot
// only after the delivery is `sending` on disk; each parcel taken is either judged (`finish`) or
// given back (`release`, `broke`), once, unless `begin` said that it is no longer ours. Belongs to
// one thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/reply.h"
#include "queue/login_secrets.h"
#include "queue/relay.h"

namespace postrider::queue {

/// Why the daemon leaves a connection at its end.
constexpr const char* ending = "the daemon is ending";

/// What the server offered in its last EHLO reply.
struct SmtpOffers {
  bool pipelining = false;
  bool starttls = false;
  std::size_t size = 0;         // RFC 1870; 0: no limit told
  bool eight_bit_mime = false;  // RFC 6152
  bool dsn = false;             // RFC 3461
  bool smtputf8 = false;        // RFC 6531
};

/// How long a server may take (RFC 5321 §4.5.3.2).
struct SmtpTimeouts {
  Duration command = std::chrono::minutes(5);  // MAIL, RCPT, RSET
  Duration data = std::chrono::minutes(2);     // DATA
  Duration block = std::chrono::minutes(3);    // for taking some of what we send
  Duration answer = std::chrono::minutes(10);  // to the final dot
};

/// The session's world.
class SmtpSessionHost {
 public:
  virtual ~SmtpSessionHost() = default;
  /// The next parcel for this connection; nothing: none now.
  virtual std::optional<Parcel> next_parcel() = 0;
  /// As of Desk::begin; the session may be gone when the answer comes.
  virtual void begin(const Claim& claim, std::function<void(bool)> done) = 0;
  virtual void finish(const Parcel& parcel, Instant begun, const Outcome& outcome) = 0;
  /// Gives a parcel back that has no part in the session's end.
  virtual void release(const Parcel& parcel, const std::string& why) = 0;
  /// The server broke the session off while it carried this one, and did not judge it.
  virtual void broke(const Parcel& parcel, Instant begun, const std::string& why) = 0;
  /// As of Desk::heard.
  virtual void heard(std::string_view /*command*/, const mail::Reply& /*reply*/) {}
};

class SmtpSession {
 public:
  /// `peer`: who answers, for the outcomes. `secrets`: ours, which the replies are freed of.
  SmtpSession(SmtpSessionHost& host, const SmtpOffers& offers, const Clock& clock,
              int most_messages, Endpoint peer = {}, const SmtpTimeouts& timeouts = {},
              LoginSecrets secrets = {});
  ~SmtpSession();
  SmtpSession(const SmtpSession&) = delete;
  SmtpSession& operator=(const SmtpSession&) = delete;

  /// Takes up work where it is idle; call when a parcel may be there.
  void pump();

  /// Bytes from the server. False: the connection is of no more use; close it and call `lost`.
  bool receive(std::string_view bytes);

  /// What is to be sent next, the first piece of it; `sent` says how much of all was. Empty:
  /// nothing.
  std::string_view output() const;
  /// As many of the pieces to be sent as `pieces` has room for. How many there are.
  std::size_t outputs(std::span<std::string_view> pieces) const;
  void sent(std::size_t octets);

  /// The connection is gone: everything taken is judged or given back. `why` in plain words.
  void lost(const std::string& why);
  /// As `lost`, but it is we who end it: nobody is to blame.
  void abandon(const std::string& why);

  /// No more parcels; what is between final dot and answer is waited for, the rest given back, then
  /// QUIT.
  void wind_up();

  bool idle() const;            // nothing taken, nothing owed
  bool awaits_verdict() const;  // a final dot has left, and its answer is owed
  bool finished() const;        // QUIT is out, or the session broke off by itself: close
  bool answered() const { return answered_; }            // an envelope got a reply, other than 421
  int judged() const { return judged_; }                 // deliveries that a reply has settled
  const std::string& broken() const { return broken_; }  // why it broke off; empty: it did not
  bool by_us() const { return by_us_; }                  // and it was not the server's doing

  /// How long to wait for what is expected now; nothing is expected: nothing.
  std::optional<Duration> patience() const;

 private:
  enum class Expect : std::uint8_t { mail, rcpt, data, dot, lone_dot, rset, quit };

  /// A parcel with the server's answers to its envelope.
  struct Mail {
    Parcel parcel;
    Instant begun;
    std::optional<Outcome> refusal;  // of MAIL or RCPT
    bool dot_sent = false;           // ordered: it follows the body
    bool dot_left = false;           // at least its first octet is on its way
  };

  void consume(std::size_t octets);
  void offer_envelope();
  std::optional<Outcome> refused_here(const Parcel& parcel) const;
  std::string mail_command(const Parcel& parcel) const;
  std::string rcpt_command(const Parcel& parcel) const;
  void send_envelope(Mail mail);
  void command(std::string_view text, Expect expected);
  bool handle(const mail::Reply& reply);
  bool handle_unasked(const mail::Reply& reply);
  bool handle_envelope(Expect stage, const mail::Reply& reply);
  bool handle_data(const mail::Reply& reply);
  bool handle_dot(const mail::Reply& reply);
  void start_body();
  void called_off();
  void send_dot();
  void reset();
  void judged_by(const Mail& mail, Outcome outcome);
  bool break_off(const std::string& why);
  void leave(const std::string& why);
  void settle_body();
  void settle_envelope();

  SmtpSessionHost& host_;
  const SmtpOffers offers_;
  const Clock& clock_;
  const int most_messages_;
  const Endpoint peer_;
  const SmtpTimeouts timeouts_;
  const LoginSecrets secrets_;

  mail::ReplyReader replies_;
  std::deque<Expect> expected_;
  std::optional<Mail> envelope_;       // MAIL, RCPT, DATA are out, its body is not
  std::optional<Mail> body_;           // its body is going out, or its final dot's answer is owed
  std::string head_;                   // goes out first
  std::deque<std::string_view> data_;  // then the body, pieces of body_'s parcel
  std::string tail_;                   // then this
  int taken_ = 0;
  int judged_ = 0;
  int refused_in_a_row_ = 0;
  bool answered_ = false;
  bool blameless_ = false;  // it broke before the envelope's reader was named
  bool winding_up_ = false;
  bool quit_ = false;
  bool by_us_ = false;
  std::string broken_;
  std::shared_ptr<SmtpSession*> self_;  // null inside: late answers to `begin` find nobody
};

}  // namespace postrider::queue
