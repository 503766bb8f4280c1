// One reader's message: the hot path. What is the same for every reader is done once an issue:
// each variant (one outcome of the sections that depend on the reader) is rendered by mustache
// once, split at the reader's values, quoted-printable encoded in pieces, its fixed beginning
// hashed; a reader's own values are then spliced in and the result is signed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/token.h"
#include "mail/address.h"
#include "mail/dkim.h"
#include "mail/wire_text.h"
#include "templates/issue.h"

namespace postrider::templates {

/// The issue whose mail to the reader, for the same list, this one follows.
struct Thread {
  std::uint64_t issue_uid;
  std::string domain;  // of its Message-IDs
  int token_key = -1;  // that signed them
};

/// What every mail of the issue says in its header.
struct Masthead {
  mail::Mailbox from;
  std::optional<mail::Mailbox> reply_to;
  Instant date;             // fixed at the freeze
  std::string slug;         // for Feedback-ID
  std::uint64_t issue_uid;  // the issue's random id
  std::string base_url;     // for the links; no slash at its end
  bool automatic = false;   // no person sends it (RFC 3834): a welcome
  // Where a mail may ask to leave: of letters that stand for themselves in a URI; nothing: nowhere.
  std::optional<mail::Address> returns = {};
  int token_key = -1;  // that signs the Message-IDs (base/token.h); -1: the newest
  std::optional<Thread> thread = {};
};

/// The list the reader gets the issue for (RFC 2919, RFC 8058).
struct ListHead {
  std::string key;  // List-Id: Name <key.domain of from>
  std::string name;
  std::uint64_t uid;
};

struct Reader {
  Uid uid;
  std::string_view email;
  std::string_view name;        // may be empty
  std::string_view attributes;  // a JSON object; empty: none
};

struct ComposedMessage {
  std::string id;  // of its Message-ID, before the @: printable ASCII, the same at each composing
  mail::WireText text;
};

/// Whether links work or open nothing (previews, tests).
enum class Links { live, inert };

/// Composes the messages of one issue. `compose` may be called from several threads at once.
class MessageComposer {
 public:
  /// Errors: a template that cannot be rendered.
  static Result<std::unique_ptr<MessageComposer>> make(RenderedIssue issue, Masthead masthead,
                                                       std::shared_ptr<const TokenKeys> keys,
                                                       std::vector<mail::DkimSigner> signers,
                                                       Links links = Links::live);
  virtual ~MessageComposer() = default;

  /// The whole message: CRLF lines, none over 998 octets, not dot-stuffed and in no need of it (no
  /// line of it begins with a dot).
  virtual Result<ComposedMessage> compose(const Reader& reader, const ListHead& list) = 0;

  /// The address as this reader would read the HTML and text parts: for previews.
  virtual Result<RenderedIssue> personalise(const Reader& reader, const ListHead& list) = 0;
};

}  // namespace postrider::templates
