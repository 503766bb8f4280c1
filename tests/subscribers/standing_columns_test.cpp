// Columns of any list that tell who wants no mail, or cannot be reached: nobody of them comes in
// as a reader.
#include <doctest/doctest.h>
#include <sstream>

#include "subscribers/dump.h"

using namespace postrider;
using namespace postrider::subscribers;
using postrider::test::dump_rows;

namespace {

std::string read_table(const std::string& text) {
  std::istringstream in(text);
  auto source = Source::open(in, Format::automatic);
  return source ? dump_rows(*source) : "error: " + source.error().message;
}

/// What one row says of its reader, behind the address; or why it is skipped.
std::string told(const std::string& columns, const std::string& fields) {
  auto rows = read_table("email," + columns + "\na@a.example," + fields + "\n");
  const std::string row = "1:2 a@a.example";
  if (rows.ends_with('\n')) rows.pop_back();
  return rows.starts_with(row) ? rows.substr(row.size()) : rows;
}

std::string becomes(const std::string& header) {
  std::istringstream in(header + "\n");
  auto source = Source::open(in, Format::automatic);
  REQUIRE(source);
  return source->plan().back().becomes;
}

}  // namespace

TEST_CASE("who does not want mail is unsubscribed, by whichever column tells it") {
  for (const auto* fields : {"opted_in=false",
                             "opt_in=0",
                             "Opt-In?=n",
                             "optIn=FALSE",
                             "subscribed=false",
                             "isSubscribed=no",
                             "Accepts Marketing=no",
                             "Accepts Email Marketing=no",
                             "active=false",
                             "is_active=0.0",
                             "enabled=off",
                             "consent=no",
                             "Marketing Consent=withdrawn",
                             "Email Marketing Consent=NEVER_SUBSCRIBED",
                             "newsletter=0",
                             "do_not_email=true",
                             "Do Not Contact=x",
                             "opt_out=1",
                             "opted_out=yes",
                             "has_opted_out_of_email=true",
                             "emailOptOut=true",
                             "unsubscribed=true",
                             "Unsubscribed from all email=true",
                             "suppressed=1",
                             "deleted=true",
                             "blocked=true",
                             "blocklisted=true",
                             "banned=yes",
                             "status=opted_out",
                             "state=Opted-Out",
                             "emailStatus=unsubscribed",
                             "Subscription-Status=Cancelled",
                             "email subscriber status=Never subscribed",
                             "newsletter subscription=cancelled",
                             "subscription=no",
                             "subscription=Not subscribed",
                             "unsubscribe=yes",
                             "Unsubscribe=x",
                             "unsubscribe=2024-01-02",
                             "Opted out of email: Marketing Information=true",
                             "optout status=true",
                             "Opt-out status=opted_out",
                             "email_marketing_consent_state=not_subscribed",
                             "Marketing state=redacted",
                             "opt-in status=Not opted in",
                             "newsletter status=abgemeldet",
                             "consent status=Withdrawn",
                             "Consent Status=not given",
                             "newsletter status=no",
                             "Marketing contact status=Non-marketing contact",
                             "list status=Désabonné",
                             "subscription status=desuscrito",
                             "consent=withdrawn 2021-05-01",
                             "newsletter=no - asked by phone",
                             "newsletter=nein",
                             "opted_in=No. Thanks",
                             "opted_in=withdrawn 2021-05-01",
                             "email status=opted out by phone",
                             "opted in at=never",
                             "opted in on=never",
                             "subscribed at=no",
                             "consent date=withdrawn",
                             "opted_in=0.00",
                             "newsletter=0%"}) {
    CAPTURE(fields);
    const std::string text = fields;
    const auto middle = text.find('=');
    const auto row = told(text.substr(0, middle), text.substr(middle + 1));
    CHECK(row.starts_with(" | is unsubscribed"));
  }
}

TEST_CASE("a date in such a column says that it happened, and when") {
  for (const auto* column :
       {"unsubscribed_on", "unsubscribed_at", "Unsubscribe Date", "unsubscribe_at", "deleted_at",
        "opted_out_at", "blockedAt", "removed on"}) {
    CAPTURE(column);
    CHECK(told(column, "2024-01-02") == " | is unsubscribed | since 2024-01-02T00:00:00Z");
    CHECK(told(column, "").empty());
    CHECK(told(column, "0000-00-00").empty());
  }
  CHECK(told("bounced_at", "2024-01-02") == " | is bounced | since 2024-01-02T00:00:00Z");
  for (const auto* nothing : {"NULL", "00/00/0000", "0", "0.0"})
    CHECK_MESSAGE(told("unsubscribed_at", nothing).empty(), nothing);
  CHECK(told("complained on", "2024-01-02") == " | is complained | since 2024-01-02T00:00:00Z");
  CHECK(told("opt_out_date,deleted_at", "2024-01-02,2023-01-02") ==
        " | is unsubscribed | since 2024-01-02T00:00:00Z");
}

TEST_CASE("a date in a column of who joined tells when") {
  CHECK(told("subscribed", "2022-01-08") ==
        " | is confirmed | since 2022-01-08T00:00:00Z | opt-in 2022-01-08T00:00:00Z");
  CHECK(told("email_verified_at", "2022-01-08") ==
        " | is confirmed | since 2022-01-08T00:00:00Z | confirmed 2022-01-08T00:00:00Z");
  CHECK(told("opted_in,joined", "2022-01-08,2021-01-08") ==
        " | is confirmed | since 2021-01-08T00:00:00Z | opt-in 2021-01-08T00:00:00Z");
  CHECK(told("subscribed", "02/01/2022").ends_with("| is confirmed | how subscribed 02/01/2022"));
}

TEST_CASE("a kind of plan, and a bounce that passes, is a reader's who gets mails") {
  for (const auto* word : {"free", "Paid", "soft bounce", "soft-bounced"})
    CHECK_MESSAGE(told("status", word) == " | is confirmed", word);
}

TEST_CASE("who never confirmed is pending") {
  for (const auto* column : {"confirmed", "verified", "Email Verified", "is_confirmed"}) {
    CAPTURE(column);
    CHECK(told(column, "no") == " | is pending");
    CHECK(told(column, "\"no, not yet\"") == " | is pending");
    CHECK(told(column, "yes") == " | is confirmed");
    CHECK(told(column, "").ends_with("\n1:2 a@a.example"));
  }
  for (const auto* column :
       {"confirmed_at", "confirm time", "email_verified_at", "confirmed on", "confirmation date"})
    for (const auto* never : {"", "NULL", "0000-00-00", "0", "no", "never"}) {
      CAPTURE(column);
      CHECK_MESSAGE(told(column, never) == " | is pending", never);
    }
  CHECK_MESSAGE(told("status,confirmed_at", "subscribed,").find("pending") == std::string::npos,
                "a word says more than a missing date");
  CHECK(told("confirmed_at", "2022-01-08") ==
        " | since 2022-01-08T00:00:00Z | confirmed 2022-01-08T00:00:00Z");
  CHECK(told("confirmed,unsubscribed", "no,yes") == " | is unsubscribed");
  CHECK(told("confirmed,bounced", "no,yes") == " | is pending | suppressed bounced");
}

TEST_CASE("who is confirmed for want of a word is told") {
  for (const auto* column : {"opted_in", "newsletter", "subscribed", "confirmed", "consent"})
    CHECK_MESSAGE(told(column, "") == "! 1:2 nothing said: " + std::string(column) +
                                          " is empty; taken as confirmed\n1:2 a@a.example",
                  column);
  CHECK(told("opted_in", "NULL").starts_with("! 1:2 nothing said: opted_in is empty"));
  CHECK(told("opted_in,newsletter", ",").find("newsletter") == std::string::npos);
  CHECK(told("opted_in,status", ",subscribed") == " | is confirmed");
  CHECK(told("opted_in,bounced", ",yes") == " | is bounced");
  for (const auto* column : {"unsubscribed", "bounced", "opted_in_at", "opted in on",
                             "subscribed_at", "subscribed on", "do_not_email", "unsubscribe"})
    CHECK_MESSAGE(told(column, "").empty(), column);
}

TEST_CASE("a hard bounce is one, a soft one says nothing") {
  for (const auto* value : {"hard", "Hard bounce", "hard (550)", "permanent", "yes", "1",
                            "550 5.1.1 unknown", "550-5.1.1", "5.7.1 rejected", "02/01/2022"})
    CHECK_MESSAGE(told("Bounce", value).ends_with("is bounced"), value);
  for (const auto* value : {"soft", "Soft_Bounce", "transient", "no", "0", "none", "0.00", "0%",
                            "\"0,0\"", "451 4.7.1 greylisted", "4.2.2 mailbox full", "421"})
    CHECK_MESSAGE(told("bounce_type", value).empty(), value);
  for (const auto* value : {"3", "0.02", "2%", "\"1,5\"", "full 3 times", "0.0234567"}) {
    CHECK_MESSAGE(told("bounced", value).starts_with("- 1:2 unknown status: "), value);
    CHECK_MESSAGE(told("spam", value).starts_with("- 1:2 unknown status: "), value);
  }
  CHECK(told("bounced", "4.1.2022").find("is bounced") != std::string::npos);
  CHECK(told("undeliverable", "true") == " | is bounced");
  CHECK(told("soft_bounced", "yes") == " | soft_bounced = \"yes\"");
}

TEST_CASE("who complained has done so") {
  for (const auto* column :
       {"complained", "spam", "Spam complaint", "marked_as_spam", "has_complained"})
    CHECK_MESSAGE(told(column, "1") == " | is complained", column);
}

TEST_CASE("the heaviest of all that is said counts") {
  CHECK(told("opted_in,bounced", "yes,yes") == " | is bounced");
  CHECK(told("opted_in,spam,deleted", "yes,yes,yes") == " | is complained");
  CHECK(told("active,do_not_email", "yes,no") == " | is confirmed");
  CHECK(told("status,accepts marketing", "subscribed,no") == " | is unsubscribed");
}

TEST_CASE("what such a column says in another word skips the row, and is told") {
  CHECK(told("opted_in", "maybe") ==
        "- 1:2 unknown status: opted_in \"maybe\" does not say how the reader stands; known are: "
        "yes, no or a date such as 2022-01-31; rename the column if it is about something else");
  CHECK(told("Bounce", "odd").find("known are: yes, no, hard, soft or a date such as 2022-01-31") !=
        std::string::npos);
  CHECK(told("active", "weekends").starts_with("- 1:2 unknown status: "));
  CHECK(told("active", "unsubscribed") == " | is unsubscribed");
  CHECK(told("opted_in", "not since 2022-01-31").starts_with("- 1:2 unknown status: "));
  CHECK(told("unsubscribe_at", "soon").starts_with("- 1:2 unknown status: "));
  CHECK(told("do_not_email", "no longer wants any").starts_with("- 1:2 unknown status: "));
  CHECK(told("do_not_email", "no").empty());
}

TEST_CASE("a status that is no word for a standing is told, or an attribute") {
  CHECK(told("Email-Status", "gold").starts_with("- 1:2 unknown status: "));
  for (const auto* column :
       {"newsletter status", "Opt-In Status", "consent_status", "consent state", "marketing status",
        "Marketing contact status", "list status", "subscription status", "marketing state"})
    CHECK_MESSAGE(told(column, "gold").starts_with("- 1:2 unknown status: "), column);
  CHECK(told("opt-in status", "yes") == " | is confirmed");
  CHECK(told("consent status", "Awaiting confirmation") == " | is pending");
  CHECK(told("newsletter status", "non confirmé") == " | is pending");
  CHECK(told("newsletter status", "angemeldet") == " | is confirmed");
  CHECK(told("status", "No answer").starts_with("- 1:2 unknown status: "));
  CHECK(told("status", "1").starts_with("- 1:2 unknown status: "));
  CHECK(told("state", "no") == " | state = \"no\"");
  CHECK(told("Contact Status", "Customer") == " | Contact Status = \"Customer\"");
  CHECK(told("Contact Status", "unsubscribed") == " | is unsubscribed");
}

TEST_CASE("a text of consent, or a list's name, is kept as one") {
  CHECK(told("consent", "I agree") == " | how I agree");
  CHECK(told("consent", "no") == " | is unsubscribed | how no");
  CHECK(told("consent", "Spam-free only") == " | how Spam-free only");
  CHECK(told("consent", "Invalid address mended") == " | how Invalid address mended");
  CHECK(told("consent date", "subscribed at the fair").find(" | how consent date subscribed at") !=
        std::string::npos);
  CHECK(told("newsletter", "Weekly report") == " | newsletter = \"Weekly report\"");
}

TEST_CASE("what a paid plan says is no word about mails") {
  for (const auto* value : {"cancelled", "active", "trial", "expired", "12.50", "0.00"})
    CHECK_MESSAGE(
        told("Subscription", value) == "! 1:2 paid plan: Subscription \"" + std::string(value) +
                                           "\" says nothing of mails; kept as an attribute\n"
                                           "1:2 a@a.example | Subscription = \"" +
                                           value + "\"",
        value);
  CHECK(told("Subscription", "unsubscribed") ==
        " | is unsubscribed | Subscription = \"unsubscribed\"");
  CHECK(told("Subscription", "yes") == " | Subscription = \"yes\"");
}

TEST_CASE("a link to unsubscribe is an attribute") {
  const std::string link = "https://a.example/u?id=20240102";
  CHECK(told("unsubscribe", link) == " | unsubscribe = \"" + link + "\"");
}

TEST_CASE("columns about something else are attributes, among them renamed ones") {
  for (const auto* column :
       {"gym_active", "spam score", "unsubscribe", "soft bounces", "island", "deleted_by",
        "activity", "mail", "status_date", "has_subscription", "cancelled_at", "Canceled on"})
    CHECK_MESSAGE(told(column, "no").find(std::string(column) + " = \"no\"") != std::string::npos,
                  column);
}

TEST_CASE("it is told before of each column what it becomes") {
  CHECK(becomes("email,do_not_email") == "standing: yes or a date means unsubscribed");
  CHECK(becomes("email,opted_in") == "standing: no means unsubscribed");
  CHECK(becomes("email,Bounce") == "standing: yes, hard or a date means bounced");
  const std::string other = "; rename it if it is about something else";
  CHECK(becomes("email,active") == "standing: no means unsubscribed" + other);
  CHECK(becomes("email,deleted") == "standing: yes or a date means unsubscribed" + other);
  CHECK(becomes("email,spam") == "standing: yes or a date means complained" + other);
  CHECK(becomes("email,confirmed") == "standing: no means pending" + other);
  CHECK(becomes("email,verified_at") == "standing: empty or no means pending" + other);
  CHECK(becomes("email,confirmed_at") ==
        "consent: confirm time; and standing: empty or no means pending");
  CHECK(becomes("email,unsubscribe") ==
        "standing: yes or a date means unsubscribed; else attribute unsubscribe");
  CHECK(becomes("email,subscription") ==
        "attribute subscription; and standing: no or unsubscribed means unsubscribed" + other);
  CHECK(becomes("email,consent") == "consent: how; and standing: no means unsubscribed" + other);
  CHECK(becomes("email,newsletter") ==
        "attribute newsletter; and standing: no means unsubscribed" + other);
}

TEST_CASE("a platform tells of its readers by columns of its own: only what is sure is heard") {
  const std::string mailchimp = "Email Address,LEID,EUID,";
  const auto row = [&](const std::string& column, const std::string& value) {
    return read_table(mailchimp + column + "\na@a.example,1,2," + value + "\n");
  };
  CHECK(row("Active", "no") == "1:2 a@a.example | Active = \"no\"\n");
  CHECK(row("Deleted", "yes") == "1:2 a@a.example | Deleted = \"yes\"\n");
  CHECK(row("Consent", "no") == "1:2 a@a.example | is unsubscribed | how no\n");
  CHECK(row("Confirm time", "") == "1:2 a@a.example\n");
  CHECK(row("Do not email", "yes") == "1:2 a@a.example | is unsubscribed\n");
  CHECK(row("OPTED_OUT", "yes") == "1:2 a@a.example | is unsubscribed\n");
}
