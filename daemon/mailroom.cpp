#include "daemon/mailroom.h"

#include "daemon/dkim_keys.h"
#include "mail/forwarding.h"
#include "store/replies.h"

namespace postrider::daemon {

namespace {

constexpr std::size_t most_editions = 8;  // issues whose rendered variants are kept in memory

/// Of an erratum: the mails that it follows. Their head is the same in all versions.
std::optional<templates::Thread> thread_of(store::Ledger& ledger, const queue::Issue& erratum) {
  const auto before = ledger.find_issue(erratum.corrects);
  const auto frozen = before ? ledger.frozen(before->id) : std::nullopt;
  if (!frozen) return {};
  const auto from = mail::parse_mailbox(frozen->masthead.from);
  if (!from) return {};
  return templates::Thread{before->uid, from->address.domain, frozen->masthead.token_key};
}

Result<mail::DkimSigner> load_signer(const config::Settings& settings,
                                     const std::string& selector) {
  const auto pem = read_dkim_key(settings, selector);
  if (!pem) return tl::make_unexpected(pem.error());
  auto signer = mail::DkimSigner::make(*pem, settings.dkim.domain, selector);
  if (!signer) return fail(bad_dkim_key(settings, selector, signer.error().message));
  return signer;
}

}  // namespace

Result<std::vector<mail::DkimSigner>> load_signers(const config::Settings& settings) {
  std::vector<mail::DkimSigner> signers;
  if (settings.dkim.domain.empty()) return signers;
  for (const auto& selector : {settings.dkim.selector, settings.dkim.ed25519_selector}) {
    if (selector.empty()) continue;
    auto signer = load_signer(settings, selector);
    if (!signer) return tl::make_unexpected(signer.error());
    signers.push_back(std::move(*signer));
  }
  return signers;
}

Mailroom::Mailroom(std::unique_ptr<store::Database> database, std::shared_ptr<const TokenKeys> keys,
                   std::vector<mail::DkimSigner> signers, std::unique_ptr<NoticeComposer> notices,
                   OperatorComposer operator_mails, std::unique_ptr<Previewer> previews,
                   ReturnPath return_path, const Clock& clock)
    : database_(std::move(database)),
      keys_(std::move(keys)),
      signers_(std::move(signers)),
      notices_(std::move(notices)),
      operator_mails_(std::move(operator_mails)),
      previews_(std::move(previews)),
      return_path_(std::move(return_path)),
      clock_(clock) {}

Result<std::unique_ptr<Mailroom>> Mailroom::open(const config::Settings& settings,
                                                 std::shared_ptr<const TokenKeys> keys,
                                                 const Clock& clock) {
  auto database = store::Database::open(settings.storage.database, store::OpenMode::read_only);
  if (!database) return tl::make_unexpected(database.error());
  auto signers = load_signers(settings);
  if (!signers) return tl::make_unexpected(signers.error());
  auto notices = NoticeComposer::make(settings, keys, *signers);
  if (!notices) return tl::make_unexpected(notices.error());
  OperatorComposer operator_mails(settings, keys, *signers);
  auto previews = Previewer::open(settings, keys, *signers, clock);
  if (!previews) return tl::make_unexpected(previews.error());
  ReturnPath return_path(settings, keys);
  return std::unique_ptr<Mailroom>(
      new Mailroom(std::move(*database), std::move(keys), std::move(*signers), std::move(*notices),
                   std::move(operator_mails), std::move(*previews), std::move(return_path), clock));
}

Result<void> Mailroom::compose(queue::Parcel& parcel) {
  const auto& claimed = parcel.claimed;
  if (claimed.notice && claimed.notice->kind == queue::NoticeKind::forward)
    return compose_forward(parcel);
  if (claimed.notice && claimed.notice->kind != queue::NoticeKind::resend)
    return compose_notice(parcel);
  const auto found = edition(claimed.key.issue, claimed.version);
  if (!found) return tl::make_unexpected(found.error());
  const auto list = (*found)->lists.find(claimed.list);
  if (list == (*found)->lists.end()) return fail("the list of this delivery is not known");
  auto message = (*found)->composer->compose(
      {claimed.uid, claimed.email, claimed.name, claimed.attributes}, list->second);
  if (!message) return tl::make_unexpected(message.error());
  parcel.envelope = {return_path_.sender((*found)->uid, claimed.uid, (*found)->from), claimed.email,
                     std::move(message->id)};
  parcel.data = std::move(message->text);
  return {};
}

Result<void> Mailroom::compose_notice(queue::Parcel& parcel) {
  if (parcel.claimed.notice->kind == queue::NoticeKind::operator_mail)
    return compose_operator_mail(parcel);
  if (parcel.claimed.notice->kind == queue::NoticeKind::preview) return previews_->compose(parcel);
  std::vector<store::Ledger::ListRow> lists;
  {
    const std::lock_guard lock(mutex_);
    lists = store::Ledger(*database_).lists();
  }
  return notices_->compose(parcel, lists, clock_.now());
}

Result<void> Mailroom::compose_operator_mail(queue::Parcel& parcel) {
  std::optional<store::OperatorMail> mail;
  {
    const std::lock_guard lock(mutex_);
    mail = store::OperatorMails(*database_).of(parcel.claimed.notice->uid);
  }
  if (!mail) return fail("what it was to tell is not there any more");
  return operator_mails_.compose(parcel, *mail, clock_.now());
}

/// The envelope's sender is ours, for SPF, and without a token: a failure is of no reader's mail.
Result<void> Mailroom::compose_forward(queue::Parcel& parcel) {
  const auto& claimed = parcel.claimed;
  const auto to = mail::parse_address(claimed.email);
  if (!to) return fail("its recipient is no address");
  if (!return_path_.base()) return fail("there is no [bounces] address any more");
  std::optional<std::string> message;
  {
    const std::lock_guard lock(mutex_);
    message = store::message_answered(*database_, claimed.key.notice);
  }
  if (!message) return fail("the message is not kept any more");
  parcel.envelope = {return_path_.base()->str(), claimed.email};
  parcel.data = mail::forwarded(*message, return_path_.base()->domain, *to, clock_.now());
  return {};
}

Result<std::shared_ptr<Mailroom::Edition>> Mailroom::edition(IssueId issue, int version) {
  const std::lock_guard lock(mutex_);
  const auto known = editions_.find({issue, version});
  if (known != editions_.end()) return known->second;
  auto made = set_up(issue, version);
  if (!made) return made;
  // The oldest issue is the one that is most likely done; a late copy of it is only set up again.
  if (editions_.size() >= most_editions) editions_.erase(editions_.begin());
  editions_[{issue, version}] = *made;
  return made;
}

Result<std::shared_ptr<Mailroom::Edition>> Mailroom::set_up(IssueId id, int version) {
  store::Ledger ledger(*database_);
  const auto issue = ledger.find_issue(id);
  auto frozen = ledger.frozen(id, version);
  if (!issue || !frozen || !issue->started_at) return fail("the issue's content is not there");
  const auto& head = frozen->masthead;
  const auto from = mail::parse_mailbox(head.from);
  if (!from) return tl::make_unexpected(from.error());
  templates::Masthead masthead{.from = *from,
                               .reply_to = {},
                               .date = *issue->started_at,
                               .slug = issue->slug,
                               .issue_uid = issue->uid,
                               .base_url = head.base_url,
                               .returns = return_path_.base(),
                               .token_key = head.token_key,
                               .thread = thread_of(ledger, *issue)};
  if (!head.reply_to.empty()) {
    const auto reply_to = mail::parse_mailbox(head.reply_to);
    if (!reply_to) return tl::make_unexpected(reply_to.error());
    masthead.reply_to = *reply_to;
  }
  auto made = std::make_shared<Edition>();
  made->from = from->address;
  made->uid = issue->uid;
  for (const auto& row : ledger.lists()) {
    const auto name = head.lists.find(row.key);
    if (name != head.lists.end())
      made->lists[row.id] = {.key = row.key, .name = name->second, .uid = row.uid};
  }
  auto composer = templates::MessageComposer::make(std::move(frozen->content), std::move(masthead),
                                                   keys_, signers_);
  if (!composer) return tl::make_unexpected(composer.error());
  made->composer = std::move(*composer);
  return made;
}

}  // namespace postrider::daemon
