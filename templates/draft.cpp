#include "templates/draft.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "base/text.h"

namespace postrider::templates {

namespace {

constexpr std::size_t largest_front_matter = 64 * 1024;
constexpr std::size_t longest_slug = 100;
constexpr std::size_t longest_title = 150;  // characters

/// The keys of a draft, as a person may write them.
const std::vector<std::string> known_keys{"title", "subject", "subtitle", "description", "status",
                                          "lists", "send_at", "slug",     "author",      "date",
                                          "toc",   "tags",    "theme"};
constexpr std::array<std::string_view, 2> later_keys{"segment", "local_time"};

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

/// The front matter and the body of a draft's text.
struct Parts {
  std::string_view front;
  std::string_view body;
  int body_line = 1;
};

class Parser {
 public:
  explicit Parser(const std::filesystem::path& file) : path_(file) { draft_.file = file.string(); }

  tl::expected<Draft, Faults> parse(std::string_view bytes) {
    if (bytes.size() > largest_draft) {
      fault(0, "", "is larger than 2 MB; is it a draft?");
      return tl::make_unexpected(std::move(faults_));
    }
    const auto nul = bytes.find('\0');
    const auto bad = std::min(nul, first_invalid_utf8(bytes));
    if (bad != std::string_view::npos) {
      fault(line_at(bytes, bad), "",
            bad == nul ? "has a NUL octet: this is a binary file, not a draft"
                       : "is not UTF-8; save it as UTF-8");
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
    if (!text.starts_with("---\n")) {
      fault(1, "",
            "does not begin with front matter; write --- and title: … and --- above the text");
      return {};
    }
    for (std::size_t line = 4; line < text.size();) {
      const auto end = std::min(text.find('\n', line), text.size());
      const auto content = trim(text.substr(line, end - line));
      if (content == "---" || content == "...")
        return Parts{text.substr(4, line - 4), text.substr(std::min(end + 1, text.size())),
                     line_at(text, line) + 1};
      line = end + 1;
      if (line > largest_front_matter) break;
    }
    fault(1, "", "the front matter never ends; write a line --- behind its last key");
    return {};
  }

  void read_front(std::string_view front) {
    try {
      refuse_anchors(front);
      if (!faults_.empty()) return;
      const auto root = YAML::Load(std::string(front));
      if (!root.IsMap()) return fault(2, "", "the front matter has no keys; write title: …");
      read_keys(root);
    } catch (const YAML::Exception& error) {
      // Marks count from 0, and the front matter begins on the file's second line.
      fault(error.mark.line + 2, "", "the front matter is no YAML: " + error.msg);
    }
  }

  /// Aliases can make a page of a line, and a draft needs none.
  void refuse_anchors(std::string_view front) {
    struct Finder : YAML::EventHandler {
      std::optional<int> line;
      void note(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != 0 && !line) line = mark.line;
      }
      void OnDocumentStart(const YAML::Mark&) override {}
      void OnDocumentEnd() override {}
      void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { note(mark, anchor); }
      void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override { note(mark, anchor); }
      void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    const std::string&) override {
        note(mark, anchor);
      }
      void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                           YAML::EmitterStyle::value) override {
        note(mark, anchor);
      }
      void OnSequenceEnd() override {}
      void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                      YAML::EmitterStyle::value) override {
        note(mark, anchor);
      }
      void OnMapEnd() override {}
    } finder;
    std::istringstream in{std::string(front)};
    YAML::Parser(in).HandleNextDocument(finder);
    if (finder.line)
      fault(*finder.line + 2, "",
            "YAML anchors and aliases (& and *) are not allowed here; put the "
            "text in quotes if it begins with one of these");
  }

  void read_keys(const YAML::Node& root) {
    std::vector<std::string> seen;
    for (const auto& entry : root) {
      line_ = entry.first.Mark().line + 2;
      if (!entry.first.IsScalar()) {
        fault(line_, "", "a key is no word");
        continue;
      }
      const auto key = entry.first.Scalar();
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
        fault(line_, key, "stands twice; keep one of them");
        continue;
      }
      seen.push_back(key);
      read_key(key, entry.second);
    }
    if (draft_.title.empty() && !title_seen_)
      fault(1, "title", "is missing; write title: … in the front matter");
    if (draft_.slug.empty()) take_default_slug();
  }

  void read_key(const std::string& key, const YAML::Node& value) {
    if (key == "title" || key == "subject") {
      title_seen_ = true;
      read_line(key, value, draft_.title);
      if (draft_.title.empty() && value.IsScalar()) fault(line_, key, "is empty");
      if (characters(draft_.title) > longest_title)
        fault(line_, key, "is longer than 150 characters");
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
      read_line(key, value, draft_.slug);
      if (!is_slug(draft_.slug))
        fault(line_, key,
              "has a character that cannot stand in an address; write letters, digits, "
              "- _ or ., at most 100");
    } else if (key == "author") {
      read_line(key, value, draft_.author);
    } else if (key == "date") {
      read_line(key, value, draft_.date);
    } else if (key == "toc") {
      read_bool(key, value, draft_.toc);
    } else if (key == "theme") {
      read_line(key, value, draft_.theme);
      if (!is_slug(draft_.theme)) fault(line_, key, "is no theme's name");
    } else if (std::find(later_keys.begin(), later_keys.end(), key) != later_keys.end()) {
      fault(line_, key, "is not built yet; take it out");
    } else {
      const auto near = nearest(key, known_keys);
      fault(
          line_, key,
          "is no key of a draft" + (near.empty() ? std::string() : "; did you mean " + near + "?"));
    }
  }

  void read_line(const std::string& key, const YAML::Node& value, std::string& to) {
    if (value.IsNull()) return;
    if (!value.IsScalar()) return fault(line_, key, "is no text; write one line");
    to = trim(value.Scalar());
    if (to.find('\n') != std::string::npos) return fault(line_, key, "has a line break");
    if (printable(to) != to) return fault(line_, key, "has a control character");
    if (to.find("{{") != std::string::npos)
      fault(line_, key, "has a tag in it, but is the same for every reader; take {{…}} out");
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
    if (value.IsScalar()) {
      to.push_back(value.Scalar());
      return;
    }
    if (!value.IsSequence()) return fault(line_, key, "is no list; write [one, two]");
    for (const auto& item : value) {
      if (!item.IsScalar() || item.Scalar().empty())
        return fault(line_, key, "has something in it that is no word; write [one, two]");
      to.push_back(item.Scalar());
    }
  }

  void read_send_at(const YAML::Node& value) {
    const auto text = value.IsScalar() ? value.Scalar() : std::string();
    if (text == "now") {
      draft_.send_at = SendNow{};
    } else if (const auto local = parse_local(text)) {
      draft_.send_at = *local;
    } else if (const auto instant = parse_rfc3339(text)) {
      draft_.send_at = *instant;
    } else {
      fault(line_, "send_at",
            "'" + printable(text) +
                "' is no time; write 2022-01-10 08:00 (in the "
                "publication's zone), 2022-01-10T08:00:00Z or now");
    }
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

  const std::filesystem::path path_;
  Draft draft_;
  Faults faults_;
  int line_ = 1;
  bool title_seen_ = false;
};

}  // namespace

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

tl::expected<Draft, Faults> parse_draft(std::string_view bytes, const std::filesystem::path& file) {
  return Parser(file).parse(bytes);
}

}  // namespace postrider::templates
