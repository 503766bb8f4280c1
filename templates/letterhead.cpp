#include "templates/letterhead.h"

#include "mail/header.h"

namespace postrider::templates {

std::string list_id(const ListHead& list, std::string_view domain) {
  const auto id = " <" + list.key + "." + std::string(domain) + ">";
  const auto name = mail::encode_mailbox({list.name, {"x", "x.example"}}, 9);
  const auto phrase = name.substr(0, name.rfind('<'));
  return phrase.substr(0, phrase.find_last_not_of(" \r\n") + 1) + "\r\n" + id;
}

}  // namespace postrider::templates
