#include "templates/mustache.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>

#include "base/text.h"

namespace postrider::templates {

namespace {

constexpr std::array<std::string_view, 3> reader_names{"subscriber", "unsubscribe_url",
                                                       "preferences_url"};

/// A renderer copies what a section holds, once for each section around it.
constexpr std::size_t deepest_section = 32;

TagKind kind_of(char sigil) {
  switch (sigil) {
    case '&':
      return TagKind::unescaped;
    case '#':
      return TagKind::section;
    case '^':
      return TagKind::inverted;
    case '/':
      return TagKind::close;
    case '!':
      return TagKind::comment;
    case '>':
      return TagKind::partial;
    default:
      return TagKind::variable;
  }
}

class Scanner {
 public:
  Scanner(std::string_view text, std::string_view file, int line)
      : text_(text), file_(file), line_(line) {}

  tl::expected<std::vector<Tag>, Faults> scan() {
    for (std::size_t at = text_.find("{{"); at != std::string_view::npos;
         at = text_.find("{{", at)) {
      line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                           text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
      counted_ = at;
      const auto end = take(at);
      if (too_deep_) {
        fault(line_, "sections are nested more than 32 deep here");
        return tl::make_unexpected(std::move(faults_));
      }
      if (end == std::string_view::npos) break;
      at = end;
    }
    for (const auto* open : open_)
      fault(open->line, "the section {{#" + open->name + "}} is never closed; write {{/" +
                            open->name + "}} after it");
    if (!faults_.empty()) return tl::make_unexpected(std::move(faults_));
    return std::vector<Tag>(tags_.begin(), tags_.end());
  }

 private:
  /// The tag that begins there; where it ends.
  std::size_t take(std::size_t begin) {
    const bool triple = text_.substr(begin).starts_with("{{{");
    const auto inside = begin + (triple ? 3 : 2);
    const auto close = text_.find(triple ? "}}}" : "}}", inside);
    if (close == std::string_view::npos ||
        text_.substr(inside, close - inside).find('\n') != std::string_view::npos) {
      fault(line_, "a tag is never closed; write }} behind it, on the same line");
      return close == std::string_view::npos ? close : inside;
    }
    auto content = text_.substr(inside, close - inside);
    Tag tag{triple ? TagKind::unescaped : TagKind::variable, "", begin, close + (triple ? 3 : 2),
            line_};
    if (!triple && content.starts_with('=')) {
      fault(line_, "tags that change the delimiters are not supported; write {{ and }}");
      return tag.end;
    }
    if (!triple && !content.empty()) {
      tag.kind = kind_of(content.front());
      if (tag.kind != TagKind::variable) content.remove_prefix(1);
    }
    if (tag.kind != TagKind::comment) tag.name = trim(content);
    if (tag.kind != TagKind::comment && tag.name.empty()) {
      fault(line_, "a tag has no name");
      return tag.end;
    }
    tags_.push_back(std::move(tag));
    nest(tags_.back());
    return tags_.back().end;
  }

  void nest(const Tag& tag) {
    if (tag.kind == TagKind::section || tag.kind == TagKind::inverted) {
      open_.push_back(&tag);
      if (open_.size() > deepest_section) too_deep_ = true;
    } else if (tag.kind == TagKind::close) {
      if (open_.empty()) return fault(tag.line, "{{/" + tag.name + "}} closes no section");
      if (open_.back()->name != tag.name)
        fault(tag.line, "{{/" + tag.name + "}} stands where {{/" + open_.back()->name +
                            "}} is due (opened on line " + std::to_string(open_.back()->line) +
                            ")");
      open_.pop_back();
    }
  }

  void fault(int line, std::string message) {
    faults_.push_back({std::string(file_), line, "", std::move(message)});
  }

  const std::string_view text_;
  const std::string_view file_;
  int line_;
  std::size_t counted_ = 0;
  std::deque<Tag> tags_;  // a deque: open_ points into it
  std::vector<const Tag*> open_;
  Faults faults_;
  bool too_deep_ = false;
};

}  // namespace

tl::expected<std::vector<Tag>, Faults> scan_tags(std::string_view text, std::string_view file,
                                                 int first_line) {
  return Scanner(text, file, first_line).scan();
}

bool depends_on_reader(std::string_view name) {
  return std::find(reader_names.begin(), reader_names.end(), name.substr(0, name.find('.'))) !=
         reader_names.end();
}

bool is_our_url(std::string_view name) {
  return name == "unsubscribe_url" || name == "preferences_url";
}

std::string canonical(const Tag& tag) {
  switch (tag.kind) {
    case TagKind::variable:
      return "{{" + tag.name + "}}";
    case TagKind::unescaped:
      return "{{&" + tag.name + "}}";
    case TagKind::section:
      return "{{#" + tag.name + "}}";
    case TagKind::inverted:
      return "{{^" + tag.name + "}}";
    case TagKind::close:
      return "{{/" + tag.name + "}}";
    case TagKind::partial:
      return "{{>" + tag.name + "}}";
    case TagKind::comment:
      break;
  }
  return {};
}

Lifted lift(std::string_view text, const std::vector<Tag>& tags,
            const std::function<bool(const Tag&)>& which) {
  Lifted lifted;
  // A word that nothing in the text contains: it survives Markdown, URLs and escaping as it is.
  while (text.find(lifted.word) != std::string_view::npos) lifted.word += "q7";
  std::size_t at = 0;
  for (const auto& tag : tags) {
    if (!which(tag)) continue;
    lifted.text += text.substr(at, tag.begin - at);
    lifted.text += lifted.placeholder(lifted.tags.size());
    lifted.tags.push_back(tag);
    at = tag.end;
  }
  lifted.text += text.substr(at);
  return lifted;
}

std::string Lifted::placeholder(std::size_t number) const {
  auto digits = std::to_string(number);
  return word + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits + "z";
}

std::string Lifted::put_back(std::string_view rendered) const {
  std::string out;
  out.reserve(rendered.size());
  for (;;) {
    const auto at = rendered.find(word);
    out += rendered.substr(0, at);
    if (at == std::string_view::npos) return out;
    rendered.remove_prefix(at + word.size());
    const auto end = rendered.find('z');
    const auto number = std::strtoul(std::string(rendered.substr(0, end)).c_str(), nullptr, 10);
    if (number < tags.size()) out += canonical(tags[number]);
    rendered.remove_prefix(end == std::string_view::npos ? rendered.size() : end + 1);
  }
}

}  // namespace postrider::templates
