#include "daemon/mailbox/mailbox.h"

#include <utility>

#include "config/mailbox_kind.h"
#include "daemon/mailbox/connection.h"
#include "daemon/mailbox/imap_session.h"
#include "daemon/mailbox/maildir.h"
#include "daemon/mailbox/pop3_session.h"
#include "daemon/mailbox/server_mailbox.h"
#include "queue/access_token.h"

namespace postrider::daemon::mailbox {

std::unique_ptr<Mailbox> open_mailbox(const config::Mailbox& settings, const Clock& clock,
                                      std::stop_token stop, const Patience& limits) {
  if (settings.kind == config::MailboxKind::maildir)
    return make_maildir(settings.directory, std::move(stop));
  Way way{settings, {}, std::move(stop), limits};
  if (settings.auth == config::Auth::xoauth2)
    way.tokens = std::make_shared<queue::TokenKeeper>(
        queue::TokenSource{settings.token_file, settings.token_command}, clock);
  return make_server_mailbox([way = std::move(way)]() -> std::unique_ptr<Session> {
    auto connection = Connection::open(way);
    if (config::is_imap(way.settings.kind))
      return make_imap_session(std::move(connection), way.settings.folder);
    return make_pop3_session(std::move(connection));
  });
}

}  // namespace postrider::daemon::mailbox
