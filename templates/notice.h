// A notice's mail: a few sentences of the theme in the reader's language, and a button perhaps.
// Nothing in it but what the publication's settings and its theme say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "mail/address.h"
#include "mail/dkim.h"
#include "mail/wire_text.h"
#include "templates/issue.h"
#include "templates/message.h"
#include "templates/theme.h"

namespace postrider::templates {

struct NoticeText {
  std::string kind;  // of the words mail_KIND_subject, _text, _note, and _button where it has one
  std::string list;  // its name for readers, or several; empty where the words name none
  std::string url;   // where the button leads; empty: there is none
};

struct RenderedNotice {
  std::string subject;             // UTF-8, one line
  std::string html;                // LF line ends; empty: the mail is text alone
  std::string text;                // LF line ends
  std::vector<Image> images = {};  // that the HTML shows
};

/// Faults are errors in the theme, with file and line.
tl::expected<RenderedNotice, Faults> render_notice(const NoticeText& notice, const Theme& theme,
                                                   const PublicationText& publication);

struct NoticeHead {
  mail::Mailbox from;
  std::optional<mail::Mailbox> reply_to;
  mail::Address to;
  Instant date;
  std::string id;                // of its Message-ID, before the @
  std::optional<ListHead> list;  // that it speaks of
};

/// The whole message, as of MessageComposer::compose. It says that no person wrote it (RFC 3834),
/// and names no way to unsubscribe.
mail::WireText notice_message(const RenderedNotice& notice, const NoticeHead& head,
                              const std::vector<mail::DkimSigner>& signers);

}  // namespace postrider::templates
