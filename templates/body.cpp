#include "templates/body.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "templates/html.h"
#include "templates/html_text.h"
#include "templates/markdown_marks.h"
#include "templates/placeholders.h"
#include "templates/places.h"
#include "templates/plain_text.h"

namespace postrider::templates {

namespace {

constexpr std::string_view literal_braces =
    "two braces {{ stand here as text, which no mail can show; write them apart: { {";

std::string_view trim_end(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Section tags alone on their line become comments, which Markdown takes for blocks of their own.
std::string with_block_marks(const Lifted& lifted) {
  std::string out;
  for (const auto line : split(lifted.text, '\n')) {
    if (line.data() != lifted.text.data()) out += '\n';
    const auto content_at = std::min(line.find_first_not_of("> \t"), line.size());
    const auto content = trim(line.substr(content_at));
    out += line.substr(0, content_at);
    out += is_only_marks(lifted, content) ? block_mark(lifted, content) : line.substr(content_at);
  }
  return out;
}

/// What the body element holds, where the draft is a whole document.
std::string_view inside_body(std::string_view html, std::size_t& begin) {
  begin = 0;
  auto end = html.size();
  walk_html(
      html,
      [&](const HtmlTag& tag) {
        if (tag.name != "body") return;
        if (tag.closing)
          end = tag.begin;
        else if (begin == 0)
          begin = tag.begin + tag.raw.size();
      },
      [](std::string_view) {});
  return html.substr(begin, std::max(begin, end) - begin);
}

tl::expected<Body, Faults> html_body(const Lifted& lifted, const Draft& draft) {
  std::size_t begin = 0;
  const auto html = inside_body(lifted.text, begin);
  const auto first = lifted.text.begin();
  const int line = draft.body_line + static_cast<int>(std::count(
                                         first, first + static_cast<std::ptrdiff_t>(begin), '\n'));
  if (auto faults = misplaced_tags(lifted, html, draft.file, line); !faults.empty())
    return tl::make_unexpected(std::move(faults));
  Body body;
  PlainText text([&](std::string_view words) { return shown_width(lifted, words); });
  Anchors anchors;
  auto added = HtmlText(lifted, text, body, anchors).add(html, line);
  if (added.unending)
    return tl::make_unexpected(
        Faults{{draft.file, *added.unending, "",
                "a tag, a comment or a style or script begins here and never ends"}});
  body.html = std::move(added.html);
  body.text = text.finish();
  return body;
}

/// A sentence's end is no part of the address, nor is a bracket that opens before it.
std::string_view without_punctuation(std::string_view address) {
  auto depth = std::count(address.begin(), address.end(), '(') -
               std::count(address.begin(), address.end(), ')');
  while (!address.empty()) {
    const char last = address.back();
    const bool closes_outside = last == ')' && depth < 0;
    if (!closes_outside && std::string_view(".,;:!?").find(last) == std::string_view::npos) break;
    if (closes_outside) ++depth;
    address.remove_suffix(1);
  }
  return address;
}

/// Whole addresses become links; the rest is escaped.
std::string linked(std::string_view line, int number, Body& body) {
  std::string out;
  std::string words;
  for (;;) {
    const auto at = std::min(line.find("https://"), line.find("http://"));
    words += line.substr(0, at);
    out += escape_html(line.substr(0, at));
    if (at == std::string_view::npos) break;
    auto end = std::min(line.find_first_of(" <>\"", at), line.size());
    const auto address = without_punctuation(line.substr(at, end - at));
    end = at + address.size();
    const auto escaped = escape_html(address);
    out += "<a href=\"" + escaped + "\">" + escaped + "</a>";
    body.references.push_back({std::string(address), std::string(address), false, number});
    line.remove_prefix(end);
  }
  body.passages.push_back({std::move(words), number});
  return out;
}

/// Paragraphs of a plain draft, their lines kept. A line of section tags is no line of its own.
Body text_body(const Lifted& lifted, const Draft& draft) {
  Body body;
  bool in_paragraph = false;
  int number = draft.body_line;
  for (const auto line : split(trim_end(lifted.text), '\n')) {
    const bool marks = is_only_marks(lifted, line);
    const bool blank = trim(line).empty();
    if ((marks || blank) && std::exchange(in_paragraph, false)) body.html += "</p>\n";
    if (marks) {
      body.html += trim(line);
      body.text += trim(line);
    } else {
      body.text += std::string(line) + "\n";
    }
    if (!marks && !blank) {
      body.html += std::exchange(in_paragraph, true) ? "<br>\n" : "<p>";
      body.html += linked(line, number, body);
    }
    ++number;
  }
  if (in_paragraph) body.html += "</p>\n";
  return body;
}

/// The sections that are open at a place of the body.
class OpenSections {
 public:
  OpenSections(const Lifted& lifted, std::string_view html)
      : lifted_(lifted), html_(html), next_(html.find(lifted.word)) {}

  /// Goes on to that octet of the HTML.
  void advance(std::size_t octet) {
    while (next_ < octet) {
      const auto found = leading_placeholder(lifted_, html_.substr(next_));
      if (found) add(lifted_.tags[found->number]);
      next_ = html_.find(lifted_.word, next_ + lifted_.word.size());
    }
  }

  std::string opening() const {
    std::string tags;
    for (const auto* tag : open_) tags += canonical(*tag);
    return tags;
  }
  std::string closing() const {
    std::string tags;
    for (auto tag = open_.rbegin(); tag != open_.rend(); ++tag) tags += "{{/" + (*tag)->name + "}}";
    return tags;
  }

 private:
  void add(const Tag& tag) {
    if (tag.kind == TagKind::section || tag.kind == TagKind::inverted)
      open_.push_back(&tag);
    else if (tag.kind == TagKind::close && !open_.empty())
      open_.pop_back();
  }

  const Lifted& lifted_;
  const std::string_view html_;
  std::size_t next_;  // placeholder
  std::vector<const Tag*> open_;
};

void find_sections(Body& body, const Lifted& lifted) {
  OpenSections open(lifted, body.html);
  std::map<std::string, Heading*> by_anchor;
  for (auto& heading : body.headings) by_anchor.try_emplace(heading.anchor, &heading);
  walk_html(
      body.html,
      [&](const HtmlTag& tag) {
        if (tag.closing || tag.name.size() != 2 || tag.name[0] != 'h') return;
        const auto heading = by_anchor.find(tag.attribute("id"));
        if (heading == by_anchor.end()) return;
        open.advance(tag.begin);
        heading->second->opening = open.opening();
        heading->second->closing = open.closing();
      },
      [](std::string_view) {});
}

/// The tags instead of their placeholders. Braces that escapes or entities have made would now be
/// tags that nobody has checked.
tl::expected<Body, Faults> with_tags(Body body, const Lifted& lifted, const Draft& draft) {
  Faults faults;
  for (const auto& passage : body.passages)
    if (passage.text.find("{{") != std::string::npos)
      faults.push_back({draft.file, passage.line, "", std::string(literal_braces)});
  if (faults.empty() &&
      (body.html.find("{{") != std::string::npos || body.text.find("{{") != std::string::npos))
    faults.push_back({draft.file, 0, "", std::string(literal_braces)});
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  find_sections(body, lifted);
  body.html = lifted.put_back(body.html);
  body.text = lifted.put_back(body.text);
  for (auto& passage : body.passages) passage.text = lifted.put_back(passage.text);
  for (auto& heading : body.headings) heading.text = lifted.put_back(heading.text);
  for (auto& reference : body.references) {
    reference.target = lifted.put_back(reference.target);
    reference.text = lifted.put_back(reference.text);
  }
  return body;
}

}  // namespace

tl::expected<Body, Faults> make_body(const Draft& draft) {
  const auto tags = scan_tags(draft.body, draft.file, draft.body_line);
  if (!tags) return tl::make_unexpected(tags.error());
  auto lifted = lift(draft.body, *tags, [](const Tag&) { return true; });
  if (draft.kind == BodyKind::markdown) {
    lifted.text = with_block_marks(lifted);
    lifted.text = with_angle_marks(lifted);
  }
  auto body = draft.kind == BodyKind::markdown
                  ? render_markdown(lifted, draft.file, draft.body_line)
              : draft.kind == BodyKind::html ? html_body(lifted, draft)
                                             : text_body(lifted, draft);
  if (!body) return body;
  return with_tags(std::move(*body), lifted, draft);
}

std::string plain_contents(const std::vector<Heading>& headings) {
  std::string out;
  // Line ends go with the entries, so that one that is not shown leaves no gap.
  bool begun = false;
  for (const auto& heading : headings) {
    if (heading.level != 2) continue;
    const bool always = heading.opening.empty();
    out += heading.opening + (begun ? "\n" : "") + wrap(heading.text, "  ", "    ");
    out += (begun || always ? "" : "\n") + heading.closing;
    begun = begun || always;
  }
  return out;
}

}  // namespace postrider::templates
