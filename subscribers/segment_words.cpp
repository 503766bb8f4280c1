#include "subscribers/segment_words.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::subscribers::segment {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }
bool is_figure_part(char c) {
  return is_name_part(c) || c == '.' || c == ':' || c == '+' || c == '-';
}
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// What programming languages and word processors write instead.
struct Stranger {
  std::string_view written;
  std::string_view hint;
};
constexpr Stranger strangers[] = {
    {"==", "write ="},
    {"<>", "write !="},
    {"&&", "write and"},
    {"||", "write or"},
    {"!", "write not"},
    {"‘", "texts stand in straight quotes: 'KZ'"},
    {"’", "texts stand in straight quotes: 'KZ'"},
    {"“", "texts stand in straight quotes: 'KZ'"},
    {"”", "texts stand in straight quotes: 'KZ'"},
    {"„", "texts stand in straight quotes: 'KZ'"},
    {"\xC2\xA0", "this is a no-break space; write a plain one"},
};
constexpr std::string_view symbols[] = {"!=", "<=", ">=", "=", "<", ">", "(", ")", ",", "."};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Word> words() {
    check_octets();
    std::vector<Word> all;
    do {
      all.push_back(next());
    } while (all.back().kind != WordKind::end);
    return all;
  }

 private:
  [[noreturn]] void refuse(std::size_t begin, std::size_t end, std::string message) const {
    throw Trouble{{begin, end}, std::move(message)};
  }

  void check_octets() const {
    if (text_.size() > longest_segment) refuse(0, 1, "the segment is longer than 10,000 octets");
    if (const auto bad = first_invalid_utf8(text_); bad != std::string_view::npos)
      refuse(bad, bad + 1, "this is no UTF-8");
    const auto control = std::find_if(text_.begin(), text_.end(),
                                      [](char c) { return is_control(c) && !is_blank(c); });
    const auto at = static_cast<std::size_t>(control - text_.begin());
    if (control != text_.end()) refuse(at, at + 1, "a control character stands here; take it out");
  }

  Word next() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ == text_.size()) return {WordKind::end, "", {at_, at_}};
    const char c = text_[at_];
    if (c == '\'') return in_quotes(WordKind::text);
    if (c == '"') return in_quotes(WordKind::quoted_name);
    refuse_strangers();
    if (is_name_start(c)) return run(WordKind::name, is_name_part);
    if (is_digit(c) || (c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))
      return run(WordKind::figure, is_figure_part);
    return symbol();
  }

  Word run(WordKind kind, bool (*is_part)(char)) {
    const auto begin = at_;
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
    return {kind, std::string(text_.substr(begin, at_ - begin)), {begin, at_}};
  }

  /// A quote that stands twice is one of the text.
  Word in_quotes(WordKind kind) {
    const auto begin = at_;
    const char quote = text_[at_++];
    Word word{kind, "", {}};
    for (; at_ < text_.size(); ++at_) {
      if (is_control(text_[at_])) refuse(begin, at_, "a line break stands in these quotes");
      if (text_[at_] == quote && !text_.substr(at_ + 1).starts_with(quote)) break;
      if (text_[at_] == quote) ++at_;
      word.text += text_[at_];
    }
    if (at_ == text_.size())
      refuse(begin, begin + 1, std::string("this ") + quote + " is never closed");
    word.place = {begin, ++at_};
    return word;
  }

  void refuse_strangers() const {
    const auto rest = text_.substr(at_);
    if (rest.starts_with("!=")) return;
    for (const auto& [written, hint] : strangers)
      if (rest.starts_with(written))
        refuse(at_, at_ + written.size(),
               std::string(written) + " is not known; " + std::string(hint));
  }

  Word symbol() {
    for (const auto symbol : symbols) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      const auto begin = at_;
      at_ += symbol.size();
      return {WordKind::symbol, std::string(symbol), {begin, at_}};
    }
    refuse(at_, at_ + 1, std::string(1, text_[at_]) + " is not known here");
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

tl::expected<std::vector<Word>, Trouble> words_of(std::string_view text) {
  try {
    return Reader(text).words();
  } catch (Trouble& trouble) {
    return tl::make_unexpected(std::move(trouble));
  }
}

}  // namespace postrider::subscribers::segment
