#include "daemon/inert_mail.h"

#include "daemon/return_path.h"

namespace postrider::daemon {

Result<InertComposer> inert_composer(const Proof& proof, const config::Settings& settings,
                                     std::vector<mail::DkimSigner> signers, Instant now) {
  const auto from = mail::parse_mailbox(settings.publication.from);
  if (!from) return tl::make_unexpected(from.error());
  templates::Masthead masthead{.from = *from,
                               .reply_to = {},
                               .date = now,
                               .slug = proof.draft->slug,
                               .issue_uid = 0,
                               .base_url = settings.publication.base_url,
                               .returns = ReturnPath(settings, nullptr).base()};
  if (!settings.publication.reply_to.empty()) {
    const auto reply_to = mail::parse_mailbox(settings.publication.reply_to);
    if (!reply_to) return tl::make_unexpected(reply_to.error());
    masthead.reply_to = *reply_to;
  }
  // The keys sign nothing here: every link is inert. The first key of all will do.
  const auto keys =
      std::make_shared<const TokenKeys>(std::vector<TokenKeys::Key>{{0, std::string(32, '\0')}});
  const auto* list = settings.find_list(proof.lists.front());
  const auto key = list ? list->key : proof.lists.front();
  auto composer = templates::MessageComposer::make(*proof.issue, std::move(masthead), keys,
                                                   std::move(signers), templates::Links::inert);
  if (!composer) return tl::make_unexpected(composer.error());
  return InertComposer{std::move(*composer),
                       {.key = key, .name = list ? list->name : key, .uid = 0}};
}

subscribers::Subscriber made_up_reader() {
  subscribers::Subscriber reader;
  reader.email = "reader@example.org";
  reader.name = "Ada Reader";
  reader.attributes = "{}";
  return reader;
}

}  // namespace postrider::daemon
