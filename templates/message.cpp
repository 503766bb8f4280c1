#include "templates/message.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/hash.h"
#include "base/text.h"
#include "mail/feedback_id.h"
#include "mail/header.h"
#include "mail/mime.h"
#include "mail/return_address.h"
#include "templates/letterhead.h"
#include "templates/variant.h"

namespace postrider::templates {

namespace {

/// A piece of the body as it goes out, and the value behind it.
struct EncodedPiece {
  mail::WireText fixed;
  std::string value;
  bool literal = false;
  Place place = Place::text;
};

/// A variant's body in pieces, encoded, with the hash of its fixed beginning.
struct Variant {
  std::vector<EncodedPiece> pieces;
  Sha256Stream beginning;
};

void update(Sha256Stream& hash, const mail::WireText& text) {
  for (const auto piece : text.pieces()) hash.update(piece);
}

/// Builds a variant's body: frames and encoded parts one after another.
class BodyBuilder {
 public:
  void raw(std::string_view text) { fixed_ += text; }

  void part(const std::vector<Piece>& pieces) {
    std::size_t column = 0;
    for (const auto& piece : pieces) {
      mail::append_quoted_printable(fixed_, piece.fixed, column);
      if (piece.value.empty() && !piece.literal) break;
      // A soft line break before and behind a value: its length moves nothing else.
      if (column > 0) fixed_ += "=\r\n";
      pieces_.push_back({std::exchange(fixed_, "=\r\n"), piece.value, piece.literal, piece.place});
      column = 0;
    }
    // What ends a part is no soft line break (RFC 2045 §6.7).
    if (column == 0 && pieces.size() > 1 && pieces.back().fixed.empty())
      fixed_ = "\r\n";
    else if (column > 0)
      fixed_ += "\r\n";
  }

  Variant finish() {
    pieces_.push_back({std::move(fixed_), {}});
    Variant variant;
    variant.pieces = std::move(pieces_);
    update(variant.beginning, variant.pieces.front().fixed);
    return variant;
  }

 private:
  std::vector<EncodedPiece> pieces_;
  std::string fixed_;  // of the piece that is open
};

class Composer final : public MessageComposer {
 public:
  Composer(RenderedIssue issue, PartTemplate html, PartTemplate text, Masthead masthead,
           std::shared_ptr<const TokenKeys> keys, std::vector<mail::DkimSigner> signers,
           Links links)
      : issue_(std::move(issue)),
        html_(std::move(html)),
        text_(std::move(text)),
        masthead_(std::move(masthead)),
        keys_(std::move(keys)),
        signers_(std::move(signers)),
        links_(links) {
    for (const auto* part : {&html_, &text_}) {
      sections_.insert(sections_.end(), part->sections().begin(), part->sections().end());
      for (const auto* names : {&part->sections(), &part->variables()})
        for (const auto& name : *names) {
          needs_attributes_ |= name.starts_with("subscriber.attributes.");
          needs_preferences_ |= name == "preferences_url";
        }
    }
    prepare_header();
  }

  Result<ComposedMessage> compose(const Reader& reader, const ListHead& list) override {
    const auto links = links_of(reader, list);
    const ReaderValues values(reader, links, needs_attributes_);
    const auto variant = find_variant(values);
    if (!variant) return tl::make_unexpected(variant.error());

    const auto fills = encode(**variant, values);
    ComposedMessage message{token(reader, list), {}};
    std::string header;
    header.reserve(2048);
    write_header(reader, list, links.unsubscribe, message.id, header);
    if (!signers_.empty()) {
      const auto hash = body_hash(**variant, fills);
      for (const auto& signer : signers_)
        message.text.append(signer.sign(header, hash, masthead_.date));
    }
    message.text.append(header + "\r\n");
    for (std::size_t i = 0; i < fills.size(); ++i) {
      message.text.append((*variant)->pieces[i].fixed);
      message.text.append(fills[i]);
    }
    return message;
  }

  Result<RenderedIssue> personalise(const Reader& reader, const ListHead& list) override {
    const ReaderValues values(reader, links_of(reader, list), needs_attributes_);
    RenderedIssue read{issue_.subject, "", "", issue_.images};
    for (const auto& [part, text] : {std::pair{&html_, &read.html}, {&text_, &read.text}}) {
      const auto pieces = part->render(values);
      if (!pieces) return tl::make_unexpected(pieces.error());
      for (const auto& piece : *pieces)
        *text += piece.fixed + value_of(piece.value, piece.literal, piece.place, values);
    }
    return read;
  }

 private:
  static std::string value_of(const std::string& value, bool literal, Place place,
                              const ReaderValues& values) {
    if (literal) return escaped(value, place, false);
    return value.empty() ? std::string() : escaped(values.text(value), place, is_our_url(value));
  }

  ReaderLinks links_of(const Reader& reader, const ListHead& list) const {
    return {door("/unsubscribe/", Purpose::unsubscribe, reader, list),
            needs_preferences_ ? door("/preferences/", Purpose::preferences, reader, list) : ""};
  }

  std::string door(std::string_view path, Purpose purpose, const Reader& reader,
                   const ListHead& list) const {
    return masthead_.base_url + std::string(path) +
           (links_ == Links::inert
                ? inert_token()
                : keys_->sign(purpose, {reader.uid, list.uid, masthead_.issue_uid}));
  }

  std::string token(const Reader& reader, const ListHead& list) const {
    return links_ == Links::inert
               ? inert_token()
               : keys_->sign(Purpose::message_id, {reader.uid, list.uid, masthead_.issue_uid},
                             masthead_.token_key);
  }

  /// The Message-ID that the reader's mail of the issue before has.
  std::string followed(const Reader& reader, const ListHead& list) const {
    const auto& thread = *masthead_.thread;
    const auto id = links_ == Links::inert
                        ? inert_token()
                        : keys_->sign(Purpose::message_id, {reader.uid, list.uid, thread.issue_uid},
                                      thread.token_key);
    return "<" + id + "@" + thread.domain + ">";
  }

  /// The mailto form, which stands second (RFC 2369 §2); empty: there is none.
  std::string leave_by_mail(const Reader& reader) const {
    if (!masthead_.returns) return {};
    const auto token = links_ == Links::inert
                           ? inert_return_token()
                           : keys_->sign_return(Purpose::leave_by_mail,
                                                return_claims(masthead_.issue_uid, reader.uid));
    return ",\r\n <mailto:" + mail::return_address(*masthead_.returns, token) +
           "?subject=unsubscribe>";
  }

  Result<std::shared_ptr<const Variant>> find_variant(const ReaderValues& values) {
    std::string key;
    bool own = false;
    for (const auto& section : sections_) {
      key += values.truthy(section) ? '1' : '0';
      own |= values.list(section) != nullptr;
    }
    // A section that repeats a reader's own list is like no other reader's.
    if (own) return make_variant(values);
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = variants_.find(key); found != variants_.end()) return found->second;
    }
    auto made = make_variant(values);
    if (!made) return made;
    const std::lock_guard lock(mutex_);
    if (variants_.size() < most_variants) variants_.emplace(key, *made);
    return made;
  }

  Result<std::shared_ptr<const Variant>> make_variant(const ReaderValues& values) const {
    const auto html = html_.render(values);
    if (!html) return tl::make_unexpected(html.error());
    const auto text = text_.render(values);
    if (!text) return tl::make_unexpected(text.error());
    constexpr std::string_view encoding = "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
    BodyBuilder body;
    body.raw("--" + outer_boundary_ + "\r\nContent-Type: text/plain; charset=utf-8\r\n");
    body.raw(encoding);
    body.part(*text);
    body.raw("\r\n--" + outer_boundary_ + "\r\n");
    if (!issue_.images.empty())
      body.raw("Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"" +
               inner_boundary_ + "\"\r\n\r\n--" + inner_boundary_ + "\r\n");
    body.raw("Content-Type: text/html; charset=utf-8\r\n");
    body.raw(encoding);
    body.part(*html);
    for (const auto& image : issue_.images) body.raw(image_part(image));
    if (!issue_.images.empty()) body.raw("\r\n--" + inner_boundary_ + "--\r\n");
    body.raw("\r\n--" + outer_boundary_ + "--\r\n");
    return std::make_shared<const Variant>(body.finish());
  }

  std::string image_part(const Image& image) const {
    return "\r\n--" + inner_boundary_ + "\r\nContent-Type: " + image.type +
           "\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <" + image.name +
           ">\r\nContent-Disposition: inline\r\n\r\n" + mail::base64_lines(image.bytes);
  }

  /// What goes behind each of the variant's pieces.
  static std::vector<std::string> encode(const Variant& variant, const ReaderValues& values) {
    std::vector<std::string> fills(variant.pieces.size());
    for (std::size_t i = 0; i < fills.size(); ++i) {
      const auto& piece = variant.pieces[i];
      std::size_t column = 0;
      mail::append_quoted_printable(
          fills[i], value_of(piece.value, piece.literal, piece.place, values), column);
    }
    return fills;
  }

  static Sha256 body_hash(const Variant& variant, const std::vector<std::string>& fills) {
    auto hash = variant.beginning;  // with the first piece
    for (std::size_t i = 0; i < fills.size(); ++i) {
      if (i > 0) update(hash, variant.pieces[i].fixed);
      hash.update(fills[i]);
    }
    return hash.finish();
  }

  /// What is the same in every header.
  void prepare_header() {
    const auto seed = hex(std::span(reinterpret_cast<const std::uint8_t*>(&masthead_.issue_uid),
                                    sizeof masthead_.issue_uid));
    outer_boundary_ = mail::boundary(seed, 1);
    inner_boundary_ = mail::boundary(seed, 2);
    from_ = mail::encode_mailbox(masthead_.from, 6);
    subject_ = mail::encode_text(issue_.subject, 9);
    date_ = mail::encode_date(masthead_.date);
  }

  void write_header(const Reader& reader, const ListHead& list, const std::string& url,
                    const std::string& id, std::string& out) const {
    mail::append_header(out, "From", from_);
    mail::append_header(out, "To", recipient(reader));
    mail::append_header(out, "Subject", subject_);
    mail::append_header(out, "Date", date_);
    mail::append_header(out, "Message-ID", "<" + id + "@" + masthead_.from.address.domain + ">");
    if (masthead_.thread) {
      const auto before = followed(reader, list);
      mail::append_header(out, "In-Reply-To", before);
      mail::append_header(out, "References", before);
    }
    if (masthead_.reply_to)
      mail::append_header(out, "Reply-To", mail::encode_mailbox(*masthead_.reply_to, 10));
    mail::append_header(out, "List-Id", list_id(list, masthead_.from.address.domain));
    mail::append_header(out, "List-Unsubscribe", "<" + url + ">" + leave_by_mail(reader));
    mail::append_header(out, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    mail::append_header(out, "Feedback-ID",
                        mail::feedback_id(masthead_.slug, list.key, masthead_.from.address.domain));
    if (masthead_.automatic)
      mail::append_header(out, "Auto-Submitted", "auto-generated");
    else
      mail::append_header(out, "Precedence", "bulk");
    mail::append_header(out, "MIME-Version", "1.0");
    mail::append_header(out, "Content-Type",
                        "multipart/alternative;\r\n boundary=\"" + outer_boundary_ + "\"");
  }

  static std::string recipient(const Reader& reader) {
    const auto address = mail::parse_address(reader.email);
    // The list holds no invalid address; a preview's made-up one is shown as it is.
    if (!address) return mail::encode_text(reader.email, 4);
    return mail::encode_mailbox({std::string(reader.name), *address}, 4);
  }

  const RenderedIssue issue_;
  const PartTemplate html_;
  const PartTemplate text_;
  const Masthead masthead_;
  const std::shared_ptr<const TokenKeys> keys_;
  const std::vector<mail::DkimSigner> signers_;
  const Links links_;
  std::vector<std::string> sections_;
  bool needs_attributes_ = false;
  bool needs_preferences_ = false;
  std::string outer_boundary_, inner_boundary_, from_, subject_, date_;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Variant>> variants_;
};

}  // namespace

Result<std::unique_ptr<MessageComposer>> MessageComposer::make(
    RenderedIssue issue, Masthead masthead, std::shared_ptr<const TokenKeys> keys,
    std::vector<mail::DkimSigner> signers, Links links) {
  auto html = PartTemplate::make(issue.html, PartKind::html);
  if (!html) return tl::make_unexpected(html.error());
  auto text = PartTemplate::make(issue.text, PartKind::text);
  if (!text) return tl::make_unexpected(text.error());
  return std::make_unique<Composer>(std::move(issue), std::move(*html), std::move(*text),
                                    std::move(masthead), std::move(keys), std::move(signers),
                                    links);
}

}  // namespace postrider::templates
