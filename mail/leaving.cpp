#include "mail/leaving.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/html_text.h"
#include "mail/leaving_words.h"
#include "mail/report_parts.h"

namespace postrider::mail {

namespace {

using std::string_view;

constexpr std::size_t longest_line = 300;   // octets; no phrase has as many
constexpr std::size_t most_looked_at = 64;  // lines, of which a person writes the first

/// What many lists ask for; the first word of a text may be about anything.
constexpr string_view subject_word = "stop";

/// What may stand around a phrase and says nothing. A question mark does.
constexpr auto marks = std::to_array<string_view>(
    {" ",      ".",      ",",      "!",      ";",      ":",      "\"",     "'",      "*",
     "_",      "-",      "(",      ")",      "[",      "]",      "<",      "~",      "\u2013",
     "\u2014", "\u201C", "\u201D", "\u201E", "\u2018", "\u2019", "\u00AB", "\u00BB", "\u2026",
     "\u3002", "\uFF01", "\uFF0C", "\u3001", "\uFF0E", "\u300C", "\u300D", "\u060C", "\u061B"});

/// Marks of direction and others that are not seen.
constexpr auto unseen = std::to_array<string_view>(
    {"\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
     "\u202E", "\u2066", "\u2067", "\u2068", "\u2069", "\uFEFF", "\u00AD", "\u0640"});

/// What programs put before the mail that they quote as HTML.
constexpr auto html_quotes = std::to_array<string_view>(
    {"<blockquote", "gmail_quote", "gmail_attr", "moz-cite-prefix", "yahoo_quoted", "divrplyfwdmsg",
     "appendonsend", "mail-editor-reference-message", "x_divrplyfwdmsg", "protonmail_quote",
     "border-top:solid", "<hr"});

string_view without_marks(string_view text) {
  for (bool found = true; found;) {
    found = false;
    for (const auto mark : marks) {
      if (text.starts_with(mark)) {
        text.remove_prefix(mark.size());
        found = true;
      }
      if (text.ends_with(mark)) {
        text.remove_suffix(mark.size());
        found = true;
      }
    }
  }
  return text;
}

/// Whether `word` ends there, and no longer one goes on; Chinese ones need nothing between.
bool is_apart(string_view word, char next) {
  const bool spaced = static_cast<unsigned char>(word.front()) < 0xE3;
  return !spaced || next == ' ' || next == ',' || next == '.' || next == '!';
}

string_view without_politeness(string_view text) {
  for (const auto word : polite_words())
    if (text.size() > word.size() && text.starts_with(word) && is_apart(word, text[word.size()]))
      text = without_marks(text.substr(word.size()));
  for (const auto word : polite_words())
    if (text.size() > word.size() && text.ends_with(word) &&
        is_apart(word, text[text.size() - word.size() - 1]))
      text = without_marks(text.substr(0, text.size() - word.size()));
  return text;
}

/// A line in small letters, without what says nothing.
std::string bare(string_view line) {
  if (line.size() > longest_line) return {};
  auto text = replace_all(std::string(line), "\u00A0", " ");
  text = replace_all(std::move(text), "\u3000", " ");
  for (const auto mark : unseen) text = replace_all(std::move(text), mark, "");
  text = replace_all(small_letters(squeezed(text)), "\u2019", "'");
  return std::string(without_politeness(without_marks(text)));
}

bool is_phrase(string_view line) {
  const auto phrases = leaving_phrases();
  return std::find(phrases.begin(), phrases.end(), bare(line)) != phrases.end();
}

bool is_quoted(string_view line) { return line.starts_with('>') || line.starts_with('|'); }

/// "On Mon, 10 Jan 2022, Joe <joe@…> wrote:"
bool introduces_quote(string_view line) {
  const bool numbered =
      std::any_of(line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; });
  return numbered && (line.ends_with(':') || line.ends_with("\uFF1A"));
}

/// A signature, or what stands before a mail that is quoted whole.
bool is_rule(string_view line) { return line.starts_with("--") || line.starts_with("__"); }

/// From the first that is not blank.
std::vector<string_view> lines_of(string_view text) {
  std::vector<string_view> lines;
  while (!text.empty() && lines.size() < most_looked_at) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trim(text.substr(0, end));
    if (!lines.empty() || !line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

/// Whether a phrase stands there, and its paragraph ends with it.
bool is_phrase_at(const std::vector<string_view>& lines, std::size_t at) {
  if (at >= lines.size() || !is_phrase(lines[at])) return false;
  if (at + 1 == lines.size()) return true;
  const auto next = lines[at + 1];
  return next.empty() || is_quoted(next) || is_rule(next) || introduces_quote(next);
}

/// How many lines a quotation at the beginning has, with those that introduce it.
std::size_t lines_quoted(const std::vector<string_view>& lines) {
  constexpr std::size_t most_introducing = 3;
  std::size_t at = 0;
  while (at < lines.size() && at < most_introducing && !is_quoted(lines[at])) ++at;
  const bool introduced = at == 0 || lines[at - 1].ends_with(':');
  if (at == lines.size() || !is_quoted(lines[at]) || !introduced) return 0;
  while (at < lines.size() && is_quoted(lines[at])) ++at;
  return at;
}

bool begins_with_phrase(string_view text) {
  const auto lines = lines_of(text);
  if (is_phrase_at(lines, 0)) return true;
  // Some answer below what they quote. A blank line has to tell the two apart: a quoted line that
  // was broken goes on without a mark.
  auto at = lines_quoted(lines);
  if (at == 0 || at == lines.size() || !lines[at].empty()) return false;
  while (at < lines.size() && lines[at].empty()) ++at;
  const bool amid_quotation = at + 1 < lines.size() && is_quoted(lines[at + 1]);
  return !amid_quotation && is_phrase_at(lines, at);
}

/// The text that a person wrote and the quotation behind it, whose marks are kept.
std::string words_of(const Part& root) {
  const auto plain = own_parts(root, "text/plain");
  if (!plain.empty() && !trim(plain.front()->content).empty())
    return plain.front()->content.substr(0, most_looked_at * 1000);
  const auto html = own_parts(root, "text/html");
  if (html.empty()) return {};
  const auto source = string_view(html.front()->content).substr(0, most_looked_at * 1000);
  const auto small = to_lower(source);
  auto end = source.size();
  for (const auto mark : html_quotes) end = std::min(end, small.find(mark));
  // a mark in the middle of a tag: the tag is not text either
  if (const auto open = source.rfind('<', end); end < source.size() && open != string_view::npos)
    end = open;
  // Two blocks beside each other may be lines of one paragraph: what has nothing between them is.
  return replace_all(text_of_html(source.substr(0, end)), "\n\n", "\n");
}

}  // namespace

bool asks_to_leave(const Message& message) {
  const auto subject = message.root.field("subject");
  return is_phrase(subject) || bare(subject) == subject_word ||
         begins_with_phrase(words_of(message.root));
}

}  // namespace postrider::mail
