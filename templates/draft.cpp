#include "templates/draft.h"

#include <algorithm>
#include <sstream>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "base/civil_time.h"
#include "base/local_hour.h"
#include "base/text.h"

namespace postrider::templates {

namespace {

constexpr std::size_t largest_front_matter = 64 * 1024;
constexpr std::size_t longest_slug = 100;
constexpr std::size_t longest_title = 150;  // characters

/// The keys of a draft, as a person may write them.
const std::vector<std::string> known_keys{
    "title",  "subject", "subtitle", "description", "status", "lists",   "send_at",   "slug",
    "author", "date",    "toc",      "tags",        "theme",  "segment", "local_time"};

bool is_slug(std::string_view slug) {
  return !slug.empty() && slug.size() <= longest_slug && slug.front() != '.' &&
         std::all_of(slug.begin(), slug.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// LF line ends, no byte order mark.
std::string normalised(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != '\r')
      text += bytes[i];
    else if (i + 1 == bytes.size() || bytes[i + 1] != '\n')
      text += '\n';
  }
  return text;
}

int line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<int>(std::count(text.begin(),
                                         text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

std::size_t column_at(std::string_view text, std::size_t offset) {
  const auto line_end = text.substr(0, offset).rfind('\n');
  const auto begin = line_end == std::string_view::npos ? 0 : line_end + 1;
  return 1 + characters(text.substr(begin, offset - begin));
}

bool is_date(const std::string& text) {
  return text.size() == 10 && parse_local(text + " 00:00").has_value();
}

/// Three dashes at the very beginning of a line; blanks behind them do not show.
bool is_fence(std::string_view line, std::string_view fence) {
  return line.starts_with(fence) && trim(line.substr(3)).empty();
}

/// The front matter and the body of a draft's text.
struct Parts {
  std::string_view front;
  std::string_view body;
  int body_line = 1;
};

/// Looks for what a draft's YAML has no need of.
struct Finder : YAML::EventHandler {
  std::optional<int> line;
  std::string message;
  int last_line = 0;

  void refuse(const YAML::Mark& mark, const char* why) {
    if (line) return;
    line = mark.line;
    message = why;
  }
  void look(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    last_line = std::max(last_line, mark.line);
    if (anchor != 0) OnAlias(mark, anchor);
    // "?" is what has none, "!" a text in quotes.
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(mark,
             "YAML tags (!) are not allowed here; put the text in quotes if it begins with !");
  }

  void OnDocumentStart(const YAML::Mark& mark) override { last_line = mark.line; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { look(mark, "", anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark,
           "YAML anchors and aliases (& and *) are not allowed here; put the text in quotes if it "
           "begins with one of these");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string&) override {
    look(mark, tag, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    look(mark, tag, anchor);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    look(mark, tag, anchor);
  }
  void OnMapEnd() override {}
};

class Parser {
 public:
  Parser(const std::filesystem::path& file, const std::string& title)
      : path_(file), default_title_(title) {
    draft_.file = file.string();
  }

  tl::expected<Draft, Faults> parse(std::string_view bytes) {
    if (bytes.size() > largest_draft) {
      fault(0, "", "is larger than 2 MB; is it a draft?");
      return tl::make_unexpected(std::move(faults_));
    }
    const auto nul = bytes.find('\0');
    const auto bad = std::min(nul, first_invalid_utf8(bytes));
    if (bad != std::string_view::npos) {
      fault(line_at(bytes, bad), "",
            bad == nul ? std::string("has a NUL octet: this is a binary file, not a draft")
                       : "is not UTF-8 at column " + std::to_string(column_at(bytes, bad)) +
                             "; save it as UTF-8");
      return tl::make_unexpected(std::move(faults_));
    }
    const auto text = normalised(bytes);
    draft_.kind = path_.extension() == ".html"  ? BodyKind::html
                  : path_.extension() == ".txt" ? BodyKind::text
                                                : BodyKind::markdown;
    if (const auto parts = split_parts(text)) {
      draft_.body = parts->body;
      draft_.body_line = parts->body_line;
      read_front(parts->front);
    }
    if (!faults_.empty()) return tl::make_unexpected(std::move(faults_));
    return std::move(draft_);
  }

 private:
  std::optional<Parts> split_parts(std::string_view text) {
    const auto first_end = std::min(text.find('\n'), text.size());
    if (is_erratum() && !text.starts_with("---")) return Parts{{}, text, 1};
    if (!is_fence(text.substr(0, first_end), "---")) {
      fault(1, "",
            "does not begin with front matter; write --- and title: … and --- above the text");
      return {};
    }
    const auto front = std::min(first_end + 1, text.size());
    for (auto line = front; line < text.size();) {
      const auto end = std::min(text.find('\n', line), text.size());
      const auto content = text.substr(line, end - line);
      if (is_fence(content, "---") || is_fence(content, "..."))
        return Parts{text.substr(front, line - front), text.substr(std::min(end + 1, text.size())),
                     line_at(text, line) + 1};
      line = end + 1;
      if (line > largest_front_matter) {
        fault(1, "", "the front matter is longer than 64 KB; write a line --- behind its last key");
        return {};
      }
    }
    fault(1, "", "the front matter never ends; write a line --- behind its last key");
    return {};
  }

  void read_front(std::string_view front) {
    try {
      refuse_extras(front);
      if (!faults_.empty()) return;
      const auto root = YAML::Load(std::string(front));
      if (is_erratum() && root.IsNull()) return read_keys(YAML::Node(YAML::NodeType::Map));
      if (!root.IsMap()) return fault(2, "", "the front matter has no keys; write title: …");
      read_keys(root);
    } catch (const YAML::Exception& error) {
      // Marks count from 0, and the front matter begins on the file's second line.
      fault(error.mark.line + 2, "", "the front matter is no YAML: " + error.msg);
    }
  }

  /// Aliases can make a page of a line, tags and a second document would be passed over.
  void refuse_extras(std::string_view front) {
    Finder finder;
    std::istringstream in{std::string(front)};
    YAML::Parser parser(in);
    parser.HandleNextDocument(finder);
    if (finder.line) return fault(*finder.line + 2, "", finder.message);
    const int documents_end = finder.last_line;
    if (Finder second; parser.HandleNextDocument(second))
      fault(documents_end + 2, "",
            "a second YAML document follows in the front matter; write its keys into the first");
  }

  void read_keys(const YAML::Node& root) {
    for (const auto& entry : root) {
      line_ = entry.first.Mark().line + 2;
      if (!entry.first.IsScalar()) {
        fault(line_, "", "a key is no word");
        continue;
      }
      const auto key = entry.first.Scalar();
      // Two words for one thing are that thing twice.
      const auto name = key == "subject" ? "title" : key == "description" ? "subtitle" : key;
      if (const auto [first, is_new] = draft_.key_lines.try_emplace(name, line_); !is_new) {
        fault(line_, printable(key),
              "stands twice, also on line " + std::to_string(first->second) + "; keep one of them");
        continue;
      }
      read_key(key, entry.second);
    }
    if (!draft_.key_lines.contains("title")) {
      draft_.title = default_title_;
      if (!is_erratum()) fault(1, "title", "is missing; write title: … in the front matter");
    }
    if (!draft_.key_lines.contains("slug") && !is_erratum()) take_default_slug();
    check_time();
  }

  void read_key(const std::string& key, const YAML::Node& value) {
    if (key == "title" || key == "subject") {
      if (!read_line(key, value, draft_.title)) return;
      if (draft_.title.empty()) fault(line_, key, "is empty; write what the subject is to say");
      if (characters(draft_.title) > longest_title)
        fault(line_, key, "is longer than 150 characters; what is beyond belongs into subtitle");
    } else if (key == "subtitle" || key == "description") {
      read_line(key, value, draft_.subtitle);
    } else if (key == "status") {
      read_status(value);
    } else if (key == "lists") {
      read_list(key, value, draft_.lists);
    } else if (key == "tags") {
      read_list(key, value, draft_.tags);
    } else if (key == "send_at") {
      read_send_at(value);
    } else if (key == "slug") {
      read_slug(value);
    } else if (key == "author") {
      read_line(key, value, draft_.author);
    } else if (key == "date") {
      if (read_line(key, value, draft_.date) && !is_date(draft_.date))
        fault(line_, key, "'" + draft_.date + "' is no day of the calendar; write 2022-01-10");
    } else if (key == "toc") {
      read_bool(key, value, draft_.toc);
    } else if (key == "theme") {
      if (read_line(key, value, draft_.theme) && !is_slug(draft_.theme))
        fault(line_, key, "is no theme's name");
    } else if (key == "segment") {
      if (read_line(key, value, draft_.segment) && draft_.segment.empty())
        fault(line_, key, "is empty; write a condition or take the key out");
    } else if (key == "local_time") {
      read_local_time(value);
    } else {
      const auto near = nearest(key, known_keys);
      fault(
          line_, printable(key),
          "is no key of a draft" + (near.empty() ? std::string() : "; did you mean " + near + "?"));
    }
  }

  /// One line of text; false where it is not, with a fault.
  bool read_line(const std::string& key, const YAML::Node& value, std::string& to) {
    if (value.IsNull()) return to.clear(), true;
    const auto faults = faults_.size();
    if (!value.IsScalar()) {
      fault(line_, key, "is no text; write one line");
      return false;
    }
    to = trim(value.Scalar());
    if (has_line_break(to))
      fault(line_, key, "has a line break; write one line");
    else if (printable(to) != to)
      fault(line_, key, "has a control character; take it out");
    if (to.find("{{") != std::string::npos)
      fault(line_, key, "has a tag in it, but is the same for every reader; take {{…}} out");
    return faults == faults_.size();
  }

  /// U+0085, U+2028 and U+2029 break lines too.
  static bool has_line_break(std::string_view text) {
    for (const std::string_view end : {"\n", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"})
      if (text.find(end) != std::string_view::npos) return true;
    return false;
  }

  void read_slug(const YAML::Node& value) {
    if (!read_line("slug", value, draft_.slug) || is_slug(draft_.slug)) return;
    fault(line_, "slug",
          draft_.slug.empty()                 ? "is empty; write a name or take the key out"
          : draft_.slug.size() > longest_slug ? "is longer than 100 characters"
          : draft_.slug.front() == '.'        ? "begins with a dot"
                                       : "has a character that cannot stand in an address; write "
                                         "letters, digits, - _ or ., at most 100");
  }

  void read_bool(const std::string& key, const YAML::Node& value, bool& to) {
    const auto text = value.IsScalar() ? value.Scalar() : std::string();
    if (text != "true" && text != "false") return fault(line_, key, "is neither true nor false");
    to = text == "true";
  }

  void read_status(const YAML::Node& value) {
    const auto text = value.IsScalar() ? value.Scalar() : std::string();
    if (value.IsNull() || text == "draft") return;
    if (text != "ready")
      return fault(line_, "status", "'" + printable(text) + "' is unknown; write draft or ready");
    draft_.ready = true;
  }

  void read_list(const std::string& key, const YAML::Node& value, std::vector<std::string>& to) {
    if (value.IsNull()) return;
    if (value.IsScalar()) return add_word(key, value, to);
    if (!value.IsSequence()) return fault(line_, key, "is no list; write [one, two]");
    for (const auto& item : value) add_word(key, item, to);
  }

  void add_word(const std::string& key, const YAML::Node& item, std::vector<std::string>& to) {
    const auto word = item.IsScalar() ? std::string(trim(item.Scalar())) : std::string();
    if (word.empty() || printable(word) != word)
      fault(line_, key, "has something in it that is no word; write [one, two]");
    else if (std::find(to.begin(), to.end(), word) != to.end())
      fault(line_, key, "names '" + word + "' twice");
    else
      to.push_back(word);
  }

  void read_send_at(const YAML::Node& value) {
    const auto text = value.IsScalar() ? value.Scalar() : std::string();
    if (text == "now") {
      draft_.send_at = SendNow{};
    } else if (const auto local = parse_local(text)) {
      draft_.send_at = *local;
    } else if (const auto instant = parse_rfc3339(text)) {
      draft_.send_at = *instant;
    } else if (is_date(text)) {
      auto rest = std::string_view(text);
      draft_.send_at = *take_date(rest);
    } else {
      fault(line_, "send_at",
            "'" + printable(text) +
                "' is no time; write 2022-01-10 08:00 (in the "
                "publication's zone), 2022-01-10T08:00:00Z or now");
    }
  }

  void read_local_time(const YAML::Node& value) {
    const auto time = parse_time_of_day(value.IsScalar() ? value.Scalar() : "");
    if (!time)
      return fault(
          line_, "local_time",
          "is no time of day; write local_time: \"08:00\", the hour of each reader's clock");
    draft_.local_time = *time;
  }

  /// Keys that have to do with each other.
  void check_time() {
    if (!draft_.send_at) return;
    const bool by_local_time = draft_.key_lines.contains("local_time");
    if (std::holds_alternative<std::chrono::local_days>(*draft_.send_at) && !by_local_time)
      fault(draft_.key_lines.at("send_at"), "send_at",
            "is a day without a time of day; write one such as 2022-01-10 08:00, or beside the day "
            "local_time: \"08:00\" for each reader's own clock");
    if (std::holds_alternative<SendNow>(*draft_.send_at) && by_local_time)
      fault(draft_.key_lines.at("local_time"), "local_time",
            "cannot go with send_at: now, which is one moment for all; write a day there, such as "
            "send_at: 2022-01-10, or take one of them out");
  }

  void take_default_slug() {
    draft_.slug = default_slug(path_);
    if (!is_slug(draft_.slug))
      fault(1, "slug",
            "is missing, and the file's name cannot serve; write slug: some-name, of "
            "letters, digits, - _ or .");
  }

  void fault(int line, std::string where, std::string message) {
    faults_.push_back({draft_.file, line, std::move(where), std::move(message)});
  }

  bool is_erratum() const { return !default_title_.empty(); }

  const std::filesystem::path path_;
  const std::string default_title_;
  Draft draft_;
  Faults faults_;
  int line_ = 1;
};

}  // namespace

int line_of_key(const Draft& draft, const std::string& key) {
  const auto found = draft.key_lines.find(key);
  return found == draft.key_lines.end() ? 1 : found->second;
}

bool is_draft_name(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.front() == '#' || name.front() == '_' ||
      name.back() == '~')
    return false;
  for (const std::string_view ending : {".md", ".html", ".txt"})
    if (name.size() > ending.size() && name.ends_with(ending)) return true;
  // A folder; other files have an ending.
  return name.find('.') == std::string_view::npos;
}

std::string default_slug(const std::filesystem::path& path) {
  const auto name = path.filename() == "index.md" ? path.parent_path() : path;
  const auto ending = name.extension();
  const bool is_file = ending == ".md" || ending == ".html" || ending == ".txt";
  return (is_file ? name.stem() : name.filename()).string();
}

bool may_be_ready(std::string_view bytes) {
  if (!is_utf8(bytes)) return true;
  const auto lines = split(bytes, '\n');
  if (!is_fence(lines.front(), "---")) return true;
  bool ready = false;
  for (auto line = lines.begin() + 1; line != lines.end(); ++line) {
    if (is_fence(*line, "---") || is_fence(*line, "...")) return ready;
    if (!line->starts_with("status:")) continue;
    const auto word = trim(line->substr(7));
    ready = !word.empty() && word != "draft";
  }
  return true;
}

tl::expected<Draft, Faults> parse_draft(std::string_view bytes, const std::filesystem::path& file,
                                        const std::string& title) {
  return Parser(file, title).parse(bytes);
}

}  // namespace postrider::templates
