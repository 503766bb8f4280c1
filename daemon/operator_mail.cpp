#include "daemon/operator_mail.h"

#include <set>

#include "base/text.h"
#include "base/time_text.h"

namespace postrider::daemon {

using store::OperatorEvent;

namespace {

/// {}: what it is about, or how many there are.
struct Headline {
  std::string_view one, several;
};

Headline headline_of(OperatorEvent kind) {
  switch (kind) {
    case OperatorEvent::issue_held:
      return {"issue {} is held", "{} issues are held"};
    case OperatorEvent::issue_rejected:
      return {"issue {} is rejected", "{} issues are rejected"};
    case OperatorEvent::issue_paused:
      return {"issue {} is paused", "{} issues are paused"};
    case OperatorEvent::issue_started:
      return {"issue {} is being sent", "{} issues are being sent"};
    case OperatorEvent::issue_finished:
      return {"issue {} is sent", "{} issues are sent"};
    case OperatorEvent::breaker:
      return {"too many readers gone: {}", "too many readers gone: {} cases"};
    case OperatorEvent::gone_rate:
      return {"many readers gone: {}", "many readers gone: {} cases"};
    case OperatorEvent::complaint_rate:
      return {"too many complaints: {}", "too many complaints: {} cases"};
    case OperatorEvent::failure_rate:
      return {"too many failures: {}", "too many failures: {} cases"};
    case OperatorEvent::sign_ups:
      return {"sign-ups to {} are stopped", "sign-ups to {} lists are stopped"};
    case OperatorEvent::issue_stalled:
      return {"issue {} does not move", "{} issues do not move"};
    case OperatorEvent::relay_down:
      return {"relay {} is down", "{} relays are down"};
    case OperatorEvent::relay_up:
      return {"relay {} works again", "{} relays work again"};
    case OperatorEvent::mailbox_down:
      return {"the mailbox cannot be read: {}", "{} mailboxes cannot be read"};
    case OperatorEvent::mailbox_up:
      return {"the mailbox can be read again: {}", "{} mailboxes can be read again"};
    case OperatorEvent::database:
      return {"{} could not be written for a while", "{} databases could not be written"};
    case OperatorEvent::database_damaged:
      return {"{} is damaged", "{} databases are damaged"};
    case OperatorEvent::disk:
      return {"room on {}", "room on {} disks"};
    case OperatorEvent::certificate:
      return {"{} ends", "{} certificates end"};
    case OperatorEvent::approval_void:
      return {"the approval of {} is void", "the approvals of {} issues are void"};
    case OperatorEvent::slot_empty:
      return {"a slot of {} has no draft yet", "slots of {} lists have no draft yet"};
    case OperatorEvent::slot_quiet:
      return {"a slot of {} passed without an issue", "slots of {} lists passed without an issue"};
  }
  return {"{}", "{}"};
}

std::string headline(const store::OperatorMail& mail) {
  std::set<std::string> subjects;
  for (const auto& news : mail.news) subjects.insert(news.about);
  const auto [one, several] = headline_of(mail.kind);
  if (subjects.size() == 1 && mail.more == 0)
    return replace_all(std::string(one), "{}", *subjects.begin());
  const auto count = static_cast<std::int64_t>(subjects.size()) + mail.more;
  return replace_all(std::string(several), "{}", with_thousands(count));
}

}  // namespace

templates::RenderedNotice render_operator_mail(const store::OperatorMail& mail,
                                               const config::Publication& publication) {
  std::string text;
  for (const auto& [about, line, at] : mail.news)
    text += time_text(at, publication.timezone) + ", " + about + ":\n" + line + "\n\n";
  if (mail.more > 0) text += "And " + with_thousands(mail.more) + " more.\n\n";
  text +=
      "`postrider status` tells how things stand now.\n\n-- \n"
      "Postrider, to [operator] email of " +
      publication.name + "; at most one mail an hour of this kind.\n";
  return {"[Postrider] " + publication.name + ": " + headline(mail), "", std::move(text)};
}

OperatorComposer::OperatorComposer(const config::Settings& settings,
                                   std::shared_ptr<const TokenKeys> keys,
                                   std::vector<mail::DkimSigner> signers)
    : publication_(settings.publication),
      keys_(std::move(keys)),
      signers_(std::move(signers)),
      return_path_(settings, keys_) {}

Result<void> OperatorComposer::compose(queue::Parcel& parcel, const store::OperatorMail& mail,
                                       Instant now) const {
  const auto& claimed = parcel.claimed;
  const auto from = mail::parse_mailbox(publication_.from);
  const auto to = mail::parse_address(claimed.email);
  if (!from || !to) return fail("its sender or recipient is no address");
  const auto id = keys_->sign(Purpose::message_id, {claimed.uid, 0, claimed.notice->uid});
  // What comes back of it is no reader's, so that nothing is made of it.
  parcel.envelope = {return_path_.plain_sender(from->address), claimed.email, id};
  parcel.data = templates::notice_message(render_operator_mail(mail, publication_),
                                          {*from, {}, *to, now, id, {}}, signers_);
  return {};
}

}  // namespace postrider::daemon
