#include "templates/html_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "templates/placeholders.h"

namespace postrider::templates {

namespace {

constexpr int deepest_prefix = 100;

constexpr std::array<std::string_view, 22> blocks{
    "p",      "div",    "table", "tr",    "ul",      "ol",     "section",    "article",
    "header", "footer", "body",  "head",  "caption", "figure", "figcaption", "main",
    "dl",     "dt",     "dd",    "tbody", "thead",   "html"};

constexpr std::array<std::string_view, 12> not_for_text{"script", "iframe", "object", "embed",
                                                        "form",   "input",  "button", "select",
                                                        "video",  "audio",  "canvas", "textarea"};

bool is_one_of(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_heading(std::string_view name) {
  return name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
}

}  // namespace

bool is_not_for_text(std::string_view name) { return is_one_of(not_for_text, name); }

void note_for_lint(const HtmlTag& tag, int line, Body& body) {
  if (tag.closing) return;
  if (is_not_for_text(tag.name)) body.elements.push_back({tag.name, line});
  for (const auto& name : tag.attribute_names())
    if (name.size() > 2 && name.starts_with("on")) body.elements.push_back({name, line});
  if (tag.name == "area" && tag.has("href"))
    body.references.push_back({tag.attribute("href"), tag.attribute("alt"), false, line});
}

HtmlText::Added HtmlText::add(std::string_view html, int line) {
  html_ = html;
  out_.clear();
  copied_ = counted_ = 0;
  line_ = line;
  const auto unending = walk_html(
      html, [this](const HtmlTag& tag) { add_tag(tag); },
      [this](std::string_view words) { add_words(words); });
  flush();
  while (prefixes_ > 0) close_prefix();
  lists_.clear();
  heading_ = code_ = 0;
  preformatted_ = false;
  Added added{out_ + std::string(html.substr(copied_)), {}};
  if (unending != std::string_view::npos) added.unending = line_at(unending);
  return added;
}

int HtmlText::line_at(std::size_t offset) {
  const auto at = [this](std::size_t i) { return html_.begin() + static_cast<std::ptrdiff_t>(i); };
  if (offset > counted_) {
    line_ += static_cast<int>(std::count(at(counted_), at(offset), '\n'));
    counted_ = offset;
  }
  return line_;
}

void HtmlText::add_words(std::string_view raw) {
  const auto words = decode_entities(raw);
  if (code_ == 0) {
    auto line = line_at(static_cast<std::size_t>(raw.data() - html_.data()));
    for (const auto part : split(words, '\n')) {
      if (!trim(part).empty()) body_.passages.push_back({std::string(part), line});
      ++line;
    }
  }
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

void HtmlText::flush() {
  const auto words = std::exchange(words_, {});
  link_begin_ = 0;
  if (trim(words).empty()) return;
  if (is_only_marks(lifted_, words)) return text_.marks(marks_of(lifted_, words));
  if (preformatted_)
    text_.verbatim(words);
  else if (heading_ > 0)
    text_.heading(trim(words), heading_);
  else
    text_.paragraph(trim(words));
}

void HtmlText::add_tag(const HtmlTag& tag) {
  const auto& name = tag.name;
  note_for_lint(tag, line_at(tag.begin), body_);
  if (name == "br") {
    words_ += '\n';
  } else if (name == "a") {
    link(tag);
  } else if (name == "img") {
    image(tag);
  } else if (name == "code") {
    code_ = std::max(code_ + (tag.closing ? -1 : 1), 0);
  } else if (name == "hr") {
    flush();
    text_.rule();
  } else if (name == "td" || name == "th") {
    if (tag.closing) words_ += "  ";
  } else if (is_heading(name)) {
    heading(tag);
  } else if (name == "blockquote" || name == "li") {
    flush();
    if (tag.closing)
      close_prefix();
    else
      open_prefix(tag);
  } else if (name == "pre") {
    flush();
    preformatted_ = !tag.closing;
    code_ = std::max(code_ + (tag.closing ? -1 : 1), 0);
  } else if (is_one_of(blocks, name)) {
    flush();
    if (name != "ul" && name != "ol") return;
    if (!tag.closing)
      lists_.push_back(name == "ol" ? 1 : 0);
    else if (!lists_.empty())
      lists_.pop_back();
  }
}

void HtmlText::open_prefix(const HtmlTag& tag) {
  if (prefixes_ == deepest_prefix) return;
  if (tag.name == "blockquote") {
    text_.push_prefix("> ", "> ");
  } else {
    const bool numbered = !lists_.empty() && lists_.back() > 0;
    const auto mark = numbered ? std::to_string(lists_.back()++) + ". " : std::string("- ");
    text_.push_prefix(mark, std::string(mark.size(), ' '));
  }
  ++prefixes_;
}

void HtmlText::close_prefix() {
  if (prefixes_ == 0) return;
  text_.pop_prefix();
  --prefixes_;
}

void HtmlText::heading(const HtmlTag& tag) {
  if (!tag.closing) {
    flush();
    heading_ = tag.name[1] - '0';
    heading_name_end_ = tag.begin + 1 + tag.name.size();
    heading_id_ = tag.attribute("id");
    return;
  }
  const std::string words(trim(words_));
  if (heading_ > 0 && !words.empty()) {
    if (!heading_id_.empty()) {
      anchors_.take(heading_id_);
    } else {
      heading_id_ = anchors_.name(without_placeholders(lifted_, words));
      out_ += html_.substr(copied_, heading_name_end_ - copied_);
      out_ += " id=\"" + heading_id_ + "\"";
      copied_ = heading_name_end_;
    }
    body_.headings.push_back({heading_, words, heading_id_, line_at(tag.begin)});
  }
  flush();
  heading_ = 0;
}

void HtmlText::link(const HtmlTag& tag) {
  if (!tag.closing) {
    target_ = tag.attribute("href");
    link_begin_ = words_.size();
    link_line_ = line_at(tag.begin);
    // <a name=…> is a place, not a link.
    if (!tag.has("href")) link_line_ = 0;
    return;
  }
  if (link_line_ == 0) return;
  link_begin_ = std::min(link_begin_, words_.size());
  const auto words = words_.substr(link_begin_);
  words_.resize(link_begin_);
  words_ += (words.starts_with(' ') ? " " : "") + text_.link(trim(words), target_);
  if (words.size() > 1 && words.ends_with(' ')) words_ += ' ';
  body_.references.push_back({target_, std::string(trim(words)), false, link_line_});
  link_line_ = 0;
}

void HtmlText::image(const HtmlTag& tag) {
  const auto alt = tag.attribute("alt");
  const int line = line_at(tag.begin);
  body_.references.push_back({tag.attribute("src"), alt, true, line});
  if (alt.empty()) return;
  body_.passages.push_back({alt, line});
  words_ += "[" + alt + "]";
}

}  // namespace postrider::templates
