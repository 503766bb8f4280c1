#include "mail/feedback_id.h"

#include "base/hash.h"
#include "base/text.h"

namespace postrider::mail {

namespace {

std::string sender_id(std::string_view domain) {
  constexpr std::size_t least = 5;
  constexpr std::size_t most = 15;
  if (domain.size() >= least && domain.size() <= most) return std::string(domain);
  return hex(sha256(domain)).substr(0, 12);
}

std::string field(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c == ':' || static_cast<unsigned char>(c) <= ' ') c = '_';
  return out;
}

}  // namespace

std::string feedback_id(std::string_view issue, std::string_view list, std::string_view domain) {
  return field(issue) + ":" + field(list) + ":postrider:" + sender_id(domain);
}

}  // namespace postrider::mail
