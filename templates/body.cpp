#include "templates/body.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "templates/html.h"
#include "templates/plain_text.h"

namespace postrider::templates {

namespace {

bool opens_or_closes(const Tag& tag) {
  return tag.kind == TagKind::section || tag.kind == TagKind::inverted ||
         tag.kind == TagKind::close || tag.kind == TagKind::comment;
}

/// Section tags alone on their line become comments, which Markdown takes for blocks of their own.
std::string with_block_marks(const Lifted& lifted) {
  std::set<std::string> marks;
  for (std::size_t i = 0; i < lifted.tags.size(); ++i)
    if (opens_or_closes(lifted.tags[i])) marks.insert(lifted.placeholder(i));
  if (marks.empty()) return lifted.text;
  std::string out;
  for (const auto line : split(lifted.text, '\n')) {
    if (!out.empty() || line.data() != lifted.text.data()) out += '\n';
    const auto content_at = std::min(line.find_first_not_of("> \t"), line.size());
    const std::string content(trim(line.substr(content_at)));
    if (marks.contains(content))
      out += std::string(line.substr(0, content_at)) + "<!--" + content + "-->";
    else
      out += line;
  }
  return out;
}

/// The walk over an HTML draft that makes its text part.
class HtmlToText {
 public:
  explicit HtmlToText(int first_line) : first_line_(first_line) {}

  Body convert(std::string_view html) {
    html_ = html;
    walk_html(
        html, [this](const HtmlTag& tag) { take(tag); },
        [this](std::string_view words) { add_words(words); });
    flush();
    body_.text = text_.finish();
    return std::move(body_);
  }

 private:
  void add_words(std::string_view raw) {
    const auto words = decode_entities(raw);
    if (preformatted_) {
      words_ += words;
      return;
    }
    for (const char c : words) {
      const bool blank = c == ' ' || c == '\n' || c == '\t';
      if (!blank)
        words_ += c;
      else if (!words_.empty() && words_.back() != ' ' && words_.back() != '\n')
        words_ += ' ';
    }
  }

  void flush() {
    const std::string words(trim(words_));
    words_.clear();
    if (words.empty()) return;
    if (heading_ > 0)
      text_.heading(words, heading_);
    else if (preformatted_)
      text_.verbatim(words);
    else
      text_.paragraph(words);
  }

  void take(const HtmlTag& tag) {
    const auto& name = tag.name;
    if (name == "br") {
      words_ += '\n';
    } else if (name == "a") {
      link(tag);
    } else if (name == "img") {
      image(tag);
    } else if (name == "hr") {
      flush();
      text_.rule();
    } else if (name == "td" || name == "th") {
      if (tag.closing) words_ += "  ";
    } else if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
      heading(tag, name[1] - '0');
    } else if (name == "blockquote" || name == "li") {
      flush();
      if (tag.closing)
        close_prefix();
      else
        open_prefix(name == "li" ? "- " : "> ", name == "li" ? "  " : "> ");
    } else if (name == "pre") {
      flush();
      preformatted_ = !tag.closing;
    } else if (is_block(name)) {
      flush();
    }
  }

  static bool is_block(std::string_view name) {
    static const std::set<std::string_view> blocks{
        "p",       "div",    "table",  "tr",   "ul",      "ol",     "section",
        "article", "header", "footer", "body", "caption", "figure", "figcaption",
        "main",    "dl",     "dt",     "dd",   "tbody",   "thead"};
    return blocks.contains(name);
  }

  void open_prefix(std::string first, std::string rest) {
    text_.push_prefix(std::move(first), std::move(rest));
    ++prefixes_;
  }

  void close_prefix() {
    if (prefixes_ == 0) return;
    text_.pop_prefix();
    --prefixes_;
  }

  void heading(const HtmlTag& tag, int level) {
    if (tag.closing) {
      if (const std::string words(trim(words_)); !words.empty())
        body_.headings.push_back({level, words, id_, line_of(tag)});
      flush();
      heading_ = 0;
    } else {
      flush();
      heading_ = level;
      id_ = tag.attribute("id");
    }
  }

  void link(const HtmlTag& tag) {
    if (!tag.closing) {
      target_ = tag.attribute("href");
      link_begin_ = words_.size();
      link_line_ = line_of(tag);
      return;
    }
    link_begin_ = std::min(link_begin_, words_.size());
    const std::string words(trim(std::string_view(words_).substr(link_begin_)));
    words_.resize(link_begin_);
    words_ += text_.link(words, target_);
    body_.references.push_back({target_, words, false, link_line_});
  }

  void image(const HtmlTag& tag) {
    const auto alt = tag.attribute("alt");
    body_.references.push_back({tag.attribute("src"), alt, true, line_of(tag)});
    if (!alt.empty()) words_ += "[" + alt + "]";
  }

  int line_of(const HtmlTag& tag) const {
    return first_line_ +
           static_cast<int>(std::count(
               html_.begin(), html_.begin() + static_cast<std::ptrdiff_t>(tag.begin), '\n'));
  }

  const int first_line_;
  std::string_view html_;
  Body body_;
  PlainText text_;
  std::string words_;
  std::string target_;
  std::string id_;
  std::size_t link_begin_ = 0;
  int link_line_ = 0;
  int heading_ = 0;
  int prefixes_ = 0;
  bool preformatted_ = false;
};

Body html_body(const Lifted& lifted, int first_line) {
  auto body = HtmlToText(first_line).convert(lifted.text);
  body.html = lifted.put_back(lifted.text);
  body.text = lifted.put_back(body.text);
  for (auto& reference : body.references) reference.target = lifted.put_back(reference.target);
  return body;
}

/// Whole addresses become links; the rest is escaped.
std::string linked(std::string_view line, int number, Body& body) {
  std::string out;
  for (;;) {
    const auto at = std::min(line.find("https://"), line.find("http://"));
    out += escape_html(line.substr(0, at));
    if (at == std::string_view::npos) return out;
    auto end = std::min(line.find_first_of(" <>\"", at), line.size());
    while (end > at && std::string_view(".,;:!?)").find(line[end - 1]) != std::string_view::npos)
      --end;
    const auto address = line.substr(at, end - at);
    const auto escaped = escape_html(address);
    out += "<a href=\"" + escaped + "\">" + escaped + "</a>";
    body.references.push_back({std::string(address), std::string(address), false, number});
    line.remove_prefix(end);
  }
}

/// Paragraphs of a plain draft, their lines kept.
Body text_body(const Lifted& lifted, int first_line) {
  Body body;
  std::string html;
  bool in_paragraph = false;
  int number = first_line;
  for (const auto line : split(lifted.text, '\n')) {
    if (trim(line).empty()) {
      if (in_paragraph) html += "</p>\n";
      in_paragraph = false;
    } else {
      html += in_paragraph ? "<br>\n" : "<p>";
      html += linked(line, number, body);
      in_paragraph = true;
    }
    ++number;
  }
  if (in_paragraph) html += "</p>\n";
  body.html = lifted.put_back(html);
  body.text = lifted.put_back(std::string(trim(lifted.text)) + "\n");
  for (auto& reference : body.references) reference.target = lifted.put_back(reference.target);
  return body;
}

}  // namespace

tl::expected<Body, Faults> make_body(const Draft& draft) {
  const auto tags = scan_tags(draft.body, draft.file, draft.body_line);
  if (!tags) return tl::make_unexpected(tags.error());
  auto lifted = lift(draft.body, *tags, [](const Tag&) { return true; });
  switch (draft.kind) {
    case BodyKind::markdown:
      lifted.text = with_block_marks(lifted);
      return render_markdown(lifted, draft.body_line);
    case BodyKind::html:
      return html_body(lifted, draft.body_line);
    case BodyKind::text:
      break;
  }
  return text_body(lifted, draft.body_line);
}

std::string plain_contents(const std::vector<Heading>& headings) {
  std::string out;
  for (const auto& heading : headings)
    if (heading.level == 2) out += wrap(heading.text, "  ", "    ") + "\n";
  return out;
}

}  // namespace postrider::templates
