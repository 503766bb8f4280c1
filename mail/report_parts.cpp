#include "mail/report_parts.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/html_text.h"

namespace postrider::mail {

namespace {

using std::string_view;

bool is_message(string_view type) { return type == "message/rfc822" || type == "message/global"; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5321's atom characters and the dot, and whatever is not ASCII.
bool is_local(char c) {
  return is_word(c) || static_cast<unsigned char>(c) >= 0x80 ||
         string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != string_view::npos;
}

bool is_domain(char c) {
  return is_word(c) || static_cast<unsigned char>(c) >= 0x80 || c == '-' || c == '.' || c == '_';
}

/// The blank, colons, commas and brackets of Chinese and Japanese text: no part of an address.
constexpr std::array<string_view, 9> wide_marks{"\xE3\x80\x80", "\xEF\xBC\x9A", "\xEF\xBC\x8C",
                                                "\xE3\x80\x81", "\xE3\x80\x82", "\xEF\xBC\x88",
                                                "\xEF\xBC\x89", "\xE3\x80\x8C", "\xE3\x80\x8D"};

bool begins_with_wide_mark(string_view text) {
  return std::any_of(wide_marks.begin(), wide_marks.end(),
                     [&](string_view mark) { return text.starts_with(mark); });
}

/// How many octets of the text end with the last of those marks.
std::size_t after_wide_mark(string_view text) {
  std::size_t after = 0;
  for (const auto mark : wide_marks)
    if (const auto at = text.rfind(mark); at != string_view::npos)
      after = std::max(after, at + mark.size());
  return after;
}

template <class Found>
void each_own(const Part& part, const Found& found) {
  found(part);
  if (is_message(part.type)) return;
  for (const auto& inner : part.parts) each_own(inner, found);
}

bool is_machine_part(const Part& part) {
  return is_message(part.type) || part.type.starts_with("message/") ||
         part.type.ends_with("/rfc822-headers");
}

/// Gathers words up to the first machine part; false: it was reached.
bool gather_words(const Part& part, std::string& plain, std::string& html) {
  if (is_machine_part(part)) return false;
  if (part.type == "text/html")
    html += part.content + "\n";
  else if (part.parts.empty() &&
           (part.type.starts_with("text/") || part.type.starts_with("multipart/")))
    plain += part.content + "\n";
  return std::all_of(part.parts.begin(), part.parts.end(),
                     [&](const Part& inner) { return gather_words(inner, plain, html); });
}

bool tells_of_itself(const std::vector<Field>& fields) {
  return !first_field(fields, "message-id").empty() ||
         !first_field(fields, "list-unsubscribe").empty();
}

bool begins_header(string_view line) {
  static constexpr std::array<string_view, 8> names{"received",     "return-path",   "message-id",
                                                    "from",         "date",          "subject",
                                                    "mime-version", "dkim-signature"};
  const auto colon = line.substr(0, 20).find(':');
  return colon != string_view::npos &&
         std::any_of(names.begin(), names.end(),
                     [&](string_view name) { return iequals(name, line.substr(0, colon)); });
}

/// Headers in running text, as reports of before MIME return them.
std::vector<Field> fields_within(string_view text) {
  for (int tries = 0; !text.empty() && tries < 20;) {
    if (begins_header(text)) {
      ++tries;
      auto rest = text;
      auto fields = take_fields(rest);
      if (tells_of_itself(fields)) return fields;
    }
    const auto end = text.find('\n');
    text.remove_prefix(end == string_view::npos ? text.size() : end + 1);
  }
  return {};
}

}  // namespace

bool holds(std::string_view text, std::span<const std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    return text.find(phrase) != std::string_view::npos;
  });
}

std::vector<const Part*> own_parts(const Part& root, string_view type) {
  std::vector<const Part*> found;
  each_own(root, [&](const Part& part) {
    if (part.type == type) found.push_back(&part);
  });
  return found;
}

std::vector<const Part*> machine_parts(const Part& root, string_view kind, bool anywhere) {
  std::vector<const Part*> found;
  const auto is_one = [&](const Part& part) {
    const auto name =
        string_view(part.type).substr(std::min(part.type.size(), part.type.find('/') + 1));
    return name == kind || name == "global-" + std::string(kind);
  };
  if (anywhere && is_one(root)) found.push_back(&root);
  each_own(root, [&](const Part& part) {
    if (is_message(part.type) || (!anywhere && part.type != "multipart/report")) return;
    for (const auto& inner : part.parts)
      if (is_one(inner)) found.push_back(&inner);
  });
  return found;
}

std::string own_words(const Part& root) {
  std::string plain, html;
  gather_words(root, plain, html);
  return trim(plain).empty() ? text_of_html(html) : plain;
}

std::vector<Field> returned_fields(const Part& root) {
  std::vector<Field> fields;
  each_own(root, [&](const Part& part) {
    if (tells_of_itself(fields)) return;
    string_view content = part.content;
    if (is_message(part.type) && !part.parts.empty())
      fields = part.parts.front().fields;
    else if (part.type.ends_with("/rfc822-headers") || part.type.ends_with("/global-headers"))
      fields = take_fields(content);
  });
  if (!fields.empty()) return fields;
  each_own(root, [&](const Part& part) {
    if (fields.empty() && part.parts.empty() && part.type.starts_with("text/"))
      fields = fields_within(part.content);
  });
  return fields;
}

string_view first_field(const std::vector<Field>& fields, string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? string_view() : found->value;
}

std::string domain_of(string_view address) {
  const auto at = address.rfind('@');
  return at == string_view::npos ? std::string() : to_lower(address.substr(at + 1));
}

std::vector<std::string> addresses_in(string_view text, std::size_t most) {
  std::vector<std::string> found;
  std::size_t from = 0;
  for (auto at = text.find('@'); at != string_view::npos && found.size() < most;
       at = text.find('@', at + 1)) {
    auto first = at;
    if (first > from && text[first - 1] == '"') {
      const auto quote = first > from + 1 ? text.rfind('"', first - 2) : string_view::npos;
      if (quote != string_view::npos && quote >= from && at - quote <= 66) first = quote;
    } else {
      while (first > from && at - first < 128 && is_local(text[first - 1])) --first;
    }
    first += after_wide_mark(text.substr(first, at - first));
    auto end = at + 1;
    while (end < text.size() && end - at < 255 && is_domain(text[end]) &&
           !text.substr(end).starts_with("..") && !begins_with_wide_mark(text.substr(end)))
      ++end;
    while (end > at + 1 && !is_word(text[end - 1]) &&
           static_cast<unsigned char>(text[end - 1]) < 0x80)
      --end;
    while (first < at && (text[first] == '\'' || text[first] == '.')) ++first;
    if (first == at || end == at + 1) continue;
    found.emplace_back(text.substr(first, end - first));
    from = end;
  }
  return found;
}

std::vector<std::string> in_brackets(string_view text, std::size_t most) {
  std::vector<std::string> found;
  while (found.size() < most) {
    const auto open = text.find('<');
    if (open == string_view::npos) break;
    const auto close = text.find('>', open);
    if (close == string_view::npos) break;
    if (const auto inner = trim(text.substr(open + 1, close - open - 1)); !inner.empty())
      found.emplace_back(inner);
    text.remove_prefix(close + 1);
  }
  return found;
}

std::string squeezed(string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string small_letters(string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto before = text;
    const auto c = take_character(text);
    const auto octets = before.substr(0, before.size() - text.size());
    unsigned to = 0;
    if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
        (c >= 0x410 && c <= 0x42F))
      to = static_cast<unsigned>(c) + 0x20;
    else if (c >= 0x400 && c <= 0x40F)
      to = static_cast<unsigned>(c) + 0x50;
    if (to == 0) {
      out += to_lower(octets);
    } else {
      out += static_cast<char>(0xC0 | (to >> 6));
      out += static_cast<char>(0x80 | (to & 0x3F));
    }
  }
  return out;
}

std::string as_told(string_view text) {
  constexpr std::size_t longest = 512;
  return std::string(cut_utf8(printable(squeezed(text.substr(0, 8 * longest))), longest));
}

}  // namespace postrider::mail
