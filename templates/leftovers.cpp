#include "templates/leftovers.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "templates/body.h"

namespace postrider::templates {

namespace {

bool is_capital(char letter) { return letter >= 'A' && letter <= 'Z'; }

bool is_ascii_word(char letter) {
  return is_capital(letter) || (letter >= 'a' && letter <= 'z') ||
         (letter >= '0' && letter <= '9') || letter == '_' ||
         static_cast<unsigned char>(letter) >= 0x80;
}

/// "[INSERT LINK]", "[YOUR NAME …", from its bracket on.
std::string bracketed(std::string_view text) {
  for (auto at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    const auto inside = text.substr(at + 1, text.substr(at).find(']') - 1);
    if (inside == "PLACEHOLDER") return "[PLACEHOLDER]";
    for (const std::string_view word : {"INSERT ", "ADD ", "YOUR "})
      if (inside.starts_with(word)) return "[" + std::string(cut_utf8(inside, 40)) + "]";
  }
  return {};
}

/// The letter is a capital, or of a script whose capitals nobody tells here.
bool begins_name(char letter) {
  return is_capital(letter) || static_cast<unsigned char>(letter) >= 0x80;
}

/// The word before or behind begins with a capital letter: "Super Bowl XXX", "the XXX Corps".
bool may_be_numeral(std::string_view before, std::string_view behind) {
  before = trim(before);
  const auto begin = std::find_if_not(before.rbegin(), before.rend(), is_ascii_word).base();
  if (begin != before.end() && begins_name(*begin)) return true;
  return behind.size() > 1 && behind[0] == ' ' && begins_name(behind[1]);
}

std::string crosses(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = text.find('X', at);
    if (begin == std::string_view::npos) return {};
    const auto end = std::min(text.find_first_not_of('X', begin), text.size());
    at = end;
    const bool is_word = (begin == 0 || !is_ascii_word(text[begin - 1])) &&
                         (end == text.size() || !is_ascii_word(text[end]));
    if (!is_word || end - begin < 3) continue;
    if (end - begin == 3 && may_be_numeral(text.substr(0, begin), text.substr(end))) continue;
    return std::string(text.substr(begin, std::min<std::size_t>(end - begin, 20)));
  }
  return {};
}

/// "*|FNAME|*" of the draft, where the text has it: Markdown takes the asterisks for emphasis.
std::string merge_tag(std::string_view text, std::string_view source) {
  for (auto at = text.find('|'); at != std::string_view::npos; at = text.find('|', at + 1)) {
    const auto name = text.substr(at + 1, text.substr(at + 1).find('|'));
    const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
      return is_ascii_word(letter) || letter == ':' || letter == '-';
    });
    auto tag = "*|" + std::string(name) + "|*";
    if (is_name && source.find(tag) != std::string_view::npos) return tag;
  }
  return {};
}

std::string in_text(std::string_view text, std::string_view source) {
  if (to_lower(text).find("lorem ipsum") != std::string::npos) return "Lorem ipsum";
  for (const auto look : {bracketed, crosses})
    if (auto found = look(text); !found.empty()) return found;
  return merge_tag(text, source);
}

/// Where nobody but the writer can go.
bool leads_nowhere(const std::string& address) {
  const auto lower = to_lower(address);
  const auto begin = lower.find("://");
  if (begin == std::string::npos) return false;
  auto host = std::string_view(lower).substr(begin + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(host.rfind('@') + 1);
  host = host.substr(0, host.find(':'));
  constexpr std::array<std::string_view, 5> nowhere{"example.com", "example.org", "example.net",
                                                    "localhost", "127.0.0.1"};
  return std::any_of(nowhere.begin(), nowhere.end(), [host](std::string_view name) {
    return host == name || host.ends_with("." + std::string(name));
  });
}

}  // namespace

Faults find_leftovers(const Draft& draft) {
  Faults faults;
  const auto warn = [&](int line, const std::string& where, const std::string& message) {
    faults.push_back({draft.file, line, where, message, Severity::warning});
  };
  const auto look = [&](std::string_view text, int line, const std::string& where) {
    if (const auto found = in_text(text, draft.body); !found.empty())
      warn(line, where, "'" + printable(found) + "' is left in the text");
  };
  look(draft.title, line_of_key(draft, "title"), "title");
  look(draft.subtitle, line_of_key(draft, "subtitle"), "subtitle");
  const auto body = make_body(draft);
  if (!body) return faults;
  for (const auto& passage : body->passages) look(passage.text, passage.line, "");
  for (const auto& link : body->references)
    if (leads_nowhere(link.target))
      warn(link.line, "",
           "the " + std::string(link.image ? "image" : "link") + " '" +
               printable(cut_utf8(link.target, 80)) + "' leads to no reader's page");
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& one, const Fault& other) { return one.line < other.line; });
  return faults;
}

}  // namespace postrider::templates
