#include "mail/auto_reply.h"

#include <doctest/doctest.h>

using namespace postrider::mail;

namespace {

std::string reason(const std::string& fields) {
  const auto reply = read_auto_reply(read_message(fields + "\n\nwords\n"));
  return reply ? reply->reason : "";
}

bool from_mailer(const std::string& fields) {
  return is_from_mailer(read_message(fields + "\n\nwords\n").root);
}

}  // namespace

TEST_CASE("a machine's answer is known by its fields") {
  for (const auto* field :
       {"Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated (x)", "X-Autoreply: yes",
        "X-Autorespond: x", "Precedence: auto_reply", "X-Auto-Response-Suppress: All",
        "X-POST-MessageClass: 9; Autoresponder",
        "Delivered-To: bounces@report.example\nDelivered-To: Autoresponder"})
    CHECK_MESSAGE(reason(field) == "auto_reply", field);
  for (const auto* field : {"Auto-Submitted: no", "Auto-Submitted: no; owner-email=x",
                            "Precedence: bulk", "X-Auto-Response-Suppress: DR", "X-Mailer: x"})
    CHECK_MESSAGE(reason(field).empty(), field);
}

TEST_CASE("a vacation note is known by its subject, in any script") {
  for (const auto* subject :
       {"Out of Office: news", "AUTO: Ann is out of the office", "Abwesenheitsnotiz: news",
        "ABWESENHEIT", "Réponse automatique : news", "RÉPONSE AUTOMATIQUE", "Автоответ: news",
        "АВТООТВЕТ", "自动回复:news", "=?utf-8?B?6Ieq5YuV5b+c562UOiBuZXdz?=",
        "=?iso-8859-1?Q?Fr=E5nvarande?=", "Ann Able is out of the office (returning Monday)"})
    CHECK_MESSAGE(reason(std::string("Subject: ") + subject) == "vacation", subject);
  for (const auto* subject :
       {"Re: news", "My vacation in Kazakhstan", "The office is out of coffee", "unsubscribe",
        "Office automatic doors", ""})
    CHECK_MESSAGE(reason(std::string("Subject: ") + subject).empty(), subject);
  CHECK(reason("Subject: [BoxTrapper] your mail") == "challenge");
}

TEST_CASE("mailers are known by name and subject, people by theirs") {
  for (const auto* fields :
       {"From: MAILER-DAEMON", "From: <>\nSubject: Undeliverable: x", "From: postmaster@a.example",
        "From: Mail Delivery System <x@a.example>", "From: x@a.example\nX-Failed-Recipients: a@b.c",
        "From: x@a.example\nSubject: failure notice", "From: x@a.example\nSubject: 系统退信"})
    CHECK_MESSAGE(from_mailer(fields), std::string(fields));
  for (const auto* fields :
       {"From: ann@a.example\nSubject: hello", "From: ann@a.example\nSubject: Fwd: failure notice",
        "From: ann@postmaster.example", "From: postmaster@a.example\nSubject: Re: news",
        "To: MAILER-DAEMON@a.example"})
    CHECK_MESSAGE(!from_mailer(fields), std::string(fields));
}
