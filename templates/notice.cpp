#include "templates/notice.h"

#include <kainjow/mustache.hpp>

#include "base/hash.h"
#include "base/text.h"
#include "mail/header.h"
#include "mail/mime.h"
#include "templates/html.h"
#include "templates/issue_values.h"
#include "templates/letterhead.h"
#include "templates/places.h"
#include "templates/plain_text.h"
#include "templates/theme_file.h"

namespace postrider::templates {

namespace mustache = kainjow::mustache;

namespace {

/// One notice's rendering; faults gather in it.
class NoticePress {
 public:
  NoticePress(const NoticeText& notice, const Theme& theme, const PublicationText& publication)
      : theme_(theme) {
    const auto word = [&](const std::string& part) {
      const auto found = theme.words.find("mail_" + notice.kind + "_" + part);
      const auto text = found == theme.words.end() ? std::string() : found->second;
      return replace_all(replace_all(text, "{{publication.name}}", publication.name),
                         "{{list.name}}", notice.list);
    };
    values_ = {{"notice.subject", word("subject")},
               {"notice.text", word("text")},
               {"notice.note", word("note")},
               {"notice.button", word("button")},
               {"notice.url", notice.url},
               {"publication.name", publication.name},
               {"publication.postal_address", publication.postal_address},
               {"language", theme.language},
               {"direction", is_right_to_left(theme.language) ? "rtl" : "ltr"}};
    for (const auto* name : {"notice.text", "notice.note"})
      values_[std::string(name) + "_lines"] = wrap(values_[name], "", "");
  }

  tl::expected<RenderedNotice, Faults> print() {
    RenderedNotice rendered{values_["notice.subject"], part("notice.html.mustache", PartKind::html),
                            part("notice.text.mustache", PartKind::text)};
    if (!faults_.empty()) return tl::make_unexpected(std::move(faults_));
    return rendered;
  }

 private:
  std::string part(const std::string& name, PartKind kind) {
    Faults found;
    const auto text = whole_notice(theme_, name, values_, found);
    const auto& file = theme_.files.at(name).file;
    if (found.empty() && kind == PartKind::html)
      if (const auto tags = scan_tags(text, file)) found = misplaced_tags(text, *tags, file);
    faults_.insert(faults_.end(), found.begin(), found.end());
    return found.empty() ? fill(text, file, kind) : std::string();
  }

  std::string fill(const std::string& text, const std::string& file, PartKind kind) {
    mustache::mustache parsed(text);
    parsed.set_custom_escape([kind](const std::string& plain) {
      return kind == PartKind::html ? escape_html(plain) : plain;
    });
    auto rendered = parsed.render(context());
    if (!parsed.is_valid()) faults_.push_back({file, 0, "", parsed.error_message()});
    return rendered;
  }

  mustache::data context() const {
    mustache::data context;
    std::map<std::string, mustache::data> groups;
    for (const auto& [name, value] : values_) {
      // Mustache takes an empty string for something that is there.
      const auto data =
          value.empty() ? mustache::data(mustache::data::type::bool_false) : mustache::data(value);
      if (const auto dot = name.find('.'); dot == std::string::npos)
        context.set(name, data);
      else
        groups[name.substr(0, dot)].set(name.substr(dot + 1), data);
    }
    for (const auto& [group, data] : groups) context.set(group, data);
    return context;
  }

  const Theme& theme_;
  Values values_;
  Faults faults_;
};

void append_text(std::string& body, std::string_view text) {
  std::size_t column = 0;
  mail::append_quoted_printable(body, text, column);
  if (column > 0) body += "\r\n";
}

void append_image(std::string& body, std::string_view boundary, const Image& image) {
  body.append("--").append(boundary).append("\r\nContent-Type: ").append(image.type);
  body += "\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <" + image.name +
          ">\r\nContent-Disposition: inline\r\n\r\n" + mail::base64_lines(image.bytes) + "\r\n";
}

void append_part(std::string& body, std::string_view boundary, std::string_view type,
                 std::string_view text) {
  body.append("--").append(boundary).append("\r\nContent-Type: ").append(type);
  body += "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  append_text(body, text);
  body += "\r\n";
}

/// The HTML with the images that it shows.
void append_html(std::string& body, const std::string& boundary, const std::string& inner,
                 const RenderedNotice& notice) {
  constexpr std::string_view html = "text/html";
  if (notice.images.empty()) return append_part(body, boundary, html, notice.html);
  body += "--" + boundary +
          "\r\nContent-Type: multipart/related; type=\"text/html\";\r\n boundary=\"" + inner +
          "\"\r\n\r\n";
  append_part(body, inner, html, notice.html);
  for (const auto& image : notice.images) append_image(body, inner, image);
  body += "--" + inner + "--\r\n\r\n";
}

/// The header fields that say how it is made are appended to `header`. `seed`: of its boundaries.
std::string body_of(const RenderedNotice& notice, const std::string& seed, std::string& header) {
  std::string body;
  const auto boundary = mail::boundary(seed, 1);
  if (notice.html.empty()) {
    mail::append_header(header, "Content-Type", "text/plain; charset=utf-8");
    mail::append_header(header, "Content-Transfer-Encoding", "quoted-printable");
    append_text(body, notice.text);
    return body;
  }
  mail::append_header(header, "Content-Type",
                      "multipart/alternative;\r\n boundary=\"" + boundary + "\"");
  append_part(body, boundary, "text/plain", notice.text);
  append_html(body, boundary, mail::boundary(seed, 2), notice);
  return body + "--" + boundary + "--\r\n";
}

}  // namespace

tl::expected<RenderedNotice, Faults> render_notice(const NoticeText& notice, const Theme& theme,
                                                   const PublicationText& publication) {
  return NoticePress(notice, theme, publication).print();
}

mail::WireText notice_message(const RenderedNotice& notice, const NoticeHead& head,
                              const std::vector<mail::DkimSigner>& signers) {
  std::string header;
  const auto& domain = head.from.address.domain;
  mail::append_header(header, "From", mail::encode_mailbox(head.from, 6));
  mail::append_header(header, "To", head.to.str());
  mail::append_header(header, "Subject", mail::encode_text(notice.subject, 9));
  mail::append_header(header, "Date", mail::encode_date(head.date));
  mail::append_header(header, "Message-ID", "<" + head.id + "@" + domain + ">");
  if (head.reply_to)
    mail::append_header(header, "Reply-To", mail::encode_mailbox(*head.reply_to, 10));
  if (head.list) mail::append_header(header, "List-Id", list_id(*head.list, domain));
  mail::append_header(header, "Auto-Submitted", "auto-generated");
  mail::append_header(header, "MIME-Version", "1.0");
  // 70 octets are the most.
  const auto body = body_of(notice, head.id.substr(0, 32), header);

  mail::WireText text;
  Sha256Stream hash;
  hash.update(body);
  const auto digest = hash.finish();
  for (const auto& signer : signers) text.append(signer.sign(header, digest, head.date));
  text.append(header + "\r\n" + body);
  return text;
}

}  // namespace postrider::templates
