#include "queue/pressure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/text.h"

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

/// What servers say to those who send too much, in lower case, with the pause that they mean by it.
/// Sources: Yahoo and AOL's "SMTP error codes" (TSS04, TSS05), Google's "SMTP error reference"
/// (4.7.28, 4.7.29), Microsoft's postmaster pages, the shaping files of KumoMTA.
struct Saying {
  std::string_view words;
  Duration pause;
};
constexpr std::array sayings{
    Saying{"[tss04]", 2h},
    Saying{"[tss05]", 4h},
    Saying{"[tsstemp]", 5min},
    Saying{"exceeded the maximum number of connections", 1h},
    Saying{"unusual rate of", 10min},
    Saying{"unusual amount of", 10min},
    Saying{"rate limit", 5min},
    Saying{"rate-limit", 5min},
    Saying{"ratelimit", 5min},
    Saying{"rate control", 5min},
    Saying{"throttl", 5min},
    Saying{"sending too fast", 5min},
    Saying{"too many messages", 5min},
    Saying{"too much mail", 5min},
    Saying{"too many emails", 5min},
    Saying{"too many recipients", 0min},
    Saying{"too many connections", 0min},
    Saying{"too many concurrent", 0min},
    Saying{"too many simultaneous", 0min},
    Saying{"connection limit", 0min},
    Saying{"concurrency limit", 0min},
    Saying{"server busy", 0min},
    Saying{"system load", 0min},
    Saying{"load too high", 0min},
};

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr std::array time_units{Unit{"s", 1s}, Unit{"m", 1min}, Unit{"h", 1h}};

/// "300 seconds", "5 min", "1 hour", "90s": read from where a number begins.
std::optional<Duration> span_of_time(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count <= 0 || count > 100'000) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (text.starts_with(' ')) text.remove_prefix(1);
  for (const auto& [name, length] : time_units) {
    if (!text.starts_with(name)) continue;
    // "5 messages" is no time: what stands there is s, sec…, m, min… or h, h…r….
    const auto word = text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
    if (word.size() > 1 && !word.starts_with("sec") && !word.starts_with("min") &&
        !word.starts_with("h"))
      return {};
    return std::min<Duration>(count * length, longest_pause);
  }
  return {};
}

constexpr std::array<std::string_view, 6> of_domain{"to this domain",     "for this domain",
                                                    "recipient domain",   "recipient's domain",
                                                    "destination domain", "receiving domain"};

/// Part of a longer name, or of an address.
bool continues_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '@';
}

constexpr std::array asking{"try again in ", "try again after ", "retry in ",    "retry after ",
                            "wait ",         "come back in ",    "for another ", "deferred for "};

}  // namespace

std::optional<Duration> asked_pause(const mail::Reply& reply) {
  if (!reply.temporary()) return {};
  const auto text = to_lower(reply.text);
  for (const std::string_view words : asking) {
    const auto at = text.find(words);
    if (at == std::string::npos) continue;
    if (const auto pause = span_of_time(std::string_view(text).substr(at + words.size())))
      return pause;
  }
  return {};
}

bool speaks_of_domain(const mail::Reply& reply, std::string_view recipient) {
  const auto text = to_lower(reply.text);
  if (std::any_of(of_domain.begin(), of_domain.end(),
                  [&](std::string_view words) { return text.find(words) != std::string::npos; }))
    return true;
  const auto domain = to_lower(recipient.substr(recipient.rfind('@') + 1));
  for (auto at = text.find(domain); at != std::string::npos; at = text.find(domain, at + 1)) {
    const auto end = at + domain.size();
    const bool begins = at == 0 || !(continues_name(text[at - 1]) || text[at - 1] == '.');
    // A full stop may end the sentence.
    const auto next = end < text.size() && text[end] == '.' ? end + 1 : end;
    if (begins && (next >= text.size() || !continues_name(text[next]))) return true;
  }
  return false;
}

std::optional<Pressure> pressure_of(const mail::Reply& reply) {
  if (!reply.temporary()) return {};
  // RFC 3463 §3.2, §3.3: of one address or mailbox, such as one that is full or that too many write
  // to.
  if (reply.enhanced.size() > 3 && (reply.enhanced[2] == '1' || reply.enhanced[2] == '2') &&
      reply.enhanced[3] == '.')
    return {};
  const auto text = to_lower(reply.text);
  // RFC 3463 §3.4, X.4.5: the mail system is congested; 4.7.28 is Google's for the rate.
  const bool by_code = reply.enhanced == "4.4.5" || reply.enhanced == "4.7.28";
  const auto said = std::find_if(sayings.begin(), sayings.end(), [&](const Saying& saying) {
    return text.find(saying.words) != std::string::npos;
  });
  if (said == sayings.end() && !by_code) return {};
  const auto usual = said == sayings.end() ? Duration::zero() : said->pause;
  return Pressure{asked_pause(reply).value_or(usual)};
}

}  // namespace postrider::queue
