// Reports of failure that are made for people alone: plain text in which each server has its own
// way to name the recipients and to tell what is wrong. The forms are rows of dialect_forms.cpp.
#pragma once

#include <string>
#include <vector>

#include "mail/message.h"

namespace postrider::mail {

enum class Fate { failed, delayed, delivered };

/// What a report tells of one recipient.
struct PlainFailure {
  std::string recipient;  // empty: it does not say
  std::string status;     // RFC 3463, as found in the words; empty: none
  int code = 0;           // SMTP reply code; 0: none
  std::string text;       // what it tells about this recipient, or about all
  std::string rule;       // the form's name: "qmail"
  Fate fate = Fate::failed;
};

/// One for each recipient, 1,000 at the most. Empty: the message has none of the known forms, and
/// is not from a mailer either.
std::vector<PlainFailure> plain_failures(const Message& message);

}  // namespace postrider::mail
