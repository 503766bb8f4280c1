// The subjects, fields and senders by which a machine's answer, or a report of failure, is known.
// A new word is a new row in auto_reply_words.cpp.
#pragma once

#include <span>
#include <string_view>

namespace postrider::mail {

using Words = std::span<const std::string_view>;

/// How subjects of vacation notes begin; all words are in small letters: what Outlook, Exchange,
/// Lotus Notes, Gmail, vacation(1) and webmails write in each language.
Words vacation_beginnings();

/// What stands anywhere in such a subject.
Words vacation_words();

/// Challenges, which want a person's answer before a mail is delivered.
Words challenge_words();

Words challenge_fields();

/// Fields that only a machine's answer has, whatever they say.
Words machine_fields();

/// How subjects of failure reports begin, or what is in them.
Words failure_subjects();

Words mailer_locals();

Words mailer_names();

}  // namespace postrider::mail
