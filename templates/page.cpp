#include "templates/page.h"

#include <algorithm>

#include "base/text.h"
#include "templates/html.h"
#include "templates/issue_values.h"
#include "templates/mustache.h"
#include "templates/theme_file.h"

namespace postrider::templates {

namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7F'; });
}

std::string without_controls(std::string_view text) {
  std::string lines;
  for (const auto line : split(text, '\n')) {
    if (!lines.empty() || line.data() != text.data()) lines += '\n';
    lines += printable(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
  }
  return lines;
}

}  // namespace

void append_escaped(std::string& html, std::string_view text) {
  html += is_plain(text) ? escape_html(text) : escape_html(without_controls(text));
}

/// Makes one page: what is the same for all readers is text already.
class PagePress {
 public:
  PagePress(const Theme& theme, const PageKind& kind, const std::string& publication)
      : theme_(theme), kind_(kind) {
    constants_["publication.name"] = publication;
    constants_["language"] = theme.language;
    constants_["direction"] = is_right_to_left(theme.language) ? "rtl" : "ltr";
  }

  tl::expected<Page, Faults> make() {
    Faults faults;
    const auto frame = whole_page(theme_, std::string(page_frame), {}, faults);
    content_ = whole_page(theme_, page_file(kind_.name), kind_.values, faults);
    if (!faults.empty()) return tl::make_unexpected(std::move(faults));
    add(frame, theme_.files.at(std::string(page_frame)).file, false);
    if (!faults_.empty()) return tl::make_unexpected(std::move(faults_));
    for (const auto& piece : page_.pieces_)
      if (piece.kind == Page::Kind::text) page_.html_octets_ += piece.text.size();
    return std::move(page_);
  }

 private:
  static constexpr std::size_t nowhere = std::string_view::npos;

  /// `is_word`: plain text with tags; else HTML with tags.
  void add(std::string_view text, const std::string& file, bool is_word) {
    const auto tags = scan_tags(text, file);
    if (!tags) {
      faults_.insert(faults_.end(), tags.error().begin(), tags.error().end());
      return;
    }
    std::vector<std::size_t> open;
    std::size_t at = 0;
    for (const auto& tag : *tags) {
      add_text(text.substr(at, tag.begin - at), is_word);
      at = tag.end;
      add_tag(tag, open);
    }
    add_text(text.substr(at), is_word);
  }

  void add_tag(const Tag& tag, std::vector<std::size_t>& open) {
    switch (tag.kind) {
      case TagKind::variable:
      case TagKind::unescaped:
        return add_value(tag);
      case TagKind::section:
      case TagKind::inverted:
        return open.push_back(begin_section(tag));
      case TagKind::close:
        if (open.back() != nowhere) page_.pieces_[open.back()].end = page_.pieces_.size();
        return open.pop_back();
      case TagKind::comment:
      case TagKind::partial:  // in place already
        return;
    }
  }

  /// The place of its piece; `nowhere`: its inside stands on the page for every reader.
  std::size_t begin_section(const Tag& tag) {
    const bool inverted = tag.kind == TagKind::inverted;
    const auto place = page_.pieces_.size();
    if (!is_constant(tag.name)) {
      page_.pieces_.push_back({inverted ? Page::Kind::inverted : Page::Kind::section, tag.name});
    } else if (inverted) {
      page_.pieces_.push_back({Page::Kind::section, {}});  // of a name that nothing has
    } else {
      return nowhere;
    }
    return place;
  }

  bool is_constant(std::string_view name) const {
    return constants_.contains(name) || name == "content" || name == "title" ||
           name.starts_with("words.");
  }

  void add_value(const Tag& tag) {
    const auto constant = constants_.find(tag.name);
    if (tag.name == "content")
      add(content_, theme_.files.at(page_file(kind_.name)).file, false);
    else if (constant != constants_.end())
      add_text(constant->second, true);
    else if (tag.name == "title")
      add_word(std::string(kind_.name) + "_title");
    else if (tag.name.starts_with("words."))
      add_word(tag.name.substr(6));
    else
      page_.pieces_.push_back({Page::Kind::value, tag.name});
  }

  void add_word(const std::string& key) {
    const auto word = theme_.words.find(key);
    if (word == theme_.words.end()) return;
    const auto file = "languages/" + theme_.language + ".yaml";
    if (const auto tags = scan_tags(word->second, file))
      for (const auto& tag : *tags)
        if (tag.name != "publication.name" &&
            std::ranges::find(kind_.values, tag.name) == kind_.values.end())
          faults_.push_back({file, 0, key,
                             "names " + canonical(tag) + ", which the page " +
                                 page_file(kind_.name) + " does not know"});
    add(word->second, file, true);
  }

  void add_text(std::string_view text, bool is_plain_text) {
    if (text.empty()) return;
    auto& pieces = page_.pieces_;
    // A section's end is a number of a piece: nothing may grow over it.
    const bool is_end =
        std::ranges::any_of(pieces, [&](const auto& piece) { return piece.end == pieces.size(); });
    if (pieces.empty() || pieces.back().kind != Page::Kind::text || is_end)
      pieces.push_back({Page::Kind::text, {}});
    if (is_plain_text)
      append_escaped(pieces.back().text, text);
    else
      pieces.back().text += text;
  }

  const Theme& theme_;
  const PageKind& kind_;
  std::map<std::string, std::string, std::less<>> constants_;
  std::string content_;
  Faults faults_;
  Page page_;
};

tl::expected<Page, Faults> Page::make(const Theme& theme, const PageKind& kind,
                                      const std::string& publication) {
  return PagePress(theme, kind, publication).make();
}

std::string Page::html(const PageValues& values) const {
  std::string out;
  out.reserve(html_octets_ + 512);
  Scopes scopes{&values};
  write(0, pieces_.size(), scopes, out);
  return out;
}

namespace {

/// The innermost one counts.
const std::string* find_text(const std::vector<const PageValues*>& scopes, std::string_view name) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (const auto found = (*scope)->texts.find(name); found != (*scope)->texts.end())
      return &found->second;
  return nullptr;
}

const std::vector<PageValues>* find_list(const std::vector<const PageValues*>& scopes,
                                         std::string_view name) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (const auto found = (*scope)->lists.find(name); found != (*scope)->lists.end())
      return &found->second;
  return nullptr;
}

}  // namespace

void Page::write(std::size_t begin, std::size_t end, Scopes& scopes, std::string& out) const {
  for (auto at = begin; at < end;) {
    const auto& piece = pieces_[at++];
    if (piece.kind == Kind::text) {
      out += piece.text;
    } else if (piece.kind == Kind::value) {
      if (const auto* text = find_text(scopes, piece.text)) append_escaped(out, *text);
    } else {
      write_section(piece, at, scopes, out);
      at = piece.end;
    }
  }
}

void Page::write_section(const Piece& section, std::size_t begin, Scopes& scopes,
                         std::string& out) const {
  const auto* list = find_list(scopes, section.text);
  const auto* text = find_text(scopes, section.text);
  const bool is_true = (list && !list->empty()) || (text && !text->empty());
  if (is_true == (section.kind == Kind::inverted)) return;
  if (section.kind == Kind::inverted || !list) return write(begin, section.end, scopes, out);
  for (const auto& element : *list) {
    scopes.push_back(&element);
    write(begin, section.end, scopes, out);
    scopes.pop_back();
  }
}

}  // namespace postrider::templates
