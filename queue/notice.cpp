#include "queue/notice.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace postrider::queue {

namespace {

constexpr std::array names{
    std::pair{NoticeKind::resend, std::string_view("resend")},
    std::pair{NoticeKind::confirm, std::string_view("confirm")},
    std::pair{NoticeKind::already_subscribed, std::string_view("already_subscribed")},
    std::pair{NoticeKind::welcome, std::string_view("welcome")},
    std::pair{NoticeKind::change_address, std::string_view("change_address")},
    std::pair{NoticeKind::address_changed, std::string_view("address_changed")},
    std::pair{NoticeKind::erase, std::string_view("erase")},
    std::pair{NoticeKind::operator_mail, std::string_view("operator_mail")},
    std::pair{NoticeKind::ask_leave, std::string_view("ask_leave")},
    std::pair{NoticeKind::forward, std::string_view("forward")},
    std::pair{NoticeKind::preview, std::string_view("preview")},
};

}  // namespace

std::string_view to_string(NoticeKind kind) {
  for (const auto& [known, name] : names)
    if (known == kind) return name;
  throw std::logic_error("no kind of notice");
}

std::optional<NoticeKind> notice_kind(std::string_view name) {
  for (const auto& [kind, known] : names)
    if (known == name) return kind;
  return {};
}

}  // namespace postrider::queue
