#include "templates/html_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "templates/placeholders.h"

namespace postrider::templates {

namespace {

constexpr int deepest_prefix = 100;
constexpr std::size_t most_open = 1000;  // lists, items and quotes; each is looked at often

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
  while (!open_.empty()) close_last();
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
    plain_ += words;
    return;
  }
  for (const char c : words) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    for (auto* to : {&words_, &plain_}) {
      if (!blank)
        *to += c;
      else if (!to->empty() && to->back() != ' ' && to->back() != '\n')
        *to += ' ';
    }
  }
}

void HtmlText::flush() {
  // A link around blocks goes on, behind the first of them that has words.
  if (link_line_ > 0) add_link_words();
  const auto words = std::exchange(words_, {});
  plain_.clear();
  link_begin_ = plain_begin_ = 0;
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
    plain_ += ' ';
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
    if (tag.closing) words_ += "  ", plain_ += "  ";
  } else if (is_heading(name)) {
    heading(tag);
  } else if (name == "blockquote" || name == "li") {
    flush();
    if (tag.closing || name == "li") close_prefix(name);
    if (!tag.closing) open_prefix(name);
  } else if (name == "pre") {
    flush();
    preformatted_ = !tag.closing;
    code_ = std::max(code_ + (tag.closing ? -1 : 1), 0);
  } else if (is_one_of(blocks, name)) {
    flush();
    if (name != "ul" && name != "ol") return;
    if (tag.closing)
      close_prefix(name);
    else if (open_.size() < most_open)
      open_.push_back({name, name == "ol" ? 1 : 0, false});
  }
}

void HtmlText::open_prefix(std::string_view name) {
  if (open_.size() == most_open) return;
  const auto list = std::find_if(open_.rbegin(), open_.rend(), [](const Open& open) {
    return open.name == "ul" || open.name == "ol";
  });
  int* next = list == open_.rend() || list->next == 0 ? nullptr : &list->next;
  const auto mark = name == "blockquote" ? std::string("> ")
                    : next != nullptr    ? std::to_string((*next)++) + ". "
                                         : std::string("- ");
  const bool fits = prefixes_ < deepest_prefix;
  if (fits) {
    text_.push_prefix(mark, name == "blockquote" ? mark : std::string(mark.size(), ' '));
    ++prefixes_;
  }
  open_.push_back({std::string(name), 0, fits});
}

/// The innermost of that name and what is open in it; an item that is not closed ends with the next
/// one of its list (HTML Standard §13.1.2.4).
void HtmlText::close_prefix(std::string_view name) {
  auto last = open_.size();
  while (last > 0 && open_[last - 1].name != name) {
    if (name == "li" && (open_[last - 1].name == "ul" || open_[last - 1].name == "ol")) return;
    --last;
  }
  if (last == 0) return;
  while (open_.size() >= last) close_last();
}

void HtmlText::close_last() {
  if (open_.back().has_prefix) {
    text_.pop_prefix();
    --prefixes_;
  }
  open_.pop_back();
}

void HtmlText::heading(const HtmlTag& tag) {
  if (!tag.closing) {
    flush();
    heading_ = tag.name[1] - '0';
    heading_name_end_ = tag.begin + 1 + tag.name.size();
    heading_id_ = tag.attribute("id");
    return;
  }
  const std::string words(trim(plain_));
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
    plain_begin_ = plain_.size();
    link_words_.clear();
    link_is_written_ = false;
    // <a name=…> is a place, not a link.
    link_line_ = tag.has("href") ? line_at(tag.begin) : 0;
    return;
  }
  if (link_line_ == 0) return;
  add_link_words();
  body_.references.push_back({target_, std::string(trim(link_words_)), false, link_line_});
  // Without words the address itself stands there.
  if (!link_is_written_) words_ += text_.link("", target_);
  link_line_ = 0;
}

/// The link's words in the block that is open, with its address once.
void HtmlText::add_link_words() {
  if (!link_words_.empty() && !link_words_.ends_with(' ')) link_words_ += ' ';
  link_words_ += plain_.substr(std::min(plain_begin_, plain_.size()));
  const auto begin = std::min(link_begin_, words_.size());
  const auto words = words_.substr(begin);
  if (trim(words).empty() || link_is_written_) return;
  words_.resize(begin);
  words_ += (words.starts_with(' ') ? " " : "") + text_.link(trim(words), target_);
  if (words.size() > 1 && words.ends_with(' ')) words_ += ' ';
  link_is_written_ = true;
}

void HtmlText::image(const HtmlTag& tag) {
  const auto alt = tag.attribute("alt");
  const int line = line_at(tag.begin);
  body_.references.push_back({tag.attribute("src"), alt, true, line});
  if (alt.empty()) return;
  body_.passages.push_back({alt, line});
  words_ += "[" + alt + "]";
  plain_ += "[" + alt + "]";
}

}  // namespace postrider::templates
