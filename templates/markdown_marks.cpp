#include "templates/markdown_marks.h"

namespace postrider::templates {

namespace {

// A placeholder goes on with a digit, so neither can be taken for one.
std::string block_begin(const Lifted& lifted) { return "<!--" + lifted.word + "B"; }
std::string anchor_begin(const Lifted& lifted) { return "<!--" + lifted.word + "H"; }

}  // namespace

std::string block_mark(const Lifted& lifted, std::string_view placeholders) {
  return block_begin(lifted) + std::string(placeholders) + "-->";
}

std::string anchor_mark(const Lifted& lifted, std::string_view anchor) {
  return anchor_begin(lifted) + std::string(anchor) + "-->";
}

std::vector<MarkedPiece> pieces_of(const Lifted& lifted, std::string_view html) {
  std::vector<MarkedPiece> pieces;
  const auto begin = block_begin(lifted);
  for (;;) {
    const auto at = html.find(begin);
    if (at != 0 && !html.empty()) pieces.push_back({html.substr(0, at), false});
    if (at == std::string_view::npos) return pieces;
    html.remove_prefix(at + begin.size());
    const auto end = html.find("-->");
    pieces.push_back({html.substr(0, end), true});
    if (end == std::string_view::npos) return pieces;
    html.remove_prefix(end + 3);
  }
}

std::string without_marks(const Lifted& lifted, std::string_view code) {
  std::string out;
  for (const auto& piece : pieces_of(lifted, code)) out += piece.text;
  return out;
}

std::string with_marks(const Lifted& lifted, std::string_view html) {
  const auto block = block_begin(lifted);
  const auto anchor = anchor_begin(lifted);
  std::string out;
  out.reserve(html.size() + html.size() / 8);
  for (;;) {
    const auto at = html.find('<');
    out += html.substr(0, at);
    if (at == std::string_view::npos) return out;
    html.remove_prefix(at);
    if (html.starts_with("<th>") || html.starts_with("<th align=")) {
      out += "<th scope=\"col\"";
      html.remove_prefix(3);
    } else if (!html.starts_with("<!--")) {
      out += '<';
      html.remove_prefix(1);
    } else {
      const auto end = html.find("-->", 4);
      if (end == std::string_view::npos) return out;
      const auto comment = html.substr(0, end);
      html.remove_prefix(end + 3);
      if (comment.starts_with(anchor)) {
        out.pop_back();  // the > of the heading's tag
        out += " id=\"" + std::string(comment.substr(anchor.size())) + "\">";
      } else if (comment.starts_with(block)) {
        out += comment.substr(block.size());
        if (html.starts_with('\n')) html.remove_prefix(1);
      }
    }
  }
}

}  // namespace postrider::templates
