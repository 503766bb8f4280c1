#include <algorithm>

#include "base/signature.h"
#include "base/text.h"
#include "config/login.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

/// "arn:aws:sns:eu-west-1:123456789012:bounces"; other partitions have their hosts elsewhere.
bool is_topic(std::string_view text) {
  const auto parts = split(text, ':');
  const auto is_plain = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
    });
  };
  return parts.size() == 6 && parts[0] == "arn" &&
         (parts[1] == "aws" || parts[1] == "aws-cn" || parts[1] == "aws-us-gov") &&
         parts[2] == "sns" && std::ranges::all_of(parts, is_plain);
}

void read_topics(const Section& section, Webhooks& to) {
  const auto written = section.texts("ses_topics");
  if (!written) return;
  for (const auto& [text, line] : *written) {
    if (is_topic(text))
      to.ses_topics.push_back(text);
    else
      section.fault_at(line, "ses_topics",
                       "\"" + printable(cut_utf8(text, 80)) +
                           "\" is no topic of SNS; write its ARN such as "
                           "\"arn:aws:sns:eu-west-1:123456789012:bounces\"");
  }
}

Result<std::string> parse_public_key(std::string_view text) {
  if (text.empty()) return std::string();
  auto der = from_base64(text);
  if (!der || !PublicKey::of_p256(*der))
    return fail(
        "is no verification key of SendGrid; copy it from Settings, Mail Settings, Event Webhooks: "
        "124 characters that begin with \"MFkw\"");
  return std::move(*der);
}

/// From the file that the key names; empty: it names none.
std::string secret_of(const Section& section, const std::filesystem::path& folder,
                      std::string_view key, const std::string& content) {
  const auto file = section.text(key);
  if (!file || file->empty()) return {};
  auto secret = read_secret_line(folder / *file, content);
  if (secret) return std::move(*secret);
  section.fault(key, printable(secret.error().message));
  return {};
}

void read_postmark(const Section& section, const std::filesystem::path& folder, Webhooks& to) {
  to.postmark_username = section.text("postmark_username").value_or("");
  const bool has_file = !section.text("postmark_password_file").value_or("").empty();
  if (to.postmark_username.find(':') != std::string::npos)
    section.fault("postmark_username",
                  "has a colon in it, which basic authentication cannot tell "
                  "from the end of a name; leave it out");
  if (to.postmark_username.empty() == has_file)
    return section.fault(has_file ? "postmark_password_file" : "postmark_username",
                         has_file ? "needs a name; add for example: postmark_username = "
                                    "\"postmark\""
                                  : "needs a password; add for example: postmark_password_file = "
                                    "\"secrets/postmark-password\"");
  to.postmark_password = secret_of(section, folder, "postmark_password_file", "password");
}

}  // namespace

Webhooks read_webhooks(const Section& section, const std::filesystem::path& folder) {
  Webhooks to;
  read_topics(section, to);
  section.read("sendgrid_key", to.sendgrid_key, parse_public_key);
  read_postmark(section, folder, to);
  to.mailgun_key = secret_of(section, folder, "mailgun_key_file", "key");
  return to;
}

}  // namespace postrider::config
