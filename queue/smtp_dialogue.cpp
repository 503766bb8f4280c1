#include "queue/smtp_dialogue.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/text.h"

namespace postrider::queue {

namespace {

/// XOAUTH2's "334 eyJ…": the reason of a refusal, in base64; empty: there is none.
std::string challenge_text(std::string_view line) {
  if (!line.starts_with("334 ")) return {};
  std::string encoded(line.substr(4));
  std::replace(encoded.begin(), encoded.end(), '+', '-');
  std::replace(encoded.begin(), encoded.end(), '/', '_');
  encoded.erase(encoded.find_last_not_of('=') + 1);
  std::vector<std::uint8_t> bytes;
  if (!from_base64url(encoded, bytes)) return {};
  return printable({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void add(std::string_view offer, SmtpOffers& offers) {
  const auto words = split(offer, ' ');
  if (iequals(words[0], "PIPELINING")) offers.pipelining = true;
  if (iequals(words[0], "STARTTLS")) offers.starttls = true;
  if (iequals(words[0], "8BITMIME")) offers.eight_bit_mime = true;
  if (iequals(words[0], "DSN")) offers.dsn = true;
  if (iequals(words[0], "SMTPUTF8")) offers.smtputf8 = true;
  if (iequals(words[0], "SIZE") && words.size() > 1)
    offers.size =
        static_cast<std::size_t>(std::strtoull(std::string(words[1]).c_str(), nullptr, 10));
}

}  // namespace

void SmtpDialogue::take(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.size() < 4) return;
  last_line_ = printable(cut_utf8(secrets_.hidden(std::string(line)), 300));
  if (const auto challenge = challenge_text(line); !challenge.empty())
    last_line_ = "334 " + secrets_.hidden(challenge);
  // A new greeting is a new server, and an EHLO after STARTTLS another list: forget the old one.
  if (line.starts_with("220")) offers_ = {};
  if (line.starts_with("250")) add(line.substr(4), offers_);
}

}  // namespace postrider::queue
