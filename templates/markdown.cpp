#include <algorithm>
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
#include <cmark-gfm.h>
#include <map>
#include <memory>

#include "base/text.h"
#include "templates/anchors.h"
#include "templates/body.h"
#include "templates/html_text.h"
#include "templates/markdown_marks.h"
#include "templates/markdown_measure.h"
#include "templates/placeholders.h"
#include "templates/places.h"
#include "templates/plain_text.h"

namespace postrider::templates {

namespace {

constexpr int options = CMARK_OPT_UNSAFE | CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8;

struct CmarkFree {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
  void operator()(cmark_node* node) const { cmark_node_free(node); }
  void operator()(cmark_iter* walk) const { cmark_iter_free(walk); }
  void operator()(char* text) const { cmark_get_default_mem_allocator()->free(text); }
};

std::string text_of(const char* text) { return text ? text : ""; }

bool is_type(cmark_node* node, const char* type) {
  return std::string_view(cmark_node_get_type_string(node)) == type;
}

/// One walk over the document's tree.
class Renderer {
 public:
  Renderer(const Lifted& lifted, const std::string& file, int first_line)
      : lifted_(lifted), file_(file), first_line_(first_line) {}

  tl::expected<Body, Faults> render() {
    static const bool registered = (cmark_gfm_core_extensions_ensure_registered(), true);
    const std::unique_ptr<cmark_parser, CmarkFree> parser(cmark_parser_new(options));
    for (const char* name : {"table", "strikethrough", "autolink"})
      if (auto* extension = registered ? cmark_find_syntax_extension(name) : nullptr)
        cmark_parser_attach_syntax_extension(parser.get(), extension);
    cmark_parser_feed(parser.get(), lifted_.text.data(), lifted_.text.size());
    const std::unique_ptr<cmark_node, CmarkFree> root(cmark_parser_finish(parser.get()));
    prepare(root.get());
    if (!faults_.empty()) return tl::make_unexpected(std::move(faults_));
    number_footnotes(root.get());
    children(root.get());
    if (!faults_.empty()) return tl::make_unexpected(std::move(faults_));
    const std::unique_ptr<char, CmarkFree> html(
        cmark_render_html(root.get(), options, cmark_parser_get_syntax_extensions(parser.get())));
    body_.html = with_marks(lifted_, html.get());
    body_.text = text_.finish();
    return std::move(body_);
  }

 private:
  int line_of(cmark_node* node) const {
    for (; node; node = cmark_node_parent(node))
      if (const int line = cmark_node_get_start_line(node); line > 0) return first_line_ + line - 1;
    return first_line_;
  }

  /// Bounds the nesting, and takes marks out of code, HTML and addresses, where they would be
  /// shown, and out of texts.
  void prepare(cmark_node* root) {
    const std::unique_ptr<cmark_iter, CmarkFree> walk(cmark_iter_new(root));
    int depth = 0;
    std::vector<cmark_node*> texts;
    for (auto event = cmark_iter_next(walk.get()); event != CMARK_EVENT_DONE;
         event = cmark_iter_next(walk.get())) {
      auto* node = cmark_iter_get_node(walk.get());
      const auto type = cmark_node_get_type(node);
      if (event == CMARK_EVENT_EXIT) {
        --depth;
        continue;
      }
      take_marks(node, type);
      if (type == CMARK_NODE_TEXT) texts.push_back(node);
      if (is_leaf(type)) continue;
      if (++depth > deepest_nesting)
        return fault(node, "quotes, lists, emphasis or links are nested too deep here");
    }
    for (auto* text : texts) link_addresses(text);
  }

  void take_marks(cmark_node* node, cmark_node_type type) {
    const auto literal = [node] { return text_of(cmark_node_get_literal(node)); };
    if (type == CMARK_NODE_CODE_BLOCK || type == CMARK_NODE_CODE)
      cmark_node_set_literal(node, without_marks(lifted_, literal()).c_str());
    if (type == CMARK_NODE_CODE_BLOCK)
      cmark_node_set_fence_info(
          node, with_angles(lifted_, text_of(cmark_node_get_fence_info(node))).c_str());
    if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE)
      cmark_node_set_literal(node, with_angles(lifted_, literal()).c_str());
    if (type != CMARK_NODE_LINK && type != CMARK_NODE_IMAGE) return;
    cmark_node_set_url(node,
                       address_with_angles(lifted_, text_of(cmark_node_get_url(node))).c_str());
    cmark_node_set_title(node, with_angles(lifted_, text_of(cmark_node_get_title(node))).c_str());
  }

  /// <{{unsubscribe_url}}> becomes a link; any other < before a tag is text.
  void link_addresses(cmark_node* text) {
    const auto literal = text_of(cmark_node_get_literal(text));
    const auto pieces = angle_pieces(lifted_, literal);
    if (pieces.size() == 1 || is_in_link(text)) {
      const auto plain = with_angles(lifted_, literal);
      if (plain != literal) cmark_node_set_literal(text, plain.c_str());
      return;
    }
    for (const auto& piece : pieces) {
      auto* words = cmark_node_new(CMARK_NODE_TEXT);
      cmark_node_set_literal(words, piece.text.c_str());
      auto* added = piece.is_address ? cmark_node_new(CMARK_NODE_LINK) : words;
      if (piece.is_address) {
        cmark_node_set_url(added, piece.text.c_str());
        cmark_node_append_child(added, words);
      }
      cmark_node_insert_before(text, added);
    }
    cmark_node_free(text);
  }

  static bool is_in_link(cmark_node* node) {
    for (; node; node = cmark_node_parent(node))
      if (cmark_node_get_type(node) == CMARK_NODE_LINK ||
          cmark_node_get_type(node) == CMARK_NODE_IMAGE)
        return true;
    return false;
  }

  /// Those that cmark's iterator does not leave.
  static bool is_leaf(cmark_node_type type) {
    return type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_THEMATIC_BREAK ||
           type == CMARK_NODE_CODE_BLOCK || type == CMARK_NODE_TEXT ||
           type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK ||
           type == CMARK_NODE_CODE || type == CMARK_NODE_HTML_INLINE;
  }

  void fault(cmark_node* node, std::string message) {
    faults_.push_back({file_, line_of(node), "", std::move(message)});
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
      html_block(node);
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
    const auto anchor = anchors_.name(without_placeholders(lifted_, plain));
    text_.heading(inlines(node), level);
    body_.headings.push_back({level, plain, anchor, line_of(node)});
    auto* mark = cmark_node_new(CMARK_NODE_HTML_INLINE);
    cmark_node_set_literal(mark, anchor_mark(lifted_, anchor).c_str());
    cmark_node_prepend_child(node, mark);
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
    const auto columns = cmark_gfm_extensions_get_table_columns(node);
    const auto* written = cmark_gfm_extensions_get_table_alignments(node);
    std::vector<Alignment> alignments;
    for (int i = 0; i < columns; ++i)
      alignments.push_back(written[i] == 'r'   ? Alignment::right
                           : written[i] == 'c' ? Alignment::centre
                                               : Alignment::left);
    std::vector<std::vector<std::string>> rows;
    for (auto* row = cmark_node_first_child(node); row; row = cmark_node_next(row)) {
      rows.emplace_back();
      for (auto* cell = cmark_node_first_child(row); cell; cell = cmark_node_next(cell))
        rows.back().push_back(inlines(cell));
    }
    text_.table(rows, alignments);
    check_torn(node);
  }

  /// Section tags between a table's rows end the table; what follows them is a row no longer.
  void check_torn(cmark_node* table) {
    // Head, underline and rows take a line each; the library tells no true end of a table.
    int line = cmark_node_get_start_line(table);
    for (auto* row = cmark_node_first_child(table); row; row = cmark_node_next(row)) ++line;
    const int torn = line + 1;
    bool opens = false;
    auto* next = cmark_node_next(table);
    for (; next && cmark_node_get_start_line(next) == line + 1; next = cmark_node_next(next)) {
      if (cmark_node_get_type(next) != CMARK_NODE_HTML_BLOCK) break;
      const auto html = text_of(cmark_node_get_literal(next));
      const auto pieces = pieces_of(lifted_, html);
      if (pieces.empty() || !pieces.front().is_mark) return;
      opens = opens || opens_section(lifted_, pieces.front().text);
      ++line;
    }
    if (!next || line + 1 == torn || cmark_node_get_start_line(next) != line + 1 ||
        cmark_node_get_type(next) != CMARK_NODE_PARAGRAPH)
      return;
    const auto row = plain_inlines(next);
    if (row.starts_with('|') || (opens && row.find('|') != std::string::npos))
      faults_.push_back({file_, first_line_ + torn - 1, "",
                         "section tags between its rows tear this table apart; put the section "
                         "around the whole table"});
  }

  /// Lifted section tags are the comments that stand for them; other raw HTML gives its words.
  void html_block(cmark_node* node) {
    const auto html = text_of(cmark_node_get_literal(node));
    std::string out;
    int line = line_of(node);
    for (const auto& piece : pieces_of(lifted_, html)) {
      if (piece.is_mark) {
        text_.marks(marks_of(lifted_, piece.text));
        out += block_mark(lifted_, piece.text);
      } else {
        check_places(piece.text, line);
        auto added = HtmlText(lifted_, text_, body_, anchors_).add(piece.text, line);
        if (added.unending)
          faults_.push_back(
              {file_, *added.unending, "", "a tag or a comment begins here and never ends"});
        out += added.html;
        line += static_cast<int>(std::count(piece.text.begin(), piece.text.end(), '\n'));
      }
    }
    cmark_node_set_literal(node, out.c_str());
  }

  void check_places(std::string_view html, int line) {
    const auto faults = misplaced_tags(lifted_, html, file_, line);
    faults_.insert(faults_.end(), faults.begin(), faults.end());
  }

  std::string inlines(cmark_node* node) {
    std::string out;
    RawLink raw;
    for (auto* child = cmark_node_first_child(node); child; child = cmark_node_next(child)) {
      if (cmark_node_get_type(child) == CMARK_NODE_HTML_INLINE)
        inline_html(child, raw, out);
      else
        out += inline_text(child);
    }
    return out;
  }

  /// An <a> that the writer wrote as HTML, until its </a>.
  struct RawLink {
    std::string target;
    std::size_t begin = 0;
    int line = 0;  // 0: none is open
  };

  void inline_html(cmark_node* node, RawLink& raw, std::string& out) {
    const auto html = text_of(cmark_node_get_literal(node));
    const int line = line_of(node);
    check_places(html, line);
    walk_html(
        html,
        [&](const HtmlTag& tag) {
          if (tag.name == "br") out += "\n";
          note_for_lint(tag, line, body_);
          if (tag.name == "img") {
            const auto words = tag.attribute("alt");
            body_.references.push_back({tag.attribute("src"), words, true, line});
            if (!words.empty()) out += "[" + words + "]";
          }
          if (tag.name == "a" && !tag.closing && tag.has("href"))
            raw = {tag.attribute("href"), out.size(), line};
          if (tag.name == "a" && tag.closing && raw.line > 0) {
            const auto words = out.substr(raw.begin);
            body_.references.push_back({raw.target, words, false, raw.line});
            out.resize(raw.begin);
            out += text_.link(words, raw.target);
            raw.line = 0;
          }
        },
        [](std::string_view) {});
  }

  std::string inline_text(cmark_node* node) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_TEXT:
        return words(node);
      case CMARK_NODE_CODE:
        return text_of(cmark_node_get_literal(node));
      case CMARK_NODE_SOFTBREAK:
        return " ";
      case CMARK_NODE_LINEBREAK:
        return "\n";
      case CMARK_NODE_LINK:
        return link(node);
      case CMARK_NODE_IMAGE: {
        const auto alt = plain_inlines(node);
        body_.references.push_back({text_of(cmark_node_get_url(node)), alt, true, line_of(node)});
        body_.passages.push_back({alt, line_of(node)});
        return alt.empty() ? std::string() : "[" + alt + "]";
      }
      case CMARK_NODE_FOOTNOTE_REFERENCE:
        return "(" + text_of(cmark_node_get_literal(node)) + ")";
      case CMARK_NODE_EMPH:
        return "_" + inlines(node) + "_";
      case CMARK_NODE_STRONG:
        return "*" + inlines(node) + "*";
      default:
        return is_type(node, "strikethrough") ? "~" + inlines(node) + "~" : inlines(node);
    }
  }

  std::string words(cmark_node* node) {
    auto text = text_of(cmark_node_get_literal(node));
    body_.passages.push_back({text, line_of(node)});
    return text;
  }

  std::string link(cmark_node* node) {
    const auto target = text_of(cmark_node_get_url(node));
    const auto told = body_.passages.size();
    const auto shown = inlines(node);
    const auto plain = plain_inlines(node);
    // An address that stands for itself is no text.
    if (is_own_address(plain, target)) body_.passages.resize(told);
    body_.references.push_back({target, plain, false, line_of(node)});
    return text_.link(shown, target);
  }

  static bool is_own_address(std::string_view words, std::string_view target) {
    for (const std::string_view scheme : {"", "http://", "mailto:"})
      if (target.starts_with(scheme) && target.substr(scheme.size()) == words) return true;
    return false;
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

  const Lifted& lifted_;
  const std::string& file_;
  const int first_line_;
  Body body_;
  PlainText text_{[this](std::string_view text) { return shown_width(lifted_, text); }};
  Anchors anchors_;
  Faults faults_;
  std::map<cmark_node*, int> footnotes_;
};

}  // namespace

tl::expected<Body, Faults> render_markdown(const Lifted& lifted, const std::string& file,
                                           int first_line) {
  if (auto faults = beyond_measure(lifted.text, file, first_line); !faults.empty())
    return tl::make_unexpected(std::move(faults));
  return Renderer(lifted, file, first_line).render();
}

}  // namespace postrider::templates
