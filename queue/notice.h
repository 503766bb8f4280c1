// A notice: a mail outside an issue's sums. It goes the way of a delivery, and before those of
// issues.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::queue {

enum class NoticeKind : std::uint8_t {
  resend,              // of an issue, to a reader who did not get it
  confirm,             // asks whether the reader wants the lists
  already_subscribed,  // to one who signs up for what they get already
  welcome,             // the first mail of a list
  change_address,      // asks at the new address
  address_changed,     // tells it to the old one
  erase,               // asks whether all is to be erased
  operator_mail,       // tells the operator what happened
  ask_leave,           // asks whether the reader wants to leave
  forward,             // a person's message, as it came, to the publisher
  preview,             // of an issue that is ready, to a reviewer
};

/// As it is stored, and the key of the theme's words: "already_subscribed".
std::string_view to_string(NoticeKind kind);
std::optional<NoticeKind> notice_kind(std::string_view name);

/// What a notice's composer has to know beside whom it goes to.
struct Notice {
  NoticeKind kind;
  std::uint64_t uid;     // random: the context of its tokens
  std::string language;  // a BCP 47 tag; empty: unknown
  std::string detail;    // a JSON object
};

}  // namespace postrider::queue
