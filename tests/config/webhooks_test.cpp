// The section [webhooks].
#include <doctest/doctest.h>

#include "base/signature.h"
#include "config/sample_newsletter.h"
#include "config/settings.h"

using namespace postrider;
using namespace postrider::test;

namespace {

/// As SendGrid shows one.
constexpr std::string_view shown_key =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+"
    "2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";

tl::expected<config::Settings, Faults> load_webhooks(const std::string& lines, bool open = false) {
  const NewsletterFolder folder;
  using std::filesystem::perms;
  std::filesystem::permissions(folder.write("pw", "secret\n"),
                               open ? perms::owner_read | perms::others_read : perms::owner_read);
  return config::load_settings(
      folder.write("postrider.toml", std::string(newsletter) + "[webhooks]\n" + lines));
}

config::Webhooks webhooks_of(const std::string& lines) {
  const auto settings = load_webhooks(lines);
  CAPTURE(settings ? "" : listing(settings.error()));
  REQUIRE(settings);
  CHECK(listing(settings->warnings) == "");
  return settings->webhooks;
}

std::string fault_in(const std::string& lines, bool open = false) {
  const auto settings = load_webhooks(lines, open);
  REQUIRE_FALSE(settings);
  CAPTURE(listing(settings.error()));
  REQUIRE(settings.error().size() == 1);
  return settings.error()[0].where + ": " + settings.error()[0].message;
}

bool begins(const std::string& text, const std::string& beginning) {
  return text.starts_with(beginning);
}

}  // namespace

TEST_CASE("no provider tells us anything unless it is named") {
  const auto webhooks = webhooks_of(
      "ses_topics = []\nsendgrid_key = \"\"\npostmark_username = \"\"\n"
      "postmark_password_file = \"\"\nmailgun_key_file = \"\"\n");
  CHECK(webhooks.ses_topics.empty());
  CHECK(webhooks.sendgrid_key.empty());
  CHECK(webhooks.postmark_username.empty());
  CHECK(webhooks.mailgun_key.empty());
}

TEST_CASE("the providers' keys are read") {
  const auto webhooks = webhooks_of(
      "ses_topics = [\"arn:aws:sns:eu-west-1:123456789012:bounces\",\n"
      "\"arn:aws-cn:sns:cn-north-1:123456789012:a-b_c\"]\nsendgrid_key = \"" +
      std::string(shown_key) +
      "\"\npostmark_username = \"postmark\"\npostmark_password_file = \"pw\"\n"
      "mailgun_key_file = \"pw\"\n");
  CHECK(webhooks.ses_topics.size() == 2);
  CHECK(PublicKey::of_p256(webhooks.sendgrid_key));
  CHECK(webhooks.postmark_username == "postmark");
  CHECK(webhooks.postmark_password == "secret");
  CHECK(webhooks.mailgun_key == "secret");
}

TEST_CASE("what is no topic is a fault") {
  for (const auto* const topic :
       {"", "bounces", "arn:aws:sqs:eu-west-1:123456789012:bounces", "arn:aws:sns:eu-west-1:1:a:b",
        "arn:aws:sns::123456789012:bounces", "arn:aws:sns:evil.example/:1:a",
        "arn:aws-iso:sns:us-iso-east-1:123456789012:bounces"})
    CHECK(begins(fault_in("ses_topics = [\"" + std::string(topic) + "\"]\n"),
                 "webhooks.ses_topics: \"" + std::string(topic) + "\" is no topic of SNS"));
}

TEST_CASE("what is no key of SendGrid's is a fault") {
  for (const auto& key : {std::string("key"), std::string(shown_key.substr(0, 100)),
                          "-" + std::string(shown_key.substr(1))})
    CHECK(begins(fault_in("sendgrid_key = \"" + key + "\"\n"),
                 "webhooks.sendgrid_key: is no verification key of SendGrid"));
}

TEST_CASE("a name needs its password, and the other way round") {
  CHECK(begins(fault_in("postmark_username = \"postmark\"\n"),
               "webhooks.postmark_username: needs a password"));
  CHECK(begins(fault_in("postmark_password_file = \"pw\"\n"),
               "webhooks.postmark_password_file: needs a name"));
  CHECK(begins(fault_in("postmark_username = \"a:b\"\npostmark_password_file = \"pw\"\n"),
               "webhooks.postmark_username: has a colon"));
}

TEST_CASE("secrets are looked at as those of relays") {
  CHECK(begins(fault_in("mailgun_key_file = \"none\"\n"), "webhooks.mailgun_key_file: "));
  CHECK(begins(fault_in("mailgun_key_file = \"pw\"\n", true), "webhooks.mailgun_key_file: "));
}
