#include "subscribers/segment_parser.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "base/text.h"
#include "subscribers/segment_words.h"

namespace postrider::subscribers::segment {

namespace {

constexpr int deepest_nesting = 50;  // of ( and not, before they become a tree

const std::vector<std::string> functions{"tag", "on", "got", "got_any", "segment"};

constexpr std::array<std::pair<std::string_view, Comparison>, 6> comparisons{
    {{"=", Comparison::equal},
     {"!=", Comparison::unequal},
     {"<", Comparison::less},
     {"<=", Comparison::at_most},
     {">", Comparison::more},
     {">=", Comparison::at_least}}};

/// What is used up by a segment and all saved ones that it names.
struct Budget {
  int conditions = 0;
  int values = 0;
  std::vector<std::string> open;  // saved ones that are being read
};

Node read_text(std::string_view text, const Terms& terms, Budget& budget);

int depth_of(const Node& node) {
  int deepest = 0;
  for (const auto& child : node.children) deepest = std::max(deepest, depth_of(child));
  return deepest + (node.children.empty() ? 0 : 1);
}

/// Recursive descent; what is wrong is thrown as Trouble, and caught in read_segment.
class Parser {
 public:
  Parser(std::vector<Word> words, const Terms& terms, Budget& budget)
      : words_(std::move(words)), terms_(terms), budget_(budget) {}

  Node whole() {
    if (here().kind == WordKind::end) refuse(here(), "the segment is empty; write a condition");
    auto node = any();
    if (here().kind != WordKind::end) refuse_what_follows();
    return node;
  }

 private:
  // Words -----------------------------------------------------------------------------------------

  const Word& here() const { return words_[at_]; }
  const Word& after() const { return words_[std::min(at_ + 1, words_.size() - 1)]; }
  Word take() { return at_ + 1 < words_.size() ? words_[at_++] : words_[at_]; }

  [[noreturn]] static void refuse(const Place& place, std::string message) {
    throw Trouble{place, std::move(message)};
  }
  [[noreturn]] static void refuse(const Word& word, std::string message) {
    refuse(word.place, std::move(message));
  }

  template <class T>
  static T value_of(Result<T> result, const Place& place) {
    if (!result) refuse(place, result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

  static bool is_keyword(const Word& word, std::string_view keyword) {
    return word.kind == WordKind::name && iequals(word.text, keyword);
  }
  static bool is_symbol(const Word& word, std::string_view symbol) {
    return word.kind == WordKind::symbol && word.text == symbol;
  }
  bool take_keyword(std::string_view keyword) {
    const bool found = is_keyword(here(), keyword);
    if (found) take();
    return found;
  }
  bool take_symbol(std::string_view symbol) {
    const bool found = is_symbol(here(), symbol);
    if (found) take();
    return found;
  }
  void require_symbol(std::string_view symbol, const std::string& message) {
    if (!take_symbol(symbol)) refuse(here(), message);
  }

  // Connectives -----------------------------------------------------------------------------------

  Node any() {
    return chain(Any{}, "or", [this] { return all(); });
  }
  Node all() {
    return chain(All{}, "and", [this] { return one(); });
  }

  template <class Kind>
  Node chain(Kind kind, std::string_view keyword, const std::function<Node()>& part) {
    auto first = part();
    if (!is_keyword(here(), keyword)) return first;
    Node node{kind, {}};
    add(node, std::move(first));
    while (take_keyword(keyword)) add(node, part());
    return node;
  }

  /// What says the same needs no level of its own: (a and b) and c.
  static void add(Node& node, Node child) {
    if (child.what.index() != node.what.index()) return node.children.push_back(std::move(child));
    for (auto& grandchild : child.children) node.children.push_back(std::move(grandchild));
  }

  Node one() {
    if (++nesting_ > deepest_nesting) refuse(here(), "this is nested too deeply");
    auto node = unnested();
    --nesting_;
    return node;
  }

  Node unnested() {
    if (take_keyword("not")) return negated(one());
    if (const auto opening = here(); take_symbol("(")) {
      auto node = any();
      if (is_symbol(here(), ")")) return take(), node;
      if (here().kind == WordKind::end) refuse(opening, "this ( is never closed");
      refuse_what_follows();
    }
    if (is_keyword(here(), "and") || is_keyword(here(), "or"))
      refuse(here(), "a condition is missing before this");
    if (++budget_.conditions > most_conditions)
      refuse(here(), "there are more than 500 conditions, with those of saved segments");
    if (here().kind == WordKind::name && is_symbol(after(), "(") && !is_keyword(here(), "in"))
      return call();
    return test();
  }

  static Node negated(Node node) {
    if (std::holds_alternative<Not>(node.what)) return std::move(node.children.front());
    Node result{Not{}, {}};
    result.children.push_back(std::move(node));
    return result;
  }

  [[noreturn]] void refuse_what_follows() const {
    if (is_symbol(here(), ")")) refuse(here(), "this ) closes nothing");
    refuse(here(), "a condition ends before this; write and or or between two");
  }

  // Calls -----------------------------------------------------------------------------------------

  Node call() {
    const auto function = take();
    const auto& name = function.text;
    if (std::find(functions.begin(), functions.end(), name) == functions.end()) {
      const auto near = nearest(name, functions);
      refuse(function, "there is no function " + name +
                           (near.empty() ? "; there are: tag, on, got, got_any, segment"
                                         : "; did you mean " + near + "?"));
    }
    take();  // (
    if (name == "got_any") {
      require_symbol(")", "got_any() takes nothing; write ) here");
      return {GotAny{}};
    }
    const auto argument = here();
    if (argument.kind != WordKind::text || argument.text.empty())
      refuse(argument, name + "(…) takes a text in single quotes");
    take();
    require_symbol(")", name + "(…) takes one text; write ) here");
    return call(name, argument);
  }

  Node call(const std::string& function, const Word& argument) {
    const auto& text = argument.text;
    if (function == "tag") return {HasTag{text}};
    if (function == "on") {
      value_of(require_known("list", text, terms_.lists), argument.place);
      return {OnList{text}};
    }
    if (function == "got") {
      value_of(require_known("issue", text, terms_.issues), argument.place);
      return {Got{text}};
    }
    return saved(text, argument.place);
  }

  Node saved(const std::string& name, const Place& place) {
    const auto found = terms_.saved.find(name);
    if (found == terms_.saved.end()) {
      std::set<std::string> names;
      for (const auto& [known, text] : terms_.saved) names.insert(known);
      value_of(require_known("saved segment", name, names), place);
    }
    if (std::find(budget_.open.begin(), budget_.open.end(), name) != budget_.open.end())
      refuse(place, "the saved segment '" + name + "' leads back to itself");
    if (budget_.open.size() >= deepest_tree) refuse(place, "saved segments are nested too deeply");
    budget_.open.push_back(name);
    Node node{Saved{name}, {}};
    try {
      node.children.push_back(read_text(found->second, terms_, budget_));
    } catch (const Trouble& trouble) {
      const auto column = trouble.place.begin + 1;
      refuse(place, "in the saved segment '" + name + "', column " + std::to_string(column) + ": " +
                        trouble.message);
    }
    budget_.open.pop_back();
    return node;
  }

  // Tests -----------------------------------------------------------------------------------------

  Node test() {
    if (here().kind == WordKind::text || here().kind == WordKind::figure)
      refuse(here(), "a condition begins with a field, such as country = 'KZ'");
    if (here().kind != WordKind::name && here().kind != WordKind::quoted_name)
      refuse(here(), here().kind == WordKind::end ? "a condition is missing here"
                                                  : "a condition is missing before this");
    const auto begin = here().place.begin;
    const auto name = dotted_name();
    const auto field = value_of(find_field(name, terms_), {begin, last_.end});
    return test(field);
  }

  std::vector<NamePart> dotted_name() {
    std::vector<NamePart> parts;
    do {
      if (here().kind != WordKind::name && here().kind != WordKind::quoted_name)
        refuse(here(), "a name is missing behind the dot");
      last_ = here().place;
      const auto word = take();
      parts.push_back({word.text, word.kind == WordKind::quoted_name});
    } while (take_symbol("."));
    return parts;
  }

  Node test(const Field& field) {
    const auto sign = here();
    for (const auto& [symbol, comparison] : comparisons)
      if (take_symbol(symbol)) return {Compare{field, comparison, value(field, comparison)}};
    if (take_keyword("in")) return {one_of(field)};
    if (take_keyword("contains")) return {Contains{field, part(field)}};
    if (is_keyword(sign, "starts") && is_keyword(after(), "with")) {
      take(), take();
      return {StartsWith{field, part(field)}};
    }
    if (take_keyword("is")) {
      if (take_keyword("set")) return {IsSet{field, true}};
      if (take_keyword("missing")) return {IsSet{field, false}};
      refuse(here(), "write `is set` or `is missing`, or = before a value");
    }
    if (is_keyword(sign, "not"))
      refuse(sign, "not stands before the whole condition: not " + to_string(field) + " in (…)");
    refuse(sign, "behind " + to_string(field) +
                     " one of = != < <= > >= in contains `starts with` `is set` `is missing` is "
                     "missing");
  }

  OneOf one_of(const Field& field) {
    require_symbol("(", "write the values in brackets: in ('KZ', 'KG')");
    OneOf one_of{field, {}};
    do {
      one_of.values.push_back(value(field, Comparison::equal));
    } while (take_symbol(","));
    require_symbol(")", "write , before another value, or ) behind the last");
    return one_of;
  }

  Value value(const Field& field, Comparison comparison) {
    if (++budget_.values > most_values)
      refuse(here(), "there are more than 5,000 values, with those of saved segments");
    const auto word = take();
    return value_of(fit(field, comparison, literal(word)), word.place);
  }

  Value literal(const Word& word) const {
    if (word.kind == WordKind::text) return word.text;
    if (word.kind == WordKind::figure)
      return value_of(read_figure(word.text, terms_.zone), word.place);
    if (is_keyword(word, "true")) return true;
    if (is_keyword(word, "false")) return false;
    if (word.kind == WordKind::name || word.kind == WordKind::quoted_name)
      refuse(word, "a value stands here; a text stands in single quotes: '" + word.text + "'");
    refuse(word, "a value is missing here");
  }

  std::string part(const Field& field) {
    const auto word = take();
    if (word.kind != WordKind::text) refuse(word, "a text in single quotes stands here");
    return value_of(fit_part(field, word.text), word.place);
  }

  const std::vector<Word> words_;
  const Terms& terms_;
  Budget& budget_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  Place last_;  // of a dotted name's last part
};

Node read_text(std::string_view text, const Terms& terms, Budget& budget) {
  auto words = words_of(text);
  if (!words) throw std::move(words.error());
  return Parser(std::move(*words), terms, budget).whole();
}

/// The text, or a call of the saved segment whose name it is.
std::string unfolded(std::string_view text, const Terms& terms) {
  const auto name = std::string(trim(text));
  return terms.saved.contains(name) ? "segment('" + name + "')" : std::string(text);
}

constexpr std::size_t widest_excerpt = 60;  // columns before and behind the place

Mistake mistake_of(std::string_view text, const Trouble& trouble) {
  const auto begin = std::min(trouble.place.begin, text.size());
  const auto before = text.substr(0, begin);
  Mistake mistake{.message = printable(trouble.message), .excerpt = {}};
  mistake.line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  const auto last_end = before.rfind('\n');
  const auto line_begin = last_end == std::string_view::npos ? 0 : last_end + 1;
  const auto line_end = std::min(text.find('\n', begin), text.size());
  auto ahead = text.substr(line_begin, begin - line_begin);
  mistake.column += static_cast<int>(
      std::count_if(ahead.begin(), ahead.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  // Of a long line only what stands around.
  while (ahead.size() > widest_excerpt) take_character(ahead);
  const auto marked = text.substr(begin, std::min(trouble.place.end, line_end) - begin);
  const auto rest = cut_utf8(text.substr(begin, line_end - begin), 2 * widest_excerpt);
  const auto width = std::min(display_width(printable(marked)), display_width(printable(rest)));
  mistake.excerpt = printable(ahead) + printable(rest) + "\n" +
                    std::string(display_width(printable(ahead)), ' ') + "^" +
                    std::string(width > 1 ? width - 1 : 0, '~');
  return mistake;
}

}  // namespace

std::string to_string(const Mistake& mistake) {
  return (mistake.line > 1 ? "line " + std::to_string(mistake.line) + ", " : "") + "column " +
         std::to_string(mistake.column) + ": " + mistake.message;
}

tl::expected<Node, Mistake> read_segment(std::string_view text, const Terms& terms) {
  const auto whole = unfolded(text, terms);
  try {
    Budget budget;
    auto node = read_text(whole, terms, budget);
    if (depth_of(node) > deepest_tree) throw Trouble{{0, 1}, "this is nested too deeply"};
    return node;
  } catch (const Trouble& trouble) {
    return tl::make_unexpected(mistake_of(whole, trouble));
  }
}

}  // namespace postrider::subscribers::segment
