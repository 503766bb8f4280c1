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
#include "templates/placeholders.h"
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

/// Deeper nesting than any text has; the tree is walked by recursion.
constexpr int deepest_nesting = 100;
/// Octets of one line: some of cmark's passes take the square of it.
constexpr std::size_t longest_line = 100'000;

/// How many quotes and lists the line may be in by its beginning: every one of them costs cmark a
/// look at every line.
std::size_t markers_of(std::string_view line) {
  std::size_t markers = 0;
  std::size_t blanks = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool before_blank = at + 1 == line.size() || line[at + 1] == ' ' || line[at + 1] == '\t';
    if (c == ' ')
      ++blanks;
    else if (c == '\t')
      blanks += 4;
    else if (c == '>' ||
             ((c == '-' || c == '*' || c == '+' || c == '.' || c == ')') && before_blank))
      ++markers;
    else if (c < '0' || c > '9')
      break;
  }
  return markers + blanks / 4;
}

/// What would take cmark longer than the text's size deserves.
Faults check_measure(std::string_view text, const std::string& file, int line) {
  Faults faults;
  for (const auto part : split(text, '\n')) {
    if (part.size() > longest_line)
      faults.push_back({file, line, "", "this line is longer than 100,000 octets; is it text?"});
    else if (markers_of(part) > 2 * deepest_nesting)
      faults.push_back({file, line, "", "quotes and lists are nested too deep here"});
    ++line;
  }
  return faults;
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

  /// Bounds the nesting, and takes section tags out of code, where comments would be shown.
  void prepare(cmark_node* root) {
    const std::unique_ptr<cmark_iter, CmarkFree> walk(cmark_iter_new(root));
    int depth = 0;
    for (auto event = cmark_iter_next(walk.get()); event != CMARK_EVENT_DONE;
         event = cmark_iter_next(walk.get())) {
      auto* node = cmark_iter_get_node(walk.get());
      const auto type = cmark_node_get_type(node);
      if (event == CMARK_EVENT_EXIT) {
        --depth;
        continue;
      }
      if (type == CMARK_NODE_CODE_BLOCK || type == CMARK_NODE_CODE)
        cmark_node_set_literal(
            node, without_marks(lifted_, text_of(cmark_node_get_literal(node))).c_str());
      if (is_leaf(type)) continue;
      if (++depth > deepest_nesting)
        return fault(node, "quotes, lists, emphasis or links are nested too deep here");
    }
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
  if (auto faults = check_measure(lifted.text, file, first_line); !faults.empty())
    return tl::make_unexpected(std::move(faults));
  return Renderer(lifted, file, first_line).render();
}

}  // namespace postrider::templates
