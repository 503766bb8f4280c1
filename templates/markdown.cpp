#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
#include <cmark-gfm.h>
#include <map>
#include <memory>

#include "base/text.h"
#include "templates/body.h"
#include "templates/plain_text.h"

namespace postrider::templates {

namespace {

constexpr int options = CMARK_OPT_UNSAFE | CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8;

struct CmarkFree {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
  void operator()(cmark_node* node) const { cmark_node_free(node); }
  void operator()(char* text) const { cmark_get_default_mem_allocator()->free(text); }
};

std::string text_of(const char* text) { return text ? text : ""; }

bool is_type(cmark_node* node, const char* type) {
  return std::string_view(cmark_node_get_type_string(node)) == type;
}

/// GitHub's way: lower case, blanks to hyphens, only letters, digits, hyphens; other scripts stay.
std::string anchor_of(std::string_view text) {
  std::string anchor;
  for (const char c : to_lower(text)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                      static_cast<unsigned char>(c) >= 0x80;
    if (kept)
      anchor += c;
    else if (c == ' ')
      anchor += '-';
  }
  return anchor.empty() ? "section" : anchor;
}

/// One walk over the document's tree.
class Renderer {
 public:
  Renderer(const Lifted& lifted, int first_line) : lifted_(lifted), first_line_(first_line) {}

  Body render() {
    cmark_gfm_core_extensions_ensure_registered();
    const std::unique_ptr<cmark_parser, CmarkFree> parser(cmark_parser_new(options));
    for (const char* name : {"table", "strikethrough", "autolink"})
      if (auto* extension = cmark_find_syntax_extension(name))
        cmark_parser_attach_syntax_extension(parser.get(), extension);
    cmark_parser_feed(parser.get(), lifted_.text.data(), lifted_.text.size());
    const std::unique_ptr<cmark_node, CmarkFree> root(cmark_parser_finish(parser.get()));
    number_footnotes(root.get());
    children(root.get());
    const std::unique_ptr<char, CmarkFree> html(
        cmark_render_html(root.get(), options, cmark_parser_get_syntax_extensions(parser.get())));
    body_.html = lifted_.put_back(with_scopes(without_comments(with_anchors(html.get()))));
    body_.text = lifted_.put_back(text_.finish());
    for (auto& heading : body_.headings) heading.text = lifted_.put_back(heading.text);
    for (auto& reference : body_.references) {
      reference.target = lifted_.put_back(reference.target);
      reference.text = lifted_.put_back(reference.text);
    }
    return std::move(body_);
  }

 private:
  int line_of(cmark_node* node) const {
    for (; node; node = cmark_node_parent(node))
      if (const int line = cmark_node_get_start_line(node); line > 0) return first_line_ + line - 1;
    return first_line_;
  }

  /// Definitions stand at the end of the tree, in the order of their first reference.
  void number_footnotes(cmark_node* root) {
    int number = 0;
    for (auto* node = cmark_node_first_child(root); node; node = cmark_node_next(node))
      if (cmark_node_get_type(node) == CMARK_NODE_FOOTNOTE_DEFINITION) footnotes_[node] = ++number;
  }

  void children(cmark_node* node) {
    for (auto* child = cmark_node_first_child(node); child; child = cmark_node_next(child))
      block(child);
  }

  void block(cmark_node* node) {
    const auto type = cmark_node_get_type(node);
    if (type == CMARK_NODE_PARAGRAPH)
      text_.paragraph(inlines(node));
    else if (type == CMARK_NODE_HEADING)
      heading(node);
    else if (type == CMARK_NODE_BLOCK_QUOTE)
      prefixed(node, "> ", "> ");
    else if (type == CMARK_NODE_LIST)
      list(node);
    else if (type == CMARK_NODE_CODE_BLOCK)
      text_.verbatim(text_of(cmark_node_get_literal(node)));
    else if (type == CMARK_NODE_THEMATIC_BREAK)
      text_.rule();
    else if (type == CMARK_NODE_HTML_BLOCK)
      html_block(text_of(cmark_node_get_literal(node)));
    else if (type == CMARK_NODE_FOOTNOTE_DEFINITION)
      prefixed(node, "(" + std::to_string(footnotes_[node]) + ") ", "    ");
    else if (is_type(node, "table"))
      table(node);
    else
      children(node);
  }

  void heading(cmark_node* node) {
    const int level = cmark_node_get_heading_level(node);
    const auto plain = plain_inlines(node);
    auto anchor = anchor_of(lifted_without_placeholders(plain));
    if (const int copies = anchors_[anchor]++; copies > 0) anchor += "-" + std::to_string(copies);
    body_.headings.push_back({level, plain, anchor, line_of(node)});
    text_.heading(inlines(node), level);
  }

  std::string lifted_without_placeholders(std::string text) const {
    for (std::size_t i = 0; i < lifted_.tags.size(); ++i) {
      const auto placeholder = lifted_.placeholder(i);
      if (const auto at = text.find(placeholder); at != std::string::npos)
        text.erase(at, placeholder.size());
    }
    return text;
  }

  void prefixed(cmark_node* node, std::string first, std::string rest) {
    text_.push_prefix(std::move(first), std::move(rest));
    text_.push_tight(false);
    children(node);
    text_.pop_tight();
    text_.pop_prefix();
  }

  void list(cmark_node* node) {
    const bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    const bool tight = cmark_node_get_list_tight(node) != 0;
    bool close = text_.tight();  // what is around the list decides for its first line
    int number = cmark_node_get_list_start(node);
    for (auto* item = cmark_node_first_child(node); item; item = cmark_node_next(item)) {
      const auto mark = ordered ? std::to_string(number++) + ". " : std::string("- ");
      text_.push_prefix(mark, std::string(mark.size(), ' '));
      for (auto* child = cmark_node_first_child(item); child; child = cmark_node_next(child)) {
        text_.push_tight(close);
        block(child);
        text_.pop_tight();
        close = tight;
      }
      text_.pop_prefix();
    }
  }

  void table(cmark_node* node) {
    std::vector<std::vector<std::string>> rows;
    for (auto* row = cmark_node_first_child(node); row; row = cmark_node_next(row)) {
      rows.emplace_back();
      for (auto* cell = cmark_node_first_child(row); cell; cell = cmark_node_next(cell))
        rows.back().push_back(inlines(cell));
    }
    text_.table(rows);
  }

  /// A lifted section tag is the comment that we put there; other raw HTML gives its words.
  void html_block(std::string_view html) {
    for (std::size_t at = 0;;) {
      const auto begin = html.find("<!--" + lifted_.word, at);
      words_of_html(html.substr(at, begin == std::string_view::npos ? begin : begin - at));
      if (begin == std::string_view::npos) return;
      const auto end = html.find("-->", begin);
      text_.mark(html.substr(begin + 4, end - begin - 4));
      at = end + 3;
    }
  }

  void words_of_html(std::string_view html) {
    const auto words = without_html(html);
    if (!trim(words).empty()) text_.paragraph(trim(words));
  }

  static std::string without_html(std::string_view html) {
    std::string out;
    bool inside = false;
    for (const char c : html) {
      if (c == '<')
        inside = true;
      else if (c == '>' && inside)
        inside = false;
      else if (!inside)
        out += c;
    }
    return out;
  }

  std::string inlines(cmark_node* node) {
    std::string out;
    for (auto* child = cmark_node_first_child(node); child; child = cmark_node_next(child))
      out += inline_text(child);
    return out;
  }

  std::string inline_text(cmark_node* node) {
    switch (const auto type = cmark_node_get_type(node)) {
      case CMARK_NODE_TEXT:
        return text_of(cmark_node_get_literal(node));
      case CMARK_NODE_CODE:
        return text_of(cmark_node_get_literal(node));
      case CMARK_NODE_SOFTBREAK:
        return " ";
      case CMARK_NODE_LINEBREAK:
        return "\n";
      case CMARK_NODE_HTML_INLINE:
        return {};
      case CMARK_NODE_LINK: {
        const auto target = text_of(cmark_node_get_url(node));
        const auto words = inlines(node);
        body_.references.push_back({target, plain_inlines(node), false, line_of(node)});
        return text_.link(words, target);
      }
      case CMARK_NODE_IMAGE: {
        const auto words = plain_inlines(node);
        body_.references.push_back({text_of(cmark_node_get_url(node)), words, true, line_of(node)});
        return words.empty() ? std::string() : "[" + words + "]";
      }
      case CMARK_NODE_FOOTNOTE_REFERENCE:
        return "(" + text_of(cmark_node_get_literal(node)) + ")";
      case CMARK_NODE_EMPH:
        return "_" + inlines(node) + "_";
      case CMARK_NODE_STRONG:
        return "*" + inlines(node) + "*";
      default:
        (void)type;
        return is_type(node, "strikethrough") ? "~" + inlines(node) + "~" : inlines(node);
    }
  }

  /// The words alone: for anchors and contents.
  std::string plain_inlines(cmark_node* node) {
    std::string out;
    for (auto* child = cmark_node_first_child(node); child; child = cmark_node_next(child)) {
      const auto type = cmark_node_get_type(child);
      if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
        out += text_of(cmark_node_get_literal(child));
      else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
        out += ' ';
      else if (type != CMARK_NODE_HTML_INLINE && type != CMARK_NODE_FOOTNOTE_REFERENCE)
        out += plain_inlines(child);
    }
    return out;
  }

  /// cmark's headings in their order, with the ids that the contents point to.
  std::string with_anchors(std::string_view html) const {
    std::string out;
    std::size_t next = 0;
    for (;;) {
      auto at = html.find("<h");
      while (at != std::string_view::npos &&
             !(at + 3 < html.size() && html[at + 2] >= '1' && html[at + 2] <= '6' &&
               html[at + 3] == '>' && next < body_.headings.size() &&
               html[at + 2] - '0' == body_.headings[next].level))
        at = html.find("<h", at + 2);
      out += html.substr(0, at);
      if (at == std::string_view::npos) return out;
      out += html.substr(at, 3);
      out += " id=\"" + body_.headings[next++].anchor + "\">";
      html.remove_prefix(at + 4);
    }
  }

  /// The comments that stood for lifted tags; the writer's own comments go, too.
  std::string without_comments(std::string_view html) const {
    std::string out;
    for (;;) {
      const auto at = html.find("<!--");
      out += html.substr(0, at);
      if (at == std::string_view::npos) return out;
      const auto end = html.find("-->", at);
      const auto inside = html.substr(at + 4, end == std::string_view::npos ? end : end - at - 4);
      if (inside.starts_with(lifted_.word)) out += inside;
      if (end == std::string_view::npos) return out;
      html.remove_prefix(end + 3);
      if (inside.starts_with(lifted_.word) && html.starts_with('\n')) html.remove_prefix(1);
    }
  }

  /// GFM's head cells stand above their columns; cmark does not say so (WCAG H63).
  static std::string with_scopes(std::string html) {
    for (auto at = html.find("<th"); at != std::string::npos; at = html.find("<th", at + 1))
      if (html[at + 3] == '>' || html[at + 3] == ' ') html.insert(at + 3, " scope=\"col\"");
    return html;
  }

  const Lifted& lifted_;
  const int first_line_;
  Body body_;
  PlainText text_;
  std::map<cmark_node*, int> footnotes_;
  std::map<std::string, int> anchors_;
};

}  // namespace

Body render_markdown(const Lifted& lifted, int first_line) {
  return Renderer(lifted, first_line).render();
}

}  // namespace postrider::templates
