#include "templates/markdown_marks.h"

#include <algorithm>
#include <utility>

#include "templates/placeholders.h"

namespace postrider::templates {

namespace {

constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";

// A placeholder goes on with a digit, so none of these can be taken for one.
std::string block_begin(const Lifted& lifted) { return "<!--" + lifted.word + "B"; }
std::string anchor_begin(const Lifted& lifted) { return "<!--" + lifted.word + "H"; }
std::string angle(const Lifted& lifted) { return lifted.word + "L"; }

/// Whether HTML would see a tag's name in the placeholder behind the < there. A link's address and
/// a footnote's name stay as they are.
bool would_be_html(const Lifted& lifted, std::string_view text, std::size_t at) {
  auto after = text.substr(at + 1);
  if (after.starts_with('/')) after.remove_prefix(1);
  if (!leading_placeholder(lifted, after)) return false;
  after.remove_prefix(std::min(after.find_first_not_of(name_characters), after.size()));
  if (!after.empty() && std::string_view(" \t\n/>").find(after[0]) == std::string_view::npos)
    return false;
  auto before = text.substr(0, at);
  if (before.ends_with("[^")) return false;
  while (before.ends_with(' ') || before.ends_with('\t')) before.remove_suffix(1);
  return !before.ends_with("](") && !before.ends_with("]:");
}

bool is_address(const Tag& tag) {
  const bool has_value = tag.kind == TagKind::variable || tag.kind == TagKind::unescaped;
  return has_value && is_our_url(tag.name);
}

}  // namespace

std::string block_mark(const Lifted& lifted, std::string_view placeholders) {
  return block_begin(lifted) + std::string(placeholders) + "-->";
}

std::string anchor_mark(const Lifted& lifted, std::string_view anchor) {
  return anchor_begin(lifted) + std::string(anchor) + "-->";
}

std::string with_angle_marks(const Lifted& lifted) {
  const std::string_view text = lifted.text;
  std::string out;
  std::size_t copied = 0;
  for (auto at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    if (!would_be_html(lifted, text, at)) continue;
    out += text.substr(copied, at - copied);
    out += angle(lifted);
    copied = at + 1;
  }
  out += text.substr(copied);
  return out;
}

std::string with_angles(const Lifted& lifted, std::string_view text) {
  const auto mark = angle(lifted);
  std::string out;
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
    out += text.substr(0, at);
    out += '<';
    text.remove_prefix(at + mark.size());
  }
  out += text;
  return out;
}

std::string address_with_angles(const Lifted& lifted, std::string_view address) {
  const auto mark = angle(lifted);
  if (address.starts_with(mark) && address.ends_with('>'))
    address = address.substr(mark.size(), address.size() - mark.size() - 1);
  return with_angles(lifted, address);
}

std::vector<AnglePiece> angle_pieces(const Lifted& lifted, std::string_view text) {
  const auto mark = angle(lifted);
  std::vector<AnglePiece> pieces;
  std::string words;
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
    words += text.substr(0, at);
    text.remove_prefix(at + mark.size());
    const auto found = leading_placeholder(lifted, text);
    if (found && is_address(lifted.tags[found->number]) &&
        text.substr(found->octets).starts_with('>')) {
      pieces.push_back({std::exchange(words, {}), false});
      pieces.push_back({std::string(text.substr(0, found->octets)), true});
      text.remove_prefix(found->octets + 1);
    } else {
      words += '<';
    }
  }
  pieces.push_back({words + std::string(text), false});
  return pieces;
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
  return with_angles(lifted, out);
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
